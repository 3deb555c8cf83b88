//! What this process has invalidated it never serves again, whatever keeps its near tier fresh.

use std::time::Duration;

use easycache_core::{Cache, Freshness, Near, Targets};
use easycache_testkit::server::RedisServer;

use crate::common::{builder, near, policy};

/// The value of that round has been found often enough to be kept.
async fn kept(cache: &Cache, round: u64) {
    for _ in 0..3 {
        assert_eq!(cache.get::<u64>("p|k").await.expect("the server answers"), Some(round));
    }
}

/// Another cache invalidates, or the same.
async fn assert_never_served_again(server: &RedisServer, cache: &Cache, rounds: u64) {
    let namespace = cache.namespace();
    let other = builder(&server.url(), namespace).build().expect("the settings are good");
    for round in 0..rounds {
        let invalidates = if round % 2 == 0 { cache } else { &other };
        other.set("k", round, policy()).await.expect("the server answers");
        kept(cache, round).await;
        let done = match round % 8 / 2 {
            0 => invalidates.invalidate(Targets::new().key("p|k")).await.map(drop),
            1 => invalidates.invalidate(Targets::new().tags(["b"])).await.map(drop),
            2 => invalidates.invalidate(Targets::new().prefix("p")).await.map(drop),
            _ => invalidates.clear().await,
        };
        done.expect("the server answers");
        assert_eq!(cache.get::<u64>("p|k").await.expect("the server answers"), None, "round {round}");
    }
}

#[tokio::test]
async fn what_was_invalidated_here_is_not_served_by_a_near_tier_that_is_told() {
    let Some(server) = RedisServer::start() else { return };
    assert_never_served_again(&server, &near(&server.url(), "told").await, 400).await;
}

#[tokio::test]
async fn what_was_invalidated_here_is_not_served_by_a_near_tier_that_nobody_tells() {
    let Some(server) = RedisServer::start() else { return };
    let hour = Freshness::Ttl(Duration::from_secs(3600));
    for freshness in [hour, Freshness::Strict] {
        let near = Near::bounded(100).freshness(freshness);
        let cache = builder(&server.url(), "untold").near(near).build().unwrap();
        assert_never_served_again(&server, &cache, 16).await;
    }
}
