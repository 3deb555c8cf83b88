//! What is seen in a request of what changes meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use easycache_core::{Backend, Cache, Deadline, Policy, RequestScope, Target, Targets, request_scope};
use easycache_testkit::{
    Call, FailingBackend, ManualClock, MemoryBackend, Method, Side, StoppingBackend, server::until,
};
use tokio::sync::oneshot;

use super::{KEY, builder, on, pairs, policy, read};
use crate::number;

#[tokio::test]
async fn what_others_change_is_seen_when_the_request_is_over() {
    let backend = Arc::new(MemoryBackend::new());
    let cache = on(Arc::clone(&backend));
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        // As another process does it: nobody in this one hears of it.
        let tag = Target::Stamp(format!("{}:t:tag", cache.namespace()).into());
        let known = backend.invalidate(&[tag], Deadline::after(Duration::from_secs(9))).await.remove(0);
        assert!(known.unwrap());
        assert_eq!(read(&cache, 2).await, 1);
    })
    .await;
    assert_eq!(read(&cache, 3).await, 3);
}

#[tokio::test]
async fn the_end_of_its_time_is_seen_when_the_request_is_over() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(read(&cache, 2).await, 1);
    })
    .await;
    assert_eq!(read(&cache, 3).await, 3);
}

/// Everything that changes the entry, or what it depends on.
async fn change(cache: &Cache, how: usize) -> bool {
    let done = match how {
        0 => cache.invalidate_key(KEY).await.map(drop),
        1 => cache.invalidate_tags(["tag"]).await.map(drop),
        2 => cache.invalidate_prefix("tenant:1").await.map(drop),
        3 => cache.invalidate_prefix("tenant:1/shop:2").await.map(drop),
        4 => cache.clear().await,
        5 => cache.expire_key(KEY).await.map(drop),
        6 => cache.expire_tags(["tag"]).await.map(drop),
        7 => cache.expire_prefix("tenant:1").await.map(drop),
        8 => cache.expire_all().await,
        9 => cache.hold(Targets::new().tags(["tag"]), "1m").await.map(drop),
        10 => cache.set("key", 2_u32, policy()).await,
        11 => cache.blocking().invalidate_tags(["tag"]).map(drop),
        _ => return false,
    };
    done.unwrap();
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_this_process_changes_is_seen_at_once() {
    for how in 0.. {
        let mut any = false;
        for (kind, [cache, other]) in pairs() {
            // The same cache, and another one of this process on the same backend.
            for by in [&cache, &other] {
                any = request_scope(async {
                    by.invalidate_key(KEY).await.unwrap();
                    cache.invalidate_tags(["tag"]).await.unwrap();
                    assert_eq!(read(&cache, 1).await, 1);
                    assert_eq!(read(&cache, 2).await, 1, "{kind}");
                    let any = change(by, how).await;
                    assert!(!any || read(&cache, 2).await == 2, "{kind}: change {how}");
                    any
                })
                .await;
            }
        }
        if !any {
            return;
        }
    }
}

#[tokio::test]
async fn names_that_are_inherited_are_minded() {
    for (kind, [cache, _]) in pairs() {
        let outer = async |computes: u32| {
            let inner = async || number(&cache, "inner", Policy::new().tags(["inner"]), computes).await;
            cache.get_or_compute("outer", Policy::new().inherit(true), inner).await.unwrap()
        };
        // Once as what was computed, and once as what was found.
        for (was, changed) in [(1, 2), (2, 3)] {
            request_scope(async {
                assert_eq!(outer(was).await, was, "{kind}");
                let before = cache.stats().remembered;
                assert_eq!(outer(9).await, was, "{kind}");
                assert_eq!(cache.get::<u32>("outer").await.unwrap(), Some(was), "{kind}");
                assert_eq!(cache.stats().remembered - before, 2, "{kind}");
                cache.invalidate_tags(["inner"]).await.unwrap();
                assert_eq!(outer(changed).await, changed, "{kind}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn an_invalidation_that_has_failed_is_seen_at_once() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        backend.fail(Side::Before);
        assert_eq!(read(&cache, 2).await, 1, "what is remembered needs no backend");
        cache.invalidate_tags(["tag"]).await.unwrap_err();
        assert_eq!(read(&cache, 2).await, 2);
        assert_eq!(read(&cache, 3).await, 3, "what is computed beside the backend is not remembered");
    })
    .await;
}

#[tokio::test]
async fn a_computation_that_was_under_way_is_not_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            let (go, wait) = oneshot::channel();
            let computing = cache.get_or_compute("key", policy(), || async {
                let _sent = wait.await;
                1
            });
            let invalidating = async {
                cache.invalidate_tags(["tag"]).await.unwrap();
                go.send(()).unwrap();
            };
            let (old, ()) = tokio::join!(computing, invalidating);
            assert_eq!(old.unwrap(), 1, "{kind}: it asked before");
            assert_eq!(read(&cache, 2).await, 2, "{kind}");
        })
        .await;
    }
}

#[test]
fn a_read_that_was_under_way_is_not_remembered() {
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    let cache = builder(Arc::clone(&backend)).deadline("1h").build().unwrap();
    let read = |computes: u32| cache.blocking().get_or_compute("key", policy(), || computes).unwrap();
    assert_eq!(read(1), 1);
    let request = RequestScope::new();
    let stop = backend.stop(Method::Read, Side::After);
    thread::scope(|threads| {
        let reader = threads.spawn(|| request.run_blocking(|| read(2)));
        stop.reached();
        request.run_blocking(|| cache.blocking().invalidate_tags(["tag"])).unwrap();
        stop.go();
        assert_eq!(reader.join().unwrap(), 1, "it has read before");
    });
    assert_eq!(request.run_blocking(|| read(2)), 2);
}

#[test]
fn a_request_that_has_seen_a_newer_value_is_not_answered_with_an_older_one() {
    let memory = Arc::new(MemoryBackend::new());
    let backend = Arc::new(StoppingBackend::new(Arc::clone(&memory)));
    let cache = builder(Arc::clone(&backend)).deadline("1h").build().unwrap();
    let read = |computes: u32| cache.blocking().get_or_compute("key", policy(), || computes).unwrap();
    assert_eq!(read(1), 1);
    let request = RequestScope::new();
    let first = AtomicBool::new(true);
    let is_first = move |call: &Call| call.method == Method::Read && first.swap(false, Ordering::SeqCst);
    let stop = backend.stop_if(Side::After, is_first);
    thread::scope(|threads| {
        let reader = threads.spawn(|| request.run_blocking(|| read(9)));
        stop.reached();
        // Another process changes it, and this one computes it anew.
        let tag = Target::Stamp(format!("{}:t:tag", cache.namespace()).into());
        pollster::block_on(memory.invalidate(&[tag], Deadline::after(Duration::from_secs(9)))).remove(0).unwrap();
        assert_eq!(read(2), 2);
        assert_eq!(request.run_blocking(|| read(9)), 2);
        stop.go();
        assert_eq!(reader.join().unwrap(), 2, "it has read the older one, and the request has seen the newer");
    });
    assert_eq!(request.run_blocking(|| read(9)), 2);
}

#[tokio::test]
async fn the_stamps_of_requests_go_when_they_are_over() {
    for (kind, [cache, _]) in pairs() {
        request_scope(read(&cache, 1)).await;
        cache.invalidate_tags(["tag"]).await.unwrap();
        cache.invalidate_key(KEY).await.unwrap();
        // The housekeeper may be sweeping the same, and holds it as long.
        until(&format!("the stamps are gone {kind}"), || {
            cache.sweep();
            (cache.stats().stamps == 0).then_some(())
        });
    }
}
