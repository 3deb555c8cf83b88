//! What several processes share: values, invalidations, computations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{Coalesce, Policy, Targets};
use easycache_testkit::{CountingBackend, MemoryBackend, Method, Side, StoppingBackend};
use tokio::sync::oneshot;

use crate::common::{number, on, pairs};

#[tokio::test]
async fn a_value_computed_in_one_process_is_a_hit_in_another() {
    for [one, other] in pairs() {
        let policy = || Policy::ttl("1h").tags(["a", "b"]).prefix("p/q");
        assert_eq!(number(&one, policy(), 1).await, 1);
        assert_eq!(number(&other, policy(), 2).await, 1);
        assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), Some(1));
        assert_eq!(other.get::<String>("p/q|key").await.unwrap(), None, "a value of another type");
        assert_eq!(other.stats().hits, 2);
    }
}

#[tokio::test]
async fn an_invalidation_in_one_process_is_a_miss_in_another() {
    for [one, other] in pairs() {
        let policy = || Policy::ttl("1h").tags(["a"]).prefix("p/q");
        let targets = [
            Targets::new().key("p/q|key"),
            Targets::new().tags(["a"]),
            Targets::new().prefix("p"),
            Targets::new().prefix("p/q"),
        ];
        for (computes, targets) in (1..).zip(targets) {
            assert_eq!(number(&one, policy(), computes).await, computes);
            assert_eq!(number(&other, policy(), 0).await, computes);
            other.invalidate(targets).await.unwrap();
        }
        assert_eq!(number(&one, policy(), 5).await, 5);
        other.clear().await.unwrap();
        assert_eq!(number(&one, policy(), 6).await, 6);
    }
}

#[tokio::test]
async fn a_computation_that_an_invalidation_meets_is_not_stored() {
    for [one, other] in pairs() {
        for targets in [Targets::new().key("key"), Targets::new().tags(["a"])] {
            let policy = || Policy::ttl("1h").tags(["a"]);
            let (go, gone) = oneshot::channel::<()>();
            let (started, start) = oneshot::channel::<()>();
            let slow = one.get_or_compute("key", policy(), || async move {
                started.send(()).unwrap();
                gone.await.unwrap();
                1
            });
            let meet = async {
                start.await.unwrap();
                other.invalidate(targets).await.unwrap();
                go.send(()).unwrap();
            };
            let (slow, ()) = tokio::join!(slow, meet);
            assert_eq!(slow.unwrap(), 1);
            assert_eq!(
                number(&other, policy(), 2).await,
                2,
                "what began before the invalidation is not found after it"
            );
            other.invalidate_key("key").await.unwrap();
        }
    }
}

/// Its lease takes a while to be released: that is nobody's business but those who want to store.
#[tokio::test]
async fn what_is_not_to_be_stored_is_computed_by_each_caller() {
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    let _stop = backend.stop(Method::Release, Side::Before);
    for value in 1..4 {
        assert_eq!(number(&cache, Policy::ttl(0), value).await, value);
    }
}

#[tokio::test]
async fn many_callers_of_a_cold_key_share_one_computation() {
    for [one, other] in pairs().into_iter().take(1) {
        let computed = Arc::new(AtomicUsize::new(0));
        let calls = (0..32).map(|at| {
            let cache = if at % 2 == 0 { one.clone() } else { other.clone() };
            let computed = Arc::clone(&computed);
            tokio::spawn(async move {
                let policy = Policy::ttl("1h").coalesce(Coalesce::Cluster);
                let compute = || async move {
                    computed.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    7
                };
                cache.get_or_compute("cold", policy, compute).await.unwrap()
            })
        });
        for call in calls.collect::<Vec<_>>() {
            assert_eq!(call.await.unwrap(), 7);
        }
        assert_eq!(computed.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn callers_without_a_runtime_are_served() {
    for [one, other] in pairs() {
        let policy = || Policy::ttl("1h").tags(["a"]);
        assert_eq!(one.blocking().get_or_compute("key", policy(), || 1).unwrap(), 1);
        assert_eq!(other.blocking().get_or_compute("key", policy(), || 2).unwrap(), 1);
        one.blocking().set("key", 3, policy()).unwrap();
        assert_eq!(other.blocking().get::<i32>("key").unwrap(), Some(3));
        other.blocking().invalidate_tags(["a"]).unwrap();
        assert_eq!(one.blocking().get::<i32>("key").unwrap(), None);
    }
}

#[tokio::test]
async fn values_are_found_by_key_and_policy_in_one_step() {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let (one, other) = (on(Arc::clone(&backend)), on(Arc::clone(&backend)));
    let policy = || Policy::ttl("1h").tags(["a"]).prefix("p");
    let keys = ["1", "2", "3"];
    for key in ["1", "3"] {
        one.set(key, key.to_owned(), policy()).await.unwrap();
    }
    let _sets = backend.take();
    let found = other.get_many_with::<String>(&keys, policy()).await.unwrap();
    assert_eq!(found, [Some("1".to_owned()), None, Some("3".to_owned())]);
    assert_eq!(backend.take().methods(), [Method::Read]);
    assert_eq!(other.get_with::<String>("1", policy().tags(["b"])).await.unwrap(), None, "it was not stored so");
    assert_eq!(other.get_with::<i32>("1", policy()).await.unwrap(), None, "it is of another type");
    one.invalidate_tags(["a"]).await.unwrap();
    assert_eq!(other.get_many_with::<String>(&keys, policy()).await.unwrap(), [None, None, None]);
    let stats = other.stats();
    assert_eq!((stats.hits, stats.misses.total()), (2, 6));
}

#[test]
fn a_caller_without_a_runtime_waits_for_another_process() {
    for [one, other] in pairs().into_iter().take(1) {
        let policy = || Policy::ttl("1h").coalesce(Coalesce::Cluster);
        let (tell, begun) = std::sync::mpsc::channel();
        let (go, gate) = std::sync::mpsc::channel::<()>();
        let one = &one;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let compute = || {
                    tell.send(()).unwrap();
                    gate.recv().unwrap();
                    1
                };
                one.blocking().get_or_compute("key", policy(), compute).unwrap();
            });
            begun.recv().unwrap();
            let waiting = scope.spawn(|| other.blocking().get_or_compute("key", policy(), || 2).unwrap());
            while other.stats().misses.absent == 0 {
                std::thread::yield_now();
            }
            go.send(()).unwrap();
            assert_eq!(waiting.join().unwrap(), 1);
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_of_many_cold_keys_compute_each_once() {
    const KEYS: usize = 50;
    for round in 0..20 {
        let cache = on(MemoryBackend::new());
        let computed = Arc::new(AtomicUsize::new(0));
        let calls = (0..4 * KEYS).map(|at| {
            let (cache, computed) = (cache.clone(), Arc::clone(&computed));
            tokio::spawn(async move {
                // Their stamps are cold, too, and shared by some of them.
                let policy = Policy::ttl("1h").tags(["all".to_owned(), format!("team:{}", at % KEYS % 7)]);
                let compute = || async {
                    computed.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                };
                cache.get_or_compute(&format!("key:{}", at % KEYS), policy, compute).await.unwrap();
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        assert_eq!(computed.load(Ordering::SeqCst), KEYS, "round {round}");
    }
}
