//! Calls with a `timeout`, and what goes on behind them: done elsewhere, and inside of whatever the caller is inside of.

use std::{
    collections::HashMap,
    panic::catch_unwind,
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

use easycache::{Cache, Error, ErrorKind, Freshness, Near, Policy, blocking, ecached, no_store_scope, scope};
use easycache_testkit::{ManualClock, MemoryBackend, Method, Side, SlowBackend, StoppingBackend, server::until};
use tokio::{runtime::Handle, sync::Notify, task};

use crate::support::Calls;

#[derive(Clone, Debug, PartialEq)]
struct Failure;

impl From<Error> for Failure {
    fn from(_: Error) -> Self {
        Self
    }
}

/// In process, and on a backend.
fn caches() -> [Cache; 2] {
    [Cache::builder(), Cache::builder().backend(MemoryBackend::new())].map(|builder| builder.build().unwrap())
}

#[test]
fn what_is_called_with_a_timeout_is_inherited() {
    static CALLS: Calls = Calls::new();

    #[ecached("aside-inner", alias = "aside", tags = ["aside"], timeout = "1h")]
    fn inner() -> Result<u32, Failure> {
        Ok(CALLS.count())
    }
    #[ecached("aside-outer", alias = "aside", inherit)]
    fn outer() -> Result<u32, Failure> {
        inner()
    }
    for cache in caches() {
        let before = CALLS.so_far();
        scope("aside", cache).run(|| {
            assert_eq!((outer(), outer()), (Ok(before + 1), Ok(before + 1)));
            inner::invalidate_by_tags().unwrap();
            assert_eq!(outer(), Ok(before + 2));
        });
    }
}

#[test]
fn a_scope_without_cache_is_one_for_calls_with_a_timeout() {
    #[ecached("aside:{id}", alias = "aside", timeout = "1h")]
    fn number(id: u32, now: u32) -> Result<u32, Failure> {
        Ok(id + now)
    }
    #[ecached("aside-each:{id}", alias = "aside", each = id in ids, timeout = "1h")]
    fn numbers(ids: Vec<u32>, now: u32) -> Result<HashMap<u32, u32>, Failure> {
        Ok(ids.into_iter().map(|id| (id, id + now)).collect())
    }
    for cache in caches() {
        scope("aside", cache.clone()).run(|| {
            assert_eq!((number(0, 1), numbers(vec![0], 1)), (Ok(1), Ok(HashMap::from([(0, 1)]))));
            blocking::bypass(|| {
                assert_eq!((number(0, 2), numbers(vec![0], 2)), (Ok(2), Ok(HashMap::from([(0, 2)]))));
                let plain = cache.blocking().get_or_refresh("aside:0", Policy::new().timeout("1h"), || 2_u32);
                assert_eq!(plain.unwrap(), 2);
            });
            blocking::no_store_scope(|| (number(7, 1), numbers(vec![7], 1)).0).unwrap();
            for key in ["aside:7", "aside-each:7"] {
                assert_eq!(cache.blocking().get::<u32>(key).unwrap(), None);
            }
        });
    }
}

#[tokio::test]
async fn what_goes_on_behind_its_time_stays_in_the_scope() {
    static GO: Notify = Notify::const_new();
    static DONE: Calls = Calls::new();

    #[ecached("aside-late-inner", alias = "aside")]
    async fn inner() -> u32 {
        7
    }
    #[ecached("aside-late-outer", alias = "aside", timeout = "10ms")]
    async fn outer() -> Result<u32, Failure> {
        GO.notified().await;
        let value = inner().await;
        DONE.count();
        Ok(value)
    }
    for (n, cache) in (1..).zip(caches()) {
        let late = scope("aside", cache.clone()).run_async(no_store_scope(outer()));
        assert_eq!(late.await, Err(Failure));
        GO.notify_one();
        while DONE.so_far() < n {
            task::yield_now().await;
        }
        assert_eq!(cache.get::<u32>("aside-late-inner").await.unwrap(), None);
    }
}

#[tokio::test]
async fn what_is_refreshed_in_the_background_uses_the_caches_of_the_scope() {
    static CALLS: Calls = Calls::new();

    #[ecached("aside-fresh-inner", alias = "aside-nowhere-else", ttl = "1s")]
    async fn inner() -> u32 {
        CALLS.count()
    }
    #[ecached("aside-fresh-outer", alias = "aside-nowhere-else", ttl = "10s", stale_while_revalidate = "1h")]
    async fn outer() -> u32 {
        inner().await
    }
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    let scope = scope("aside-nowhere-else", cache.clone());
    scope.run_async(outer()).await;
    clock.advance(Duration::from_secs(11));
    assert_eq!(scope.run_async(outer()).await, 1);
    while cache.stats().stored < 4 {
        task::yield_now().await;
    }
    assert_eq!(scope.run_async(outer()).await, 2);
}

#[test]
fn a_call_with_a_timeout_uses_the_caches_of_the_scope() {
    #[ecached("aside-scope-inner", alias = "aside-nowhere-else")]
    fn inner() -> u32 {
        1
    }
    #[ecached("aside-scope-outer", alias = "aside-nowhere-else", timeout = "1h")]
    fn outer() -> Result<u32, Failure> {
        Ok(inner())
    }
    let cache = Cache::builder().build().unwrap();
    assert_eq!(scope("aside-nowhere-else", cache.clone()).run(outer), Ok(1));
    assert_eq!(cache.stats().stored, 2);
}

#[test]
fn a_function_with_a_timeout_that_calls_itself_does_not_wait_for_itself() {
    #[ecached("aside-itself", alias = "aside", timeout = "1h")]
    fn itself(depth: u32) -> Result<u32, Failure> {
        if depth == 0 { Ok(1) } else { itself(depth - 1) }
    }
    let patient = Cache::builder().coalesce_wait("1h").build().unwrap();
    assert_eq!(scope("aside", patient).run(|| itself(2)), Ok(1));
}

#[tokio::test]
async fn the_runtime_of_a_caller_is_there_for_a_body_with_a_timeout() {
    #[ecached("aside-runtime", timeout = "1h")]
    fn number() -> Result<u32, Failure> {
        Ok(Handle::current().block_on(async { 1 }))
    }
    assert_eq!(task::spawn_blocking(number).await.unwrap(), Ok(1));
}

#[test]
fn a_panic_of_a_body_with_a_timeout_is_that_of_its_caller() {
    #[ecached("aside-panic", timeout = "1h")]
    fn broken() -> Result<u32, Failure> {
        panic!("what the body says")
    }
    let said = catch_unwind(broken).unwrap_err();
    assert_eq!(said.downcast_ref(), Some(&"what the body says"));
}

#[test]
fn many_callers_that_block_are_answered_in_time() {
    const CALLERS: usize = 40;
    static HELD: Barrier = Barrier::new(CALLERS + 1);

    #[ecached("aside-many:{id}", timeout = "10ms")]
    fn number(id: usize) -> Result<usize, Failure> {
        HELD.wait();
        Ok(id)
    }
    let (sender, answers) = mpsc::channel();
    for id in 0..CALLERS {
        let sender = sender.clone();
        thread::spawn(move || sender.send(number(id)).unwrap());
    }
    // None of their bodies goes on before that.
    for _ in 0..CALLERS {
        assert_eq!(answers.recv_timeout(Duration::from_secs(30)), Ok(Err(Failure)));
    }
    HELD.wait();
    until("what was computed is there", || (number(0) == Ok(0)).then_some(()));
}

#[test]
fn an_answer_has_all_its_elements_whoever_is_first_with_it() {
    static GO: Barrier = Barrier::new(2);
    static CALLS: Calls = Calls::new();

    #[ecached(
        "aside-first:{id}", each = id in ids, alias = "aside", stale_if_error = "1h",
        timeout = { soft = "10ms", hard = "1h" }
    )]
    fn numbers(ids: Vec<u32>) -> Result<HashMap<u32, u32>, Failure> {
        if CALLS.count() == 2 {
            GO.wait();
        }
        Ok(ids.into_iter().map(|id| (id, id)).collect())
    }
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    let near = Near::bounded(10).freshness(Freshness::Ttl(Duration::from_secs(3600)));
    let cache = Cache::builder().backend(Arc::clone(&backend)).near(near).deadline("1h").build().unwrap();
    let scope = scope("aside", cache.clone());
    for _ in 0..2 {
        scope.run(|| numbers(vec![1])).unwrap();
    }
    cache.blocking().set("aside-first:2", 0_u32, Policy::new().stale_if_error("1h")).unwrap();
    cache.blocking().expire_key("aside-first:2").unwrap();
    let caller = thread::spawn(move || scope.run(|| numbers(vec![1, 2])));
    until("it computes", || (CALLS.so_far() == 2).then_some(()));
    let stored = cache.stats().stored;
    // The caller looks for what there was last, and meanwhile the computation comes to its end.
    let stop = backend.stop(Method::Read, Side::After);
    stop.reached();
    GO.wait();
    until("it is stored", || (cache.stats().stored > stored).then_some(()));
    stop.go();
    assert_eq!(caller.join().unwrap().unwrap().len(), 2);
}

#[tokio::test]
async fn a_hard_timeout_does_not_wait_for_a_backend_that_hangs() {
    let backend = Arc::new(SlowBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).deadline("1h").build().unwrap();
    let policy = || Policy::new().stale_if_error("1h").soft_timeout("10ms").timeout("20ms");
    cache.set("key", 1, policy()).await.unwrap();
    cache.expire_key("key").await.unwrap();
    backend.hold(Side::Before);
    let hung = tokio::time::timeout(Duration::from_secs(30), cache.get_or_refresh("key", policy(), || async { 2 }));
    assert_eq!(hung.await.expect("its time is over").unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn without_a_runtime_a_body_in_the_background_keeps_nobody_from_the_backend() {
    static GO: Barrier = Barrier::new(2);
    static CALLS: Calls = Calls::new();

    #[ecached("aside-blocks", alias = "aside", ttl = "10s", stale_while_revalidate = "1h")]
    async fn number() -> u32 {
        if CALLS.count() == 2 {
            GO.wait();
        }
        CALLS.so_far()
    }
    let clock = Arc::new(ManualClock::new());
    let backend = MemoryBackend::with_clock(Arc::<ManualClock>::clone(&clock));
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).backend(backend).build().unwrap();
    scope("aside", cache.clone()).run(|| {
        assert_eq!(pollster::block_on(number()), 1);
        clock.advance(Duration::from_secs(11));
        assert_eq!(pollster::block_on(number()), 1);
        until("it is being refreshed", || (CALLS.so_far() == 2).then_some(()));
        assert_eq!(cache.blocking().get::<u32>("other").unwrap(), None);
        GO.wait();
        until("it is refreshed", || (pollster::block_on(number()) == 2).then_some(()));
    });
}
