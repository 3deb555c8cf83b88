//! Tags and prefixes that are held while a change is under way.

use std::{sync::Arc, time::Duration};

use easycache_core::{Cache, Coalesce, ErrorKind, Policy, Targets};
use easycache_testkit::{FailingBackend, ManualClock, MemoryBackend, Side};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    calls::{Answer, Call, STYLES},
    common::{number, on, pairs},
};

fn policy() -> Policy {
    Policy::ttl("1h").tags(["a", "b"]).prefix("p/q")
}

fn names() -> [Targets; 3] {
    [Targets::new().tags(["a"]), Targets::new().prefix("p"), Targets::new().tags(["b"]).prefix("p/q")]
}

/// With no backend at all, too.
fn all_pairs() -> Vec<[Cache; 2]> {
    let local = Cache::builder().build().unwrap();
    pairs().into_iter().chain([[local.clone(), local]]).collect()
}

/// What one computes the other finds; as soon as the lease of who has stored nothing is released, which is done in the
/// background.
async fn stores_again([one, other]: [&Cache; 2]) {
    for computes in 1_000..10_000 {
        let value = number(one, policy(), computes).await;
        if number(other, policy(), -1).await == value {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("nothing is stored");
}

#[tokio::test]
async fn what_depends_on_a_held_name_is_neither_served_nor_stored_until_it_is_released() {
    for [one, other] in all_pairs() {
        for targets in names() {
            one.clear().await.unwrap();
            assert_eq!(number(&one, policy(), 1).await, 1);
            let hold = one.hold(targets, "1h").await.unwrap();
            assert_eq!(number(&one, policy(), 2).await, 2, "what was there before is not served");
            assert_eq!(number(&other, policy(), 3).await, 3, "nor is what was computed meanwhile");
            assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), None);
            assert_eq!(number(&other, Policy::ttl("1h").tags(["c"]), 4).await, 4);
            assert_eq!(number(&one, Policy::ttl("1h").tags(["c"]), 5).await, 4, "what does not depend on it is cached");
            hold.release().await.unwrap();
            assert_eq!(number(&other, policy(), 6).await, 6);
            stores_again([&other, &one]).await;
        }
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_used_yet_is_held_as_well() {
    for [one, other] in all_pairs() {
        let hold = one.hold(Targets::new().tags(["a"]), "1h").await.unwrap();
        assert_eq!(number(&other, policy(), 1).await, 1);
        assert_eq!(number(&other, policy(), 2).await, 2, "computed before the commit, it would be found after it");
        drop(hold);
        assert_eq!(number(&other, policy(), 3).await, 3, "nobody knows whether the change was made");
        one.invalidate_tags(["a"]).await.unwrap();
        assert_eq!(number(&other, policy(), 4).await, 4);
        stores_again([&one, &other]).await;
    }
}

#[tokio::test]
async fn what_is_being_computed_when_a_hold_begins_is_not_stored() {
    for [one, other] in all_pairs() {
        let compute = async || {
            let _hold = other.hold(Targets::new().tags(["b"]), "1h").await.unwrap();
            1
        };
        assert_eq!(one.get_or_compute("key", policy(), compute).await.unwrap(), 1);
        other.invalidate_tags(["b"]).await.unwrap();
        assert_eq!(number(&one, policy(), 2).await, 2);
    }
}

#[tokio::test]
async fn who_calls_under_a_hold_does_not_join_what_may_be_from_before_the_commit() {
    for [one, other] in all_pairs() {
        let _hold = other.hold(Targets::new().tags(["a"]), "1h").await.unwrap();
        for coalesce in [Coalesce::Process, Coalesce::Cluster] {
            let policy = || policy().coalesce(coalesce);
            let (started, start) = oneshot::channel::<()>();
            let (go, gone) = oneshot::channel::<()>();
            let before = one.get_or_compute("key", policy(), || async {
                started.send(()).unwrap();
                gone.await.unwrap();
                1
            });
            let after = async {
                start.await.unwrap();
                for (cache, computes) in [(&one, 2), (&other, 3)] {
                    let call = number(cache, policy(), computes);
                    assert_eq!(timeout(Duration::from_secs(3), call).await.expect("it waits for nobody"), computes);
                }
                go.send(()).unwrap();
            };
            let (before, ()) = tokio::join!(before, after);
            assert_eq!(before.unwrap(), 1);
        }
    }
}

#[test]
fn tags_that_only_the_result_tells_can_be_held() {
    for [one, other] in all_pairs() {
        for style in STYLES {
            let call = Call::new("key").of_result(&["late"]);
            let hold = one.blocking().hold(Targets::new().tags(["late"]), "1h").unwrap();
            assert_eq!(call.read(style, &one, 1), Answer::Computed(1));
            assert_eq!(call.read(style, &other, 2), Answer::Computed(2));
            hold.release_blocking().unwrap();
            // Where messages are not ordered, the first computation only tells the tags for the second.
            let _first = [call.read(style, &other, 3), call.read(style, &other, 4)];
            assert!(matches!(call.read(style, &other, 5), Answer::Hit(_)));
            one.blocking().clear().unwrap();
        }
    }
}

#[tokio::test]
async fn a_hold_that_nobody_releases_ends_by_itself_and_nobody_prolongs_it() {
    let clock = Arc::new(ManualClock::new());
    let remote = Cache::builder().backend(MemoryBackend::with_clock(clock.clone()));
    for builder in [Cache::builder(), remote] {
        let cache = builder.clock(clock.clone()).build().unwrap();
        drop(cache.hold(Targets::new().tags(["a"]), "30s").await.unwrap());
        for computes in 1..4 {
            assert_eq!(number(&cache, policy(), computes).await, computes);
            clock.advance(Duration::from_secs(9));
        }
        clock.advance(Duration::from_secs(4));
        assert_eq!(number(&cache, policy(), 5).await, 5);
        stores_again([&cache, &cache]).await;
    }
}

#[tokio::test]
async fn a_key_cannot_be_held_and_a_backend_in_trouble_holds_nothing() {
    for [one, _] in all_pairs() {
        let refused = one.hold(Targets::new().tags(["a"]).key("k"), "1m").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert!(one.hold(Targets::new().tags([""]), "1m").await.is_err());
        let never = one.hold(Targets::new().tags(["tag"]), 0).await.unwrap_err();
        assert_eq!(never.kind(), ErrorKind::InvalidDuration);
        assert_eq!((number(&one, policy(), 1).await, number(&one, policy(), 2).await), (1, 1), "nothing is held");
    }
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    backend.fail(Side::Before);
    let failed = cache.hold(Targets::new().tags(["a"]), "1m").await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert_eq!(cache.stats().unconfirmed, 0, "there is nothing to repeat");
}
