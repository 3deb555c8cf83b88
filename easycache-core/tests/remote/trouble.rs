//! Backends that fail.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{Cache, Deadline, Error, ErrorKind, OnError, Policy, Stamped, Store};
use easycache_testkit::{FailingBackend, Log, MemoryBackend, Method, Side};

use crate::{
    calls::{Answer, STYLES, Style, Task, dependent, wait_until},
    common::{number, on},
};

#[tokio::test]
async fn without_its_backend_a_cache_computes_or_fails_as_it_is_told() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    assert_eq!(number(&cache, Policy::ttl("1h"), 1).await, 1);
    backend.fail(Side::Before);
    assert_eq!(number(&cache, Policy::ttl("1h"), 2).await, 2);
    let failing = Policy::ttl("1h").on_error(OnError::Fail);
    let failed: Result<i32, Error> = cache.get_or_compute("key", failing, || async { 3 }).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
}

/// A store that never answers.
#[derive(Debug)]
struct Stuck;

#[async_trait]
impl Store for Stuck {
    async fn get_many(&self, _: &[&str], _: Deadline) -> easycache_core::Result<Vec<Option<Bytes>>> {
        pending().await
    }

    async fn set_many(&self, _: &[(&str, Bytes, Duration)], _: Deadline) -> easycache_core::Result<()> {
        pending().await
    }

    async fn delete_many(&self, _: &[&str], _: Deadline) -> easycache_core::Result<()> {
        pending().await
    }

    async fn add(&self, _: &str, _: Bytes, _: Duration, _: Deadline) -> easycache_core::Result<Bytes> {
        pending().await
    }
}

#[tokio::test]
async fn nobody_waits_for_a_store_that_does_not_answer_longer_than_the_deadline() {
    let builder = Cache::builder().backend(Stamped::new(Stuck)).deadline(Duration::from_millis(50));
    let cache = builder.build().unwrap();
    let all = async {
        assert_eq!(number(&cache, Policy::ttl("1h"), 1).await, 1);
        assert_eq!(cache.set("key", 1, Policy::ttl("1h")).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(cache.get::<i32>("key").await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(cache.invalidate_key("key").await.unwrap_err().kind(), ErrorKind::Unavailable);
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("the store never answers");
}

/// A cache whose backend is down, and the failing backend.
fn down() -> (Cache, Arc<FailingBackend<MemoryBackend>>) {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    backend.fail(Side::Before);
    (on(Arc::clone(&backend)), backend)
}

#[test]
fn while_the_backend_is_down_one_computation_runs_and_one_waits_for_everybody_else() {
    let (cache, _backend) = down();
    let call = dependent();
    let style = Style { is_async: true, as_function: true };
    let first = call.begin(style, &cache, 1);
    let waiter = |value| {
        let mut task = Task::new(call.clone().run_async(true, cache.clone(), async move { value }));
        assert_eq!(task.poll(), None, "it waits");
        task
    };
    // They have come after the first began: nobody can tell whether that one is still good for them.
    let mut second = waiter(2);
    let others = [3, 4, 5].map(waiter);
    assert_eq!(first.finish(), 1);
    second.wait_for_wake();
    assert_eq!(second.poll(), Some(2));
    for other in others {
        assert_eq!(other.woken(), 2, "it has come before this one began");
    }
    let stats = cache.stats();
    assert_eq!((stats.computed, stats.coalesced, stats.in_flight), (2, 3, 0));
}

#[test]
fn a_backend_that_comes_back_in_the_middle_of_a_call_is_used_by_the_next() {
    let (cache, backend) = down();
    let call = dependent();
    for style in STYLES {
        backend.fail(Side::Before);
        cache.blocking().clear().unwrap_err();
        let begun = call.begin(style, &cache, 1);
        backend.heal();
        wait_until("the invalidation is acknowledged", || cache.stats().unconfirmed == 0);
        assert_eq!(begun.finish(), 1);
        assert_eq!(call.read(style, &cache, 2), Answer::Computed(2), "nothing was stored without a lease");
        assert_eq!(call.read(style, &cache, 3), Answer::Hit(2));
    }
}

#[test]
fn what_cannot_be_stored_is_returned_and_counted() {
    for (method, side) in
        [(Method::Fill, Side::Before), (Method::Acquire, Side::Before), (Method::Acquire, Side::After)]
    {
        for style in STYLES {
            let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
            let cache = on(Arc::clone(&backend));
            backend.fail_method(method, side);
            assert_eq!(dependent().read(style, &cache, 1), Answer::Computed(1));
            backend.heal();
            assert_eq!(dependent().read(style, &cache, 2), Answer::Computed(2));
            let stats = cache.stats();
            assert_eq!(stats.refused.unreachable + stats.misses.unreachable, 1, "{method:?}, {side:?}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_is_computed_each_time_counted_and_said_once_of_each_kind() {
    let (log, cache) = (Log::default(), on(MemoryBackend::new().max_value(1000)));
    let listening = log.listen();
    for round in 1..=3_u8 {
        for key in ["one", "other"] {
            let value = cache.get_or_compute(key, Policy::ttl("1h"), || async { vec![round; 2000] });
            assert_eq!(value.await.unwrap()[0], round);
        }
        let text = cache.get_or_compute("text", Policy::ttl("1h"), || async { "x".repeat(2000) });
        assert_eq!(text.await.unwrap().len(), 2000);
        assert_eq!(cache.stats().refused.too_large, 3 * u64::from(round));
    }
    drop(listening);
    let warnings = log.lines().into_iter().filter(|line| line.starts_with("WARN")).collect::<Vec<_>>();
    let [bytes, text] = &warnings[..] else { panic!("{warnings:#?}") };
    assert!(bytes.contains("key=\"one\"") && bytes.contains("max_value=1000"), "{bytes}");
    assert!(text.contains("key=\"text\"") && text.contains("compress it, or cache less"), "{text}");
}

/// The lease of a computation that fails, panics or is dropped is released, or others could not store until it ends.
#[test]
fn a_computation_that_comes_to_nothing_leaves_no_lease() {
    let backend = Arc::new(MemoryBackend::new());
    let (one, other) = (on(Arc::clone(&backend)), on(backend));
    for style in STYLES {
        let begun = dependent().begin_with(style, &one, || panic_any("told to"));
        assert!(catch_unwind(AssertUnwindSafe(|| begun.finish())).is_err());
        wait_until("the lease has ended", || {
            dependent().read(style, &other, 2);
            dependent().read(style, &other, 3) == Answer::Hit(2)
        });
        other.blocking().clear().unwrap();
    }
}

/// The lease may live longer than the trouble.
#[test]
fn a_renewal_that_fails_is_tried_again() {
    let (backend, renewals) = (Arc::new(FailingBackend::new(MemoryBackend::new())), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&renewals);
    backend.fail_if(move |call| {
        let renews = call.method == Method::Renew;
        counted.fetch_add(usize::from(renews), Ordering::SeqCst);
        renews.then_some(Side::Before)
    });
    let begun = dependent().begin(STYLES[1], &on(backend), 1);
    wait_until("it has failed, and is tried again", || renewals.load(Ordering::SeqCst) >= 2);
    assert_eq!(begun.finish(), 1);
}
