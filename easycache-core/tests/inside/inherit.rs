//! Values that depend on what the cached functions depend on that were called to compute them. Race 17: a value that is
//! made of a cached one takes over its names, and the versions that it was valid or computed under.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use easycache_core::{Cache, Policy, Targets};
use easycache_testkit::{Call, FailingBackend, MemoryBackend, Method, Side, StoppingBackend};
use tokio::sync::oneshot;

use crate::{number, on, pairs, remote_pairs};

fn inner() -> Policy {
    Policy::new().tags(["users", "team:2"]).prefix("tenant:1/shop:3")
}

fn outer() -> Policy {
    Policy::new().inherit(true).tags(["reports"])
}

/// The inner value, and after it whatever happens.
async fn outer_after(cache: &Cache, computes: u32, then: impl AsyncFnOnce()) -> u32 {
    let compute = || async {
        let number = number(cache, "inner", inner(), computes).await;
        then().await;
        number
    };
    cache.get_or_compute("outer", outer(), compute).await.unwrap()
}

/// The outer value, made of the inner one.
async fn outer_of(cache: &Cache, computes: u32) -> u32 {
    outer_after(cache, computes, async || ()).await
}

#[tokio::test]
async fn a_value_is_gone_with_each_tag_and_prefix_of_what_it_was_made_of() {
    let all = [
        Targets::new().tags(["users"]),
        Targets::new().tags(["team:2"]),
        Targets::new().prefix("tenant:1"),
        Targets::new().prefix("tenant:1/shop:3"),
        Targets::new().tags(["reports"]),
    ];
    for (kind, [one, other]) in pairs() {
        let mut commit = 1;
        for targets in &all {
            // Once the inner value was computed inside, and once it was a hit there.
            for _ in 0..2 {
                let name = format!("{kind}, {targets:?}, {commit}");
                assert_eq!(outer_of(&one, commit).await, commit, "{name}");
                assert_eq!(outer_of(&other, 0).await, commit, "{name}: it is stored");
                other.invalidate(targets.clone()).await.unwrap();
                assert_eq!(other.get::<u32>("outer").await.unwrap(), None, "{name}");
                commit += 1;
                if format!("{targets:?}").contains("reports") {
                    other.invalidate_tags(["users"]).await.unwrap();
                }
                number(&other, "tenant:1/shop:3|inner", Policy::new(), 0).await;
                other.invalidate_key("tenant:1/shop:3|inner").await.unwrap();
            }
        }
        assert_eq!(outer_of(&one, commit).await, commit);
        one.clear().await.unwrap();
        assert_eq!(outer_of(&other, commit + 1).await, commit + 1, "{kind}");
    }
}

#[tokio::test]
async fn a_hit_inside_hands_up_what_it_was_valid_under() {
    for (kind, [one, other]) in pairs() {
        number(&one, "inner", inner(), 1).await;
        assert_eq!(outer_of(&other, 0).await, 1, "{kind}");
        assert_eq!(outer_of(&one, 0).await, 1, "{kind}");
        one.invalidate_prefix("tenant:1").await.unwrap();
        assert_eq!(outer_of(&other, 2).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn a_hit_that_is_invalidated_while_the_outer_value_is_computed_does_not_live_on_in_it() {
    for targets in [Targets::new().tags(["team:2"]), Targets::new().prefix("tenant:1")] {
        for (kind, [one, other]) in pairs() {
            number(&one, "inner", inner(), 1).await;
            let invalidate = async || {
                other.invalidate(targets.clone()).await.unwrap();
            };
            assert_eq!(outer_after(&one, 0, invalidate).await, 1, "{kind}: it asked before");
            assert_eq!(other.get::<u32>("outer").await.unwrap(), None, "{kind}");
            assert_eq!(outer_of(&other, 2).await, 2, "{kind}");
            assert_eq!(outer_of(&one, 3).await, 2, "{kind}");

            // The second time its names are guessed, and read before.
            assert_eq!(outer_after(&one, 3, async || ()).await, 2);
            other.invalidate_tags(["reports"]).await.unwrap();
            assert_eq!(outer_after(&one, 3, invalidate).await, 2, "{kind}");
            assert_eq!(outer_of(&other, 4).await, 4, "{kind}");
        }
    }
}

#[tokio::test]
async fn what_was_computed_inside_and_invalidated_before_the_end_does_not_live_on_either() {
    for (kind, [one, other]) in pairs() {
        let invalidate = async || {
            other.invalidate_tags(["users"]).await.unwrap();
        };
        assert_eq!(outer_after(&one, 1, invalidate).await, 1, "{kind}");
        assert_eq!(outer_of(&other, 2).await, 2, "{kind}");
        assert_eq!(outer_of(&one, 3).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn two_looks_at_what_was_invalidated_in_between_are_not_stored_as_one() {
    for (kind, [one, other]) in pairs() {
        number(&one, "inner", inner(), 1).await;
        let again = async || {
            other.invalidate_tags(["users"]).await.unwrap();
            assert_eq!(number(&one, "inner", inner(), 2).await, 2);
        };
        assert_eq!(outer_after(&one, 0, again).await, 1, "{kind}");
        assert_eq!(outer_of(&one, 3).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn what_is_handed_up_goes_through_every_level_that_inherits() {
    for (kind, [one, other]) in pairs() {
        for (inherits, lasts) in [(true, false), (false, true)] {
            let top = async |commit: u32| {
                let middle = async || number(&one, "inner", inner(), commit).await;
                let policy = Policy::new().inherit(inherits).tags(["middle"]);
                let middle = async || one.get_or_compute("middle", policy, middle).await.unwrap();
                let top = one.get_or_compute("top", Policy::new().inherit(true), middle);
                Box::pin(top).await.unwrap()
            };
            assert_eq!(top(1).await, 1);
            other.invalidate_tags(["users"]).await.unwrap();
            assert_eq!(top(2).await == 1, lasts, "{kind}, the one in between inherits: {inherits}");
            other.invalidate_tags(["middle", "users"]).await.unwrap();
            assert_eq!(top(3).await, 3, "{kind}");
            other.clear().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_computation_that_fails_inside_hands_up_what_it_depends_on() {
    for (kind, [one, other]) in pairs() {
        let fallback = async |exists: bool| {
            let policy = Policy::new().tags(["users"]);
            let find = || async move { if exists { Ok(1) } else { Err(easycache_error()) } };
            let compute = || async { one.try_get_or_compute("inner", policy, find).await.unwrap_or(0) };
            one.get_or_compute("outer", Policy::new().inherit(true), compute).await.unwrap()
        };
        assert_eq!((fallback(false).await, fallback(true).await), (0, 0), "{kind}");
        other.invalidate_tags(["users"]).await.unwrap();
        assert_eq!(fallback(true).await, 1, "{kind}");
    }
}

fn easycache_error() -> easycache_core::Error {
    easycache_core::Error::new(easycache_core::ErrorKind::Refused, "there is none")
}

#[tokio::test]
async fn plain_reads_inside_hand_up_as_well() {
    for (kind, [one, other]) in pairs() {
        one.set("set", 1_u32, inner()).await.unwrap();
        let outer = async || {
            let read = async || {
                let by_key = one.get::<u32>("tenant:1/shop:3|set").await.unwrap().unwrap_or(2);
                by_key + 10 * one.get_with::<u32>("set", inner()).await.unwrap().unwrap_or(2)
            };
            one.get_or_compute("outer", outer(), read).await.unwrap()
        };
        assert_eq!(outer().await, 11, "{kind}");
        other.invalidate_tags(["team:2"]).await.unwrap();
        assert_eq!(outer().await, 22, "{kind}");
    }
}

#[tokio::test]
async fn a_value_that_another_caller_computes_is_handed_up_as_well() {
    for (kind, [one, other]) in pairs() {
        let (go, gate) = oneshot::channel::<()>();
        let computations = AtomicU32::new(0);
        let leader = one.get_or_compute("inner", inner(), || async {
            gate.await.unwrap();
            1 + computations.fetch_add(1, Ordering::SeqCst)
        });
        let joiner = async {
            let outer = outer_of(&one, 9);
            let mut outer = pin!(outer);
            // It is on its way, and waits.
            for _ in 0..50 {
                tokio::select! {
                    biased;
                    _ = &mut outer => panic!("{kind}: it waits for the other"),
                    () = tokio::task::yield_now() => {}
                }
            }
            go.send(()).unwrap();
            outer.await
        };
        let (led, shared) = tokio::join!(leader, joiner);
        assert_eq!((led.unwrap(), shared), (1, 1), "{kind}");
        assert_eq!(outer_of(&other, 0).await, 1, "{kind}: it is stored");
        other.invalidate_tags(["users"]).await.unwrap();
        assert_eq!(outer_of(&other, 2).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn what_a_shared_computation_has_inherited_is_handed_up_as_well() {
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    let inherits = || Policy::new().inherit(true);
    let middle = async |computes: u32| {
        let inner = async || number(&cache, "inner", inner(), computes).await;
        cache.get_or_compute("middle", inherits(), inner).await.unwrap()
    };
    // It has not begun to compute, so that whoever comes may share it.
    let first = AtomicBool::new(true);
    let is_first = move |call: &Call| call.method == Method::Acquire && first.swap(false, Ordering::SeqCst);
    let stop = backend.stop_if(Side::Before, is_first);
    let joiner = async {
        let mut outer = pin!(cache.get_or_compute("outer", inherits(), || middle(9)));
        for _ in 0..50 {
            tokio::select! {
                biased;
                _ = &mut outer => panic!("it waits for the other"),
                () = tokio::task::yield_now() => {}
            }
        }
        stop.go();
        outer.await.unwrap()
    };
    assert_eq!(tokio::join!(middle(1), joiner), (1, 1));
    assert_eq!(cache.get::<u32>("outer").await.unwrap(), Some(1), "it is stored");
    cache.invalidate_tags(["users"]).await.unwrap();
    assert_eq!(cache.get::<u32>("outer").await.unwrap(), None);
}

#[tokio::test]
async fn who_comes_after_an_invalidation_does_not_join_what_was_made_of_an_older_value() {
    for (kind, [one, other]) in pairs() {
        number(&one, "inner", inner(), 1).await;
        let (go, gate) = oneshot::channel::<()>();
        let late = outer_after(&one, 0, async || gate.await.unwrap());
        let next = async {
            tokio::task::yield_now().await;
            other.invalidate_tags(["users"]).await.unwrap();
            let outer = outer_of(&one, 2);
            let mut outer = pin!(outer);
            for _ in 0..50 {
                tokio::select! {
                    biased;
                    value = &mut outer => return value,
                    () = tokio::task::yield_now() => {}
                }
            }
            go.send(()).unwrap();
            outer.await
        };
        let (late, next) = tokio::join!(late, next);
        assert_eq!((late, next), (1, 2), "{kind}");
        assert_eq!(outer_of(&other, 3).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn what_another_cache_has_keeps_a_value_from_being_stored() {
    for (kind, [one, _]) in pairs() {
        let foreign = Cache::builder().build().unwrap();
        let outer = async |commit: u32| {
            let compute = async || number(&foreign, "inner", inner(), commit).await;
            one.get_or_compute("outer", outer(), compute).await.unwrap()
        };
        assert_eq!((outer(1).await, outer(2).await), (1, 1), "{kind}: the inner one is a hit");
        assert_eq!((one.stats().hits, one.stats().refused.inherited), (0, 2), "{kind}");
        foreign.invalidate_tags(["users"]).await.unwrap();
        assert_eq!(outer(3).await, 3, "{kind}");
    }
}

#[tokio::test]
async fn what_was_computed_beside_the_backend_keeps_a_value_from_being_stored() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    let compute = async || {
        backend.fail(Side::Before);
        let number = number(&cache, "inner", inner(), 1).await;
        backend.heal();
        number
    };
    assert_eq!(cache.get_or_compute("outer", outer(), compute).await.unwrap(), 1);
    assert_eq!(cache.stats().refused.inherited, 1);
    assert_eq!(outer_of(&cache, 2).await, 2);
}

#[tokio::test]
async fn what_is_bypassed_inside_keeps_a_value_from_being_stored_on_a_backend() {
    for (kind, [one, _]) in remote_pairs() {
        let compute = async || easycache_core::bypass(number(&one, "inner", inner(), 1)).await;
        one.get_or_compute("outer", outer(), compute).await.unwrap();
        assert_eq!(one.stats().refused.inherited, 1, "{kind}");
    }
}

#[tokio::test]
async fn in_process_what_is_bypassed_inside_is_handed_up_like_everything_else() {
    let cache = Cache::builder().build().unwrap();
    let outer = async |commit: u32| {
        let compute = async || easycache_core::bypass(number(&cache, "inner", inner(), commit)).await;
        cache.get_or_compute("outer", outer(), compute).await.unwrap()
    };
    assert_eq!((outer(1).await, outer(2).await), (1, 1));
    cache.invalidate_tags(["users"]).await.unwrap();
    assert_eq!(outer(3).await, 3);
}

#[tokio::test]
async fn a_value_that_does_not_inherit_does_not_depend_on_what_is_called_inside() {
    for (kind, [one, other]) in pairs() {
        let outer = async |commit: u32| {
            let compute = async || number(&one, "inner", inner(), commit).await;
            one.get_or_compute("outer", Policy::new(), compute).await.unwrap()
        };
        assert_eq!(outer(1).await, 1);
        other.invalidate_tags(["users"]).await.unwrap();
        assert_eq!(outer(2).await, 1, "{kind}");
    }
}

#[tokio::test]
async fn every_value_of_a_batch_inherits_what_was_called_for_all_of_them() {
    for (kind, [one, other]) in pairs() {
        let batch = async |keys: &'static [&'static str], commit: u32| -> HashMap<&str, u32> {
            let compute = async |missing: Vec<&'static str>| {
                let inner = number(&one, "inner", inner(), commit).await;
                missing.into_iter().map(|key| (key, inner)).collect::<HashMap<_, _>>()
            };
            one.get_or_compute_many(keys.iter().copied(), outer(), compute).await.unwrap()
        };
        assert_eq!(batch(&["a", "b", "c"], 1).await, HashMap::from([("a", 1), ("b", 1), ("c", 1)]));
        assert_eq!(batch(&["a", "b", "c"], 2).await["b"], 1, "{kind}: all are stored");
        other.invalidate_tags(["users"]).await.unwrap();
        for key in ["a", "b", "c"] {
            assert_eq!(other.get::<u32>(key).await.unwrap(), None, "{kind}: {key}");
        }
        assert_eq!(batch(&["c"], 3).await["c"], 3, "{kind}");
    }
}
