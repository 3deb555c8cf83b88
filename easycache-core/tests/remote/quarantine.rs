//! Invalidations that failed.

use std::{sync::Arc, time::Duration};

use easycache_core::{Cache, ErrorKind, Policy, Targets};
use easycache_testkit::{FailingBackend, MemoryBackend, Method, Side};

use crate::{
    calls::{Answer, Call, STYLES, wait_until},
    common::{number, on},
};

type Failing = Arc<FailingBackend<MemoryBackend>>;

/// A cache whose backend fails to invalidate until it is healed.
fn cannot_invalidate() -> (Failing, Cache) {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    backend.fail_method(Method::Invalidate, Side::Before);
    (Arc::clone(&backend), on(backend))
}

/// Until every invalidation that failed is acknowledged.
async fn confirmed(cache: &Cache) {
    let repeated = async {
        while cache.stats().unconfirmed > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), repeated).await.expect("what failed is repeated");
}

fn policy() -> Policy {
    Policy::ttl("1h").tags(["a"]).prefix("p/q")
}

/// Everything that takes the value of that policy away.
fn targets() -> [Targets; 4] {
    [
        Targets::new().key("p/q|key"),
        Targets::new().tags(["a"]),
        Targets::new().prefix("p"),
        Targets::new().prefix("p/q"),
    ]
}

#[tokio::test]
async fn an_invalidation_that_failed_is_repeated_and_until_then_its_names_are_computed() {
    for targets in targets() {
        let (backend, cache) = cannot_invalidate();
        assert_eq!(number(&cache, policy(), 1).await, 1);
        assert_eq!(cache.invalidate(targets).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(cache.stats().unconfirmed > 0);
        assert_eq!(number(&cache, policy(), 2).await, 2);
        backend.heal();
        confirmed(&cache).await;
        assert_eq!(number(&cache, policy(), 3).await, 3);
        assert_eq!(number(&cache, policy(), 4).await, 3);
    }
}

#[tokio::test]
async fn what_was_not_invalidated_is_not_found_by_its_key_either() {
    for targets in targets() {
        let (backend, cache) = cannot_invalidate();
        assert_eq!(number(&cache, policy(), 1).await, 1);
        cache.set("other", 7, Policy::ttl("1h")).await.unwrap();
        cache.invalidate(targets).await.unwrap_err();
        assert_eq!(cache.get::<i32>("p/q|key").await.unwrap(), None);
        assert_eq!(cache.get_many::<i32>(&["other", "p/q|key"]).await.unwrap(), [Some(7), None]);
        backend.heal();
        confirmed(&cache).await;
        assert_eq!(cache.get::<i32>("p/q|key").await.unwrap(), None);
        assert_eq!(cache.get::<i32>("other").await.unwrap(), Some(7));
    }
}

#[tokio::test]
async fn while_a_clear_is_not_done_nothing_is_found() {
    let (backend, cache) = cannot_invalidate();
    cache.set("key", 7, Policy::ttl("1h")).await.unwrap();
    cache.clear().await.unwrap_err();
    assert_eq!(cache.get::<i32>("key").await.unwrap(), None);
    assert_eq!(number(&cache, Policy::ttl("1h"), 1).await, 1);
    backend.heal();
    confirmed(&cache).await;
    assert_eq!(cache.get::<i32>("key").await.unwrap(), None);
}

#[tokio::test]
async fn an_invalidation_whose_answer_was_lost_is_repeated() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    assert_eq!(number(&cache, policy(), 1).await, 1);
    backend.fail_method(Method::Invalidate, Side::After);
    cache.invalidate_tags(["a"]).await.unwrap_err();
    assert_eq!(number(&cache, policy(), 2).await, 2);
    backend.heal();
    confirmed(&cache).await;
    assert_eq!(number(&cache, policy(), 3).await, 3);
}

#[tokio::test]
async fn nothing_is_stored_by_hand_over_an_invalidation_that_is_not_done() {
    let (backend, cache) = cannot_invalidate();
    cache.invalidate_tags(["a"]).await.unwrap_err();
    assert_eq!(cache.set("key", 1, policy()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    backend.heal();
    confirmed(&cache).await;
    cache.set("key", 2, policy()).await.unwrap();
    assert_eq!(cache.get::<i32>("p/q|key").await.unwrap(), Some(2));
}

#[test]
fn a_tag_of_the_result_whose_invalidation_failed_is_not_believed_either() {
    for style in STYLES {
        let (backend, cache) = cannot_invalidate();
        let list = || Call::new("books").of_result(&["book:1", "book:2"]);
        assert_eq!(list().read(style, &cache, 1), Answer::Computed(1));
        assert_eq!(list().read(style, &cache, 9), Answer::Hit(1));
        cache.blocking().invalidate_tags(["book:2"]).unwrap_err();
        assert_eq!(list().read(style, &cache, 2), Answer::Computed(2));
        assert_eq!(cache.blocking().get::<u64>("books").unwrap(), None);
        backend.heal();
        wait_until("the invalidation is acknowledged", || cache.stats().unconfirmed == 0);
        assert_eq!(list().read(style, &cache, 3), Answer::Computed(3));
        assert_eq!(list().read(style, &cache, 9), Answer::Hit(3));
    }
}
