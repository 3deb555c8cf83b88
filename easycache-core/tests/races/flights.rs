//! Single flight: who computes, who waits, and what becomes of those who wait.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use easycache_core::{
    Cache, Coalesce, Error, Policy,
    private::{Found, compute_blocking, outcome, portable},
};
use easycache_testkit::ManualClock;
use tokio::sync::oneshot;

use crate::calls::{Answer, Call, STYLES, Style, Task, dependent, in_every_way, join_in_time, wait_until};

const ASYNC: Style = Style { is_async: true, as_function: false };
const SYNC: Style = Style { is_async: false, as_function: false };

/// On a clock that stands still: the housekeeper of the machine's holds wakers while it wakes those who wait.
fn cache() -> Cache {
    with_clock().0
}

fn with_clock() -> (Cache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    (super::builder().clock(clock.clone()).build().unwrap(), clock)
}

fn waiter(cache: &Cache, call: &Call, value: u64) -> Task<u64> {
    let mut task = Task::new(call.clone().run_async(true, cache.clone(), async move { value }));
    assert_eq!(task.poll(), None, "it waits");
    task
}

const CALLERS: usize = 64;

#[test]
fn sixty_four_threads_with_one_cold_key_compute_once() {
    let (cache, computed, barrier) = (cache(), AtomicUsize::new(0), Barrier::new(CALLERS));
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                barrier.wait();
                let value = cache.blocking().get_or_compute("key", Policy::new(), || {
                    computed.fetch_add(1, Ordering::SeqCst);
                    // Until all others have missed: then they either wait or compute.
                    wait_until("the others miss", || cache.stats().misses.absent == CALLERS as u64);
                    7
                });
                assert_eq!(value.unwrap(), 7);
            });
        }
    });
    assert_eq!(computed.load(Ordering::SeqCst), 1);
    let stats = cache.stats();
    assert_eq!((stats.computed, stats.coalesced, stats.in_flight), (1, CALLERS as u64 - 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_tasks_with_one_cold_key_compute_once() {
    let cache = cache();
    let tasks = (0..CALLERS).map(|_| {
        let cache = cache.clone();
        tokio::spawn(async move {
            let body = async || {
                while cache.stats().misses.absent < CALLERS as u64 {
                    tokio::task::yield_now().await;
                }
                7
            };
            cache.get_or_compute("key", Policy::new(), body).await.unwrap()
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), 7);
    }
    let stats = cache.stats();
    assert_eq!((stats.computed, stats.coalesced, stats.in_flight), (1, CALLERS as u64 - 1, 0));
}

#[test]
fn threads_and_tasks_wait_for_a_leader_that_blocks_its_thread() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(SYNC, &cache, 1);
    let task = waiter(&cache, &call, 9);
    let thread = {
        let (cache, call) = (cache.clone(), call.clone());
        thread::spawn(move || call.run_sync(false, &cache, || 9))
    };
    assert_eq!(leader.finish(), 1);
    assert_eq!(task.woken(), 1);
    assert_eq!(join_in_time(thread), 1);
    assert_eq!(cache.stats().computed, 1);
}

#[test]
fn what_was_stored_between_a_callers_look_and_its_turn_is_not_computed_again() {
    let (cache, call) = (cache(), dependent());
    let Found::Miss(miss) = call.find(&cache) else { panic!("nothing is stored") };
    assert_eq!(call.read(SYNC, &cache, 1), Answer::Computed(1));
    let value = compute_blocking(miss, portable(outcome!(u64)), || panic!("it is stored"), |_, _| {});
    assert_eq!(value, 1);
}

/// On a runtime of one thread, the leader could not be polled while its thread is blocked.
#[test]
fn a_sync_caller_does_not_wait_for_an_async_leader() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    assert_eq!(call.run_sync(false, &cache, || 2), 2);
    assert_eq!(call.read(SYNC, &cache, 9), Answer::Hit(2), "who is first stores");
    assert_eq!(leader.finish(), 1);
    assert_eq!(call.read(SYNC, &cache, 9), Answer::Hit(2), "and is not replaced by the older one");
}

#[test]
fn who_waits_is_answered_by_whoever_computes_the_same_first() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    let task = waiter(&cache, &call, 9);
    assert_eq!(call.run_sync(false, &cache, || 2), 2);
    assert_eq!(task.woken(), 2);
    assert_eq!(leader.finish(), 1);
}

#[test]
fn without_coalescing_everybody_computes() {
    let cache = cache();
    let compute = |value: u64| {
        let cache = cache.clone();
        let (go, gate) = oneshot::channel::<()>();
        let mut task = Task::new(async move {
            let body = async || {
                gate.await.unwrap();
                value
            };
            cache.get_or_compute("key", Policy::new().coalesce(Coalesce::Off), body).await.unwrap()
        });
        assert_eq!(task.poll(), None);
        (task, go)
    };
    let (one, two) = (compute(1), compute(2));
    two.1.send(()).unwrap();
    assert_eq!(two.0.now(), 2);
    one.1.send(()).unwrap();
    assert_eq!(one.0.now(), 1);
    assert_eq!(cache.blocking().get::<u64>("key").unwrap(), Some(2));
}

#[derive(Clone, Debug, PartialEq)]
struct Trouble(u64);

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        panic!("{error}")
    }
}

type Outcome = Result<u64, Trouble>;

/// A caller whose computation waits for what it is to return.
fn fallible(cache: &Cache) -> (Task<Outcome>, oneshot::Sender<Outcome>) {
    let cache = cache.clone();
    let (go, gate) = oneshot::channel();
    let call = async move {
        cache.try_get_or_compute("key", Policy::new().tags(["t"]), || async { gate.await.unwrap() }).await
    };
    let mut task = Task::new(call);
    assert_eq!(task.poll(), None);
    (task, go)
}

#[test]
fn those_who_wait_for_a_leader_that_fails_try_in_turn_and_get_no_error_of_others() {
    let cache = cache();
    let (leader, leads) = fallible(&cache);
    let (mut second, seconds) = fallible(&cache);
    let (mut third, thirds) = fallible(&cache);
    assert_eq!(cache.stats().in_flight, 1);
    leads.send(Err(Trouble(1))).unwrap();
    assert_eq!(leader.now(), Err(Trouble(1)));
    second.wait_for_wake();
    third.wait_for_wake();
    assert_eq!((second.poll(), third.poll()), (None, None), "one computes, the other waits for it");
    assert_eq!(cache.stats().in_flight, 1);
    seconds.send(Err(Trouble(2))).unwrap();
    assert_eq!(second.woken(), Err(Trouble(2)));
    thirds.send(Ok(3)).unwrap();
    assert_eq!(third.woken(), Ok(3));
    assert_eq!(cache.blocking().get::<u64>("key").unwrap(), Some(3));
    assert_eq!((cache.stats().computed, cache.stats().in_flight), (3, 0));
}

#[test]
fn a_leader_that_is_dropped_strands_nobody() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        let (_never, gate) = oneshot::channel::<u64>();
        let mut leader =
            Task::new(call.clone().run_async(style.as_function, cache.clone(), async { gate.await.unwrap() }));
        assert_eq!(leader.poll(), None);
        let mut first = waiter(&cache, &call, 2);
        let second = waiter(&cache, &call, 3);
        drop(leader);
        second.wait_for_wake();
        first.wait_for_wake();
        assert_eq!(first.poll(), Some(2));
        assert_eq!(second.now(), 2);
        assert_eq!(cache.stats().in_flight, 0);
    }
}

#[test]
fn a_leader_that_was_never_polled_strands_nobody() {
    let (cache, call) = (cache(), dependent());
    drop(Task::new(call.clone().run_async(true, cache.clone(), async { 1 })));
    assert_eq!(call.read(ASYNC, &cache, 2), Answer::Computed(2));
}

#[test]
fn a_leader_that_panics_strands_nobody() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        let leader = call.begin_with(style, &cache, || std::panic::panic_any(Trouble(1)));
        // An async caller may wait for both kinds.
        let task = waiter(&cache, &call, 2);
        let outcome = quietly(|| leader.finish());
        assert!(outcome.is_err(), "the panic is the leader's");
        assert_eq!(task.woken(), 2);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(2));
        assert_eq!(cache.stats().in_flight, 0);
    }
}

/// Catches a panic that is meant to be, with payloads that need no words.
fn quietly<T>(f: impl FnOnce() -> T) -> thread::Result<T> {
    catch_unwind(AssertUnwindSafe(f))
}

#[test]
fn who_waits_for_a_leader_that_is_not_polled_computes_for_itself_in_the_end() {
    let ((cache, clock), call) = (with_clock(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    let mut task = waiter(&cache, &call, 2);
    clock.advance(Duration::from_secs(4));
    assert_eq!(task.poll(), None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(task.woken(), 2);
    assert_eq!(call.read(ASYNC, &cache, 9), Answer::Hit(2));
    assert_eq!(leader.finish(), 1);
    assert_eq!(call.read(ASYNC, &cache, 9), Answer::Hit(2), "the older result came too late");
}

#[test]
fn who_waits_by_blocking_its_thread_computes_for_itself_in_the_end() {
    let ((cache, clock), call) = (with_clock(), dependent());
    let leader = call.begin(SYNC, &cache, 1);
    let thread = {
        let (cache, call) = (cache.clone(), call.clone());
        thread::spawn(move || call.run_sync(false, &cache, || 2))
    };
    // Not before it has missed; it may be advanced too early nevertheless, and must not wait for ever then.
    wait_until("it misses", || cache.stats().misses.absent == 2);
    wait_until("it loses its patience", || {
        clock.advance(Duration::from_secs(5));
        thread.is_finished()
    });
    assert_eq!(join_in_time(thread), 2);
    assert_eq!(leader.finish(), 1);
}

/// The flight is in no table any more, and those who wait for it are still there.
#[test]
fn patience_ends_also_for_a_leader_whose_key_was_invalidated() {
    in_every_way(|style, by| {
        let ((cache, clock), call) = (with_clock(), dependent());
        let leader = call.begin(Style { is_async: true, ..style }, &cache, 1);
        let task = waiter(&cache, &call, 2);
        by.invalidate(&cache);
        assert_eq!(call.clone().refresh().read(style, &cache, 3), Answer::Computed(3));
        clock.advance(Duration::from_secs(5));
        assert_eq!(task.woken(), if super::LOOKS_AGAIN { 3 } else { 2 });
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(3), "what it computed is not known to be newer");
        assert_eq!(leader.finish(), 1);
    });
}

#[test]
fn a_result_that_is_not_to_be_stored_is_not_kept_by_a_leader_that_is_not_polled() {
    let ((cache, clock), call) = (with_clock(), dependent().declined());
    let leader = call.begin(ASYNC, &cache, 1);
    let first = waiter(&cache, &call, 2);
    let second = waiter(&cache, &call, 3);
    clock.advance(Duration::from_secs(5));
    assert_eq!(first.woken(), 2);
    assert_eq!(second.woken(), 2, "it waited for this result");
    assert_eq!(call.read(ASYNC, &cache, 4), Answer::Computed(4), "and nobody gets it who comes later");
    assert_eq!(leader.finish(), 1);
}

#[test]
fn who_no_longer_waits_leaves_nothing_behind() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    let (gone, stays) = (waiter(&cache, &call, 9), waiter(&cache, &call, 9));
    let wakes = gone.waker();
    let unpolled = Arc::strong_count(&wakes);
    drop(gone);
    assert_eq!((unpolled, Arc::strong_count(&wakes)), (3, 1), "its waker is not kept");
    assert_eq!(leader.finish(), 1);
    assert_eq!(stays.woken(), 1);
    assert_eq!(cache.stats().in_flight, 0);
}

#[test]
fn polling_a_waiter_again_does_not_put_it_on_the_list_again() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    let mut task = waiter(&cache, &call, 9);
    for _ in 0..100 {
        assert_eq!(task.poll(), None);
    }
    assert_eq!(Arc::strong_count(&task.waker()), 3);
    assert_eq!(leader.finish(), 1);
    assert_eq!(task.woken(), 1);
}

#[test]
fn a_computation_that_needs_its_own_key_computes_it() {
    for style in STYLES {
        let (cache, call) = (cache(), dependent());
        let inner = (cache.clone(), call.clone());
        let outer = call.begin_with(style, &cache, move || {
            let (cache, call) = inner;
            10 * call.run_sync(style.as_function, &cache, || 2)
        });
        assert_eq!(outer.finish(), 20);
        assert_eq!(call.read(style, &cache, 9), Answer::Hit(20));
    }
}

#[test]
fn an_async_computation_that_needs_its_own_key_computes_it() {
    let (cache, call) = (cache(), dependent());
    let body = {
        let (cache, call) = (cache.clone(), call.clone());
        async move {
            let inner = async { 2 };
            10 * Box::pin(call.run_async(false, cache, inner)).await
        }
    };
    assert_eq!(Task::new(call.clone().run_async(false, cache.clone(), body)).now(), 20);
    assert_eq!(call.read(ASYNC, &cache, 9), Answer::Hit(20));
}

#[test]
fn computations_that_need_other_keys_are_stored_with_them() {
    for style in STYLES {
        let cache = cache();
        let (outer, inner) = (Call::new("outer"), Call::new("inner"));
        let within = (cache.clone(), inner.clone());
        let begun = outer.begin_with(style, &cache, move || 10 * within.1.run_sync(style.as_function, &within.0, || 2));
        assert_eq!(begun.finish(), 20);
        assert_eq!(outer.read(style, &cache, 9), Answer::Hit(20));
        assert_eq!(inner.read(style, &cache, 9), Answer::Hit(2));
    }
}

#[test]
fn a_leader_that_has_moved_to_another_thread_is_not_taken_for_one_further_up_the_stack() {
    let (cache, call) = (cache(), dependent());
    let leader = call.begin(ASYNC, &cache, 1);
    // This thread has polled the leader before, and is not polling it now.
    let task = waiter(&cache, &call, 9);
    assert_eq!(leader.finish(), 1);
    assert_eq!(task.woken(), 1);
}
