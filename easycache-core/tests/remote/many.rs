//! Many keys at once.

use std::{
    collections::{BTreeMap, HashMap},
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{Cache, Coalesce, Error, ErrorKind, OnError, Policy};
use easycache_testkit::{CountingBackend, FailingBackend, MemoryBackend, Method, Side};
use tokio::sync::oneshot;

use crate::common::{on, pairs};

type Squares = HashMap<String, u64>;

fn keys(numbers: impl IntoIterator<Item = u64>) -> Vec<String> {
    numbers.into_iter().map(|number| number.to_string()).collect()
}

fn policy() -> Policy {
    Policy::ttl("1h").tags(["squares"])
}

fn squares(missing: Vec<String>) -> Squares {
    missing.into_iter().map(|key| (key.clone(), key.parse::<u64>().unwrap().pow(2))).collect()
}

/// Reads through, and tells what was computed.
async fn read(cache: &Cache, numbers: impl IntoIterator<Item = u64>) -> (Squares, Vec<Vec<String>>) {
    let computed = Mutex::new(Vec::new());
    let compute = async |mut missing: Vec<String>| {
        let values = squares(missing.clone());
        missing.sort_by_key(|key| key.parse::<u64>().unwrap());
        computed.lock().unwrap().push(missing);
        values
    };
    let values = cache.get_or_compute_many(keys(numbers), policy(), compute).await.unwrap();
    (values, computed.into_inner().unwrap())
}

#[tokio::test]
async fn a_batch_is_one_read_one_acquire_and_one_fill_however_much_of_it_is_there() {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = on(backend.clone());
    read(&cache, 0..900).await;
    let _ = backend.take();
    let (values, computed) = read(&cache, 0..1000).await;
    assert_eq!(values, squares(keys(0..1000)));
    assert_eq!(computed, [keys(900..1000)]);
    let calls = backend.take();
    assert_eq!(calls.methods(), [Method::Read, Method::Acquire, Method::Fill]);
    let items = [Method::Read, Method::Acquire, Method::Fill].map(|method| calls.items(method));
    assert_eq!(items, [1000, 100, 100]);
    assert_eq!(read(&cache, 0..1000).await, (squares(keys(0..1000)), vec![]));
    assert_eq!(backend.take().methods(), [Method::Read], "nothing is computed, nothing is asked for");
}

#[tokio::test]
async fn what_one_process_has_computed_in_a_batch_another_finds_alone() {
    for [one, other] in pairs() {
        read(&one, 0..10).await;
        assert_eq!(other.get_with::<u64>("7", policy()).await.unwrap(), Some(49));
        assert_eq!(read(&other, 5..12).await.1, [keys(10..12)]);
    }
}

#[tokio::test]
async fn what_is_asked_twice_is_computed_once() {
    for [cache, _] in pairs() {
        assert_eq!(read(&cache, [3, 3, 4, 3]).await, (squares(keys([3, 4])), vec![keys([3, 4])]));
    }
}

#[tokio::test]
async fn what_the_computation_does_not_return_is_absent_and_not_stored() {
    for [cache, _] in pairs() {
        let computed = AtomicUsize::new(0);
        let compute = async |missing: Vec<String>| {
            computed.fetch_add(missing.len(), Ordering::SeqCst);
            squares(missing.into_iter().filter(|key| key != "2").collect())
        };
        let values = cache.get_or_compute_many(keys([1, 2, 2, 3]), policy(), compute).await.unwrap();
        assert_eq!(values, squares(keys([1, 3])));
        assert_eq!(computed.load(Ordering::SeqCst), 3, "even what is absent is asked for once");
        assert_eq!(read(&cache, [1, 2, 3]).await.1, [keys([2])]);
    }
}

#[tokio::test]
async fn an_error_fails_the_call_and_leaves_nothing_behind() {
    for [cache, _] in pairs() {
        let failing = async |_: Vec<String>| Err(Error::new(ErrorKind::Refused, "no"));
        let failed: Result<Squares, Error> = cache.try_get_or_compute_many(keys(0..3), policy(), failing).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Refused);
        assert_eq!(cache.stats().in_flight, 0);
        assert_eq!(read(&cache, 0..3).await.1, [keys(0..3)]);
    }
}

#[tokio::test]
async fn an_element_that_is_invalidated_meanwhile_is_not_stored_and_the_others_are() {
    for [one, other] in pairs() {
        let compute = async |missing: Vec<String>| {
            other.invalidate_key("2").await.unwrap();
            squares(missing)
        };
        let values = one.get_or_compute_many(keys([1, 2, 3]), policy(), compute).await.unwrap();
        assert_eq!(values, squares(keys([1, 2, 3])), "its caller has called before");
        assert_eq!(read(&other, [1, 2, 3]).await.1, [keys([2])]);
        let compute = async |missing: Vec<String>| {
            other.invalidate_tags(["squares"]).await.unwrap();
            squares(missing)
        };
        one.get_or_compute_many(keys([3, 4, 5]), policy(), compute).await.unwrap();
        assert_eq!(read(&other, [4, 5]).await.1, [keys([4, 5])]);
    }
}

/// Batches that all begin before any of them computes.
async fn overlapping(caches: &[Cache], coalesce: Coalesce, span: Duration, batches: &[&[u64]]) -> usize {
    let computed = Arc::new(AtomicUsize::new(0));
    let policy = || policy().coalesce(coalesce);
    let calls = batches.iter().enumerate().map(|(at, batch)| {
        let (cache, computed, keys) = (caches[at % caches.len()].clone(), computed.clone(), keys(batch.to_vec()));
        let policy = policy();
        tokio::spawn(async move {
            let compute = async |missing: Vec<String>| {
                computed.fetch_add(missing.len(), Ordering::SeqCst);
                tokio::time::sleep(span).await;
                squares(missing)
            };
            let values = cache.get_or_compute_many(keys.clone(), policy, compute).await.unwrap();
            assert_eq!(values, squares(keys));
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    computed.load(Ordering::SeqCst)
}

#[tokio::test]
async fn batches_that_overlap_share_their_computations() {
    // Long enough for the others to come.
    let span = Duration::from_millis(50);
    let batches: [&[u64]; 4] = [&[1, 2, 3], &[3, 2, 1], &[2, 4], &[4, 5, 1]];
    for [cache, _] in pairs() {
        assert_eq!(overlapping(&[cache], Coalesce::Process, span, &batches).await, 5);
    }
    let [one, other] = pairs().remove(0);
    assert_eq!(overlapping(&[one, other], Coalesce::Cluster, span, &batches).await, 5, "of several processes, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_that_wait_for_each_other_come_to_an_end() {
    let [one, other] = pairs().remove(0);
    for (caches, coalesce) in [(vec![one.clone()], Coalesce::Process), (vec![one, other], Coalesce::Cluster)] {
        for round in 0..20 {
            let orders = [[1, 2, 3, 4], [4, 3, 2, 1], [3, 4, 1, 2], [2, 1, 4, 3]];
            let batches = orders.map(|order| order.map(|number| 10 * round + number));
            let batches = batches.iter().map(<[u64; 4]>::as_slice).collect::<Vec<_>>();
            let overlap = overlapping(&caches, coalesce, Duration::from_millis(2), &batches);
            let computed = tokio::time::timeout(Duration::from_secs(3), overlap).await.expect("nobody waits for ever");
            assert!((4..=16).contains(&computed), "{computed}");
            caches[0].clear().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_batch_that_is_dropped_strands_nobody() {
    for [cache, _] in pairs() {
        let (started, start) = oneshot::channel::<()>();
        let dropped = cache.clone();
        let started = Mutex::new(Some(started));
        let batch = tokio::spawn(async move {
            let compute = async |_: Vec<String>| {
                started.lock().unwrap().take().unwrap().send(()).unwrap();
                pending::<Squares>().await
            };
            dropped.get_or_compute_many(keys(0..20), policy(), compute).await.unwrap()
        });
        start.await.unwrap();
        let waits = tokio::spawn({
            let cache = cache.clone();
            async move { read(&cache, 10..30).await.0 }
        });
        tokio::task::yield_now().await;
        batch.abort();
        let values = tokio::time::timeout(Duration::from_secs(3), waits).await.expect("nobody waits for it").unwrap();
        assert_eq!(values, squares(keys(10..30)));
        assert_eq!(cache.stats().in_flight, 0);
    }
}

#[tokio::test]
async fn without_its_backend_a_batch_computes_everything_or_fails_as_it_is_told() {
    for side in [Side::Before, Side::After] {
        let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
        let cache = on(backend.clone());
        backend.fail(side);
        assert_eq!(read(&cache, 0..40).await, (squares(keys(0..40)), vec![keys(0..40)]));
        let compute = async |missing: Vec<String>| squares(missing);
        let failing = policy().on_error(OnError::Fail);
        let failed = cache.get_or_compute_many(keys(0..3), failing, compute).await;
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
        backend.heal();
    }
}

#[test]
fn a_thread_without_a_runtime_reads_in_batches_too() {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = on(backend.clone());
    let compute = |missing: Vec<String>| missing.into_iter().map(|key| (key.clone(), key.len())).collect();
    let values: BTreeMap<String, usize> =
        cache.blocking().get_or_compute_many(keys([1, 22, 1, 333]), policy(), compute).unwrap();
    assert_eq!(values.into_values().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(backend.take().methods(), [Method::Read, Method::Acquire, Method::Fill]);
    let failed: Result<BTreeMap<String, usize>, Error> =
        cache.blocking().try_get_or_compute_many(keys([22, 4444]), policy(), |missing| {
            assert_eq!(missing, keys([4444]));
            Err(Error::new(ErrorKind::Refused, "no"))
        });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn a_computation_of_a_batch_may_read_its_own_keys() {
    for [cache, _] in pairs() {
        let compute = async |missing: Vec<String>| {
            let own = async { 1_u64 };
            assert_eq!(cache.get_or_compute(&missing[0], policy(), || own).await.unwrap(), 1, "computed beside it");
            squares(missing)
        };
        let batch = cache.get_or_compute_many(keys([5, 6]), policy(), compute);
        let values = tokio::time::timeout(Duration::from_secs(3), batch).await.expect("it does not wait for itself");
        assert_eq!(values.unwrap(), squares(keys([5, 6])));
    }
}
