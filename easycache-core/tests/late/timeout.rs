//! `timeout`: a soft one and a hard one.

use std::{
    future::pending,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use easycache_core::{Cache, ErrorKind, Policy, Result};
use tokio::sync::Notify;

use crate::common::{SECOND, World};

/// Five of them are less than a lease lives: it is prolonged by the system's clock, on which nobody waits here.
const TICK: Duration = Duration::from_millis(150);

fn policy() -> Policy {
    Policy::ttl("10s").stale_if_error("1h").soft_timeout(TICK).timeout(5 * TICK)
}

/// Begins to read; each computation goes on until it is told to come to its end.
fn begin(world: &World, policy: Policy, gate: &Arc<Notify>) -> tokio::task::JoinHandle<Result<usize>> {
    let (cache, computed, gate) = (world.cache.clone(), world.computed.clone(), gate.clone());
    tokio::spawn(async move {
        let slow = move || async move {
            let number = computed.fetch_add(1, Ordering::SeqCst) + 1;
            gate.notified().await;
            number
        };
        cache.get_or_refresh("key", policy, slow).await
    })
}

async fn computing(world: &World, number: usize) {
    world.eventually(async || world.count() == number).await;
}

#[tokio::test]
async fn after_a_soft_timeout_the_expired_value_is_served_and_the_next_is_stored_when_it_is_there() {
    for world in World::all() {
        world.read(policy()).await;
        world.advance(11 * SECOND);
        let gate = Arc::new(Notify::new());
        let call = begin(&world, policy(), &gate);
        computing(&world, 2).await;
        world.advance(TICK / 2);
        tokio::task::yield_now().await;
        assert!(!call.is_finished(), "{world:?}");
        world.advance(TICK / 2);
        assert_eq!(call.await.unwrap().unwrap(), 1, "{world:?}");
        gate.notify_one();
        world.settle().await;
        assert_eq!((world.read(policy()).await, world.count()), (2, 2), "{world:?}");
    }
}

#[tokio::test]
async fn without_an_expired_value_a_caller_waits_for_the_hard_timeout() {
    for world in World::all() {
        let gate = Arc::new(Notify::new());
        let call = begin(&world, policy(), &gate);
        computing(&world, 1).await;
        world.advance(4 * TICK);
        tokio::task::yield_now().await;
        assert!(!call.is_finished(), "{world:?}");
        world.advance(TICK);
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut, "{world:?}");
        gate.notify_one();
        world.settle().await;
        assert_eq!((world.read(policy()).await, world.count()), (1, 1), "the late result is stored: {world:?}");
    }
}

#[tokio::test]
async fn a_late_result_is_not_stored_if_something_it_depends_on_was_invalidated() {
    for world in World::all() {
        let policy = || policy().tags(["a"]);
        let gate = Arc::new(Notify::new());
        let call = begin(&world, policy(), &gate);
        computing(&world, 1).await;
        world.advance(5 * TICK);
        assert!(call.await.unwrap().is_err());
        world.cache.invalidate_tags(["a"]).await.unwrap();
        gate.notify_one();
        world.settle().await;
        assert_eq!(world.read(policy()).await, 2, "{world:?}");
    }
}

#[tokio::test]
async fn an_invalidated_value_is_not_served_when_the_time_is_over() {
    for world in World::all() {
        let policy = || policy().tags(["a"]);
        world.read(policy()).await;
        world.advance(11 * SECOND);
        let call = begin(&world, policy(), &Arc::default());
        computing(&world, 2).await;
        world.cache.invalidate_tags(["a"]).await.unwrap();
        world.advance(TICK);
        tokio::task::yield_now().await;
        assert!(!call.is_finished(), "{world:?}");
        world.advance(4 * TICK);
        assert_eq!(call.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut, "{world:?}");
    }
}

#[tokio::test]
async fn who_waits_for_another_caller_gives_up_as_well() {
    for world in World::all() {
        let gate = Arc::new(Notify::new());
        let first = begin(&world, Policy::ttl("10s"), &gate);
        computing(&world, 1).await;
        let second = begin(&world, policy(), &gate);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        world.advance(4 * TICK);
        assert!(!second.is_finished());
        world.advance(TICK);
        assert_eq!(second.await.unwrap().unwrap_err().kind(), ErrorKind::TimedOut, "{world:?}");
        gate.notify_one();
        gate.notify_one();
        assert_eq!(first.await.unwrap().unwrap(), 1);
    }
}

#[tokio::test]
async fn a_computation_that_borrows_is_dropped_when_the_time_is_over() {
    for world in World::all() {
        let name = String::from("borrowed");
        let call = world.cache.get_or_compute("key", policy(), async || {
            world.computed.fetch_add(name.len(), Ordering::SeqCst);
            pending::<usize>().await
        });
        let time = async {
            computing(&world, 8).await;
            world.advance(5 * TICK);
        };
        let (returned, ()) = tokio::join!(call, time);
        assert_eq!(returned.unwrap_err().kind(), ErrorKind::TimedOut, "{world:?}");
        world.eventually(async || world.cache.stats().in_flight == 0).await;
    }
}

#[tokio::test]
async fn who_is_in_time_notices_nothing() {
    for world in World::all() {
        assert_eq!(world.read(policy()).await, 1);
        assert_eq!(world.read(policy()).await, 1);
        let stats = world.cache.stats();
        assert_eq!((stats.hits, stats.computed, stats.stored, stats.stale), (1, 1, 1, 0), "{world:?}");
    }
}

#[test]
fn callers_that_are_not_async_give_up_and_their_computation_goes_on_by_itself() {
    // On the system's clock: a thread that sleeps is woken by no other.
    let cache = Cache::builder().build().unwrap();
    let policy = || Policy::ttl("1h").timeout(Duration::from_millis(20));
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    let slow = move || {
        opened.recv().unwrap();
        1
    };
    let late = cache.blocking().get_or_refresh("key", policy(), slow);
    assert_eq!(late.unwrap_err().kind(), ErrorKind::TimedOut);
    gate.send(()).unwrap();
    let deadline = easycache_core::Deadline::after(30 * SECOND);
    while cache.blocking().get::<i32>("key").unwrap().is_none() {
        assert!(!deadline.left().is_zero());
        std::thread::yield_now();
    }
}
