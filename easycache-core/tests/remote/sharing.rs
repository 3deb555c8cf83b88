//! What several processes share: values, invalidations, computations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{Coalesce, Policy, Targets};
use tokio::sync::oneshot;

use crate::common::{number, pairs};

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

#[test]
fn callers_without_a_runtime_share_the_computation_of_another_process() {
    let [caches, _leaseless] = <[_; 2]>::try_from(pairs()).unwrap();
    let computed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for cache in &caches {
            scope.spawn(|| {
                let compute = || {
                    computed.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(50));
                    7
                };
                let policy = Policy::ttl("1h").coalesce(Coalesce::Cluster);
                assert_eq!(cache.blocking().get_or_compute("cold", policy, compute).unwrap(), 7);
            });
        }
    });
    assert_eq!(computed.load(Ordering::SeqCst), 1);
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
