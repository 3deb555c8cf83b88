//! Callers of one process: who shares with whom, and who must not.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use easycache_core::{Coalesce, Policy};
use easycache_testkit::{Method, Side, server::until};

use crate::{
    calls::{ALL_WAYS, ASYNC, Answer, Call, STYLES, SYNC, dependent, in_every_style, in_every_way},
    process::{Process, the_next},
    world::{GRANTING, World},
};

#[test]
fn a_caller_that_starts_after_an_invalidation_does_not_join_an_older_computation() {
    in_every_way(|world, _, style, by| {
        for joiner in STYLES {
            let [one, other] = world.processes();
            let old = dependent().begin(style, &one, 1);
            by.invalidate(style, &other);
            let new = dependent().begin(joiner, &one, 2);
            assert_eq!(new.finish(), 2);
            assert_eq!(old.finish(), 1);
            assert_eq!(dependent().read(joiner, &other, 3), Answer::Hit(2));
        }
    });
}

/// The older computation ends while the newer one is under way, and says nothing to its callers.
#[test]
fn the_end_of_an_older_computation_answers_nobody_who_came_after_the_invalidation() {
    in_every_way(|_, [one, other], style, by| {
        let old = dependent().begin(style, one, 1);
        by.invalidate(style, other);
        let new = dependent().begin(style, one, 2);
        let late = dependent().start(style, one, 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(new.finish(), 2);
        let (Answer::Hit(value) | Answer::Computed(value)) = late.answer();
        assert_eq!(value, 2);
        assert_ne!(dependent().read(style, other, 2), Answer::Hit(1));
    });
}

/// It is the same process that invalidates.
#[test]
fn who_invalidates_reads_nothing_older_from_then_on() {
    in_every_way(|_, [one, _], style, by| {
        let old = dependent().begin(style, one, 1);
        by.invalidate(style, one);
        let new = dependent().begin(style, one, 2);
        assert_eq!(new.finish(), 2);
        assert_eq!(old.finish(), 1);
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

/// What one caller has asked the server before an invalidation is no answer to another who comes after it.
#[test]
fn a_look_that_began_before_an_invalidation_is_not_shared_with_who_comes_after_it() {
    in_every_way(|_, [one, other], style, by| {
        dependent().read(style, one, 1);
        let stop = one.backend.stop_if(Side::After, the_next(Method::Read));
        let early = dependent().start(style, one, 9);
        stop.reached();
        by.invalidate(style, other);
        assert_eq!(dependent().read(style, one, 2), Answer::Computed(2));
        stop.go();
        assert_eq!(early.answer(), Answer::Hit(1), "it asked before the invalidation");
        assert_eq!(dependent().read(style, one, 3), Answer::Hit(2));
    });
}

/// It has looked before the invalidation, and goes on after it: it computes, and what it computes is new.
#[test]
fn a_caller_that_looked_before_an_invalidation_stores_nothing_older() {
    in_every_way(|_, [one, other], style, by| {
        let old = dependent().begin(style, other, 1);
        let stop = one.backend.stop_if(Side::After, the_next(Method::Read));
        let early = dependent().start(style, one, 2);
        stop.reached();
        by.invalidate(style, other);
        stop.go();
        early.computes();
        assert_eq!(old.finish(), 1);
        assert_eq!(early.finish(), 2);
        assert_ne!(dependent().read(style, other, 2), Answer::Hit(1));
    });
}

const CALLERS: usize = 64;

/// Until all have looked: then they either wait or compute.
fn all_have_looked(process: &Process) -> bool {
    process.cache.stats().misses.absent == CALLERS as u64
}

fn once(process: &Process, computed: &AtomicUsize) {
    assert_eq!(computed.load(Ordering::SeqCst), 1);
    let stats = process.cache.stats();
    assert_eq!((stats.computed, stats.stored, stats.in_flight), (1, 1, 0));
    assert_eq!(stats.hits + stats.coalesced, CALLERS as u64 - 1);
}

#[test]
fn sixty_four_threads_with_one_cold_key_compute_once() {
    let Some(world) = World::start() else { return };
    for coalesce in [Coalesce::Process, Coalesce::Cluster] {
        let ([one, _], computed, barrier) = (world.processes(), AtomicUsize::new(0), Barrier::new(CALLERS));
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    barrier.wait();
                    let value = one.cache.blocking().get_or_compute("key", Policy::new().coalesce(coalesce), || {
                        computed.fetch_add(1, Ordering::SeqCst);
                        until("the others miss", || all_have_looked(&one).then_some(()));
                        7
                    });
                    assert_eq!(value.unwrap(), 7);
                });
            }
        });
        once(&one, &computed);
    }
}

#[test]
fn sixty_four_tasks_with_one_cold_key_compute_once() {
    let Some(world) = World::start() else { return };
    for coalesce in [Coalesce::Process, Coalesce::Cluster] {
        let ([one, _], computed) = (world.processes(), Arc::new(AtomicUsize::new(0)));
        let tasks = (0..CALLERS).map(|_| {
            let (process, computed) = (one.clone(), Arc::clone(&computed));
            world.runtime.spawn(async move {
                let body = || async {
                    computed.fetch_add(1, Ordering::SeqCst);
                    while !all_have_looked(&process) {
                        tokio::task::yield_now().await;
                    }
                    7
                };
                let policy = Policy::new().coalesce(coalesce);
                assert_eq!(process.cache.get_or_compute("key", policy, body).await.unwrap(), 7);
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            world.runtime.block_on(task).unwrap();
        }
        once(&one, &computed);
    }
}

/// It has looked when there was no lease yet, and wants one when somebody in its process computes already.
#[test]
fn who_looks_just_before_another_begins_waits_for_it() {
    in_every_style(|_, [one, _], style| {
        for coalesce in [Coalesce::Process, Coalesce::Cluster] {
            let call = Call::new(if coalesce == Coalesce::Process { "p" } else { "c" }).coalesce(coalesce);
            let stop = one.backend.stop_if(Side::After, the_next(Method::Read));
            let second = call.start(style, one, 2);
            stop.reached();
            let first = call.begin(style, one, 1);
            stop.go();
            until("it has missed", || (one.cache.stats().misses.absent >= 2).then_some(()));
            assert_eq!(first.finish(), 1);
            let answer = second.answer();
            // Where its look itself has brought the lease, it computes if the other has just ended.
            assert!(answer == Answer::Hit(1) || (GRANTING == Method::Read && answer == Answer::Computed(2)));
        }
    });
}

/// In another process: it looks from time to time, and each look is one that counts.
#[test]
fn who_waits_for_another_process_gets_its_value_or_what_is_newer() {
    let Some(world) = World::start() else { return };
    for style in [SYNC, ASYNC] {
        let [one, other] = world.processes();
        let call = dependent().coalesce(Coalesce::Cluster);
        let first = call.begin(style, &one, 1);
        let looks = other.looks();
        let second = call.start(style, &other, 2);
        let looks_again = || (other.looks() > looks + 2).then_some(());
        until("it looks again", looks_again);
        assert_eq!(first.finish(), 1);
        assert_eq!(second.answer(), Answer::Hit(1));

        for by in ALL_WAYS {
            by.invalidate(style, &one);
            let first = call.begin(style, &one, 3);
            by.invalidate(style, &one);
            let second = call.start(style, &other, 4);
            assert_eq!(first.finish(), 3);
            assert_eq!(second.answer(), Answer::Computed(4));
            assert_eq!(call.read(style, &one, 9), Answer::Hit(4));
        }
    }
}
