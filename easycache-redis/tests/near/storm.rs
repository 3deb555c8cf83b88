//! What a near hit costs: nothing that the server hears of.

use std::{collections::BTreeMap, time::Duration};

use easycache_core::{Cache, Deadline, Near, Policy};
use easycache_testkit::server::RedisServer;

use crate::common::{builder, near_hits};

/// How often each command was called, without those of a heartbeat and those of the test.
fn calls(server: &RedisServer) -> BTreeMap<String, u64> {
    let stats = server.command(&["INFO", "commandstats"]).text();
    let calls = stats.lines().filter_map(|line| {
        let (command, rest) = line.strip_prefix("cmdstat_")?.split_once(':')?;
        let calls = rest.strip_prefix("calls=")?.split(',').next()?.parse().ok()?;
        (!matches!(command, "role" | "info")).then(|| (command.to_owned(), calls))
    });
    calls.collect()
}

/// Reads until it is found near.
async fn kept(cache: &Cache, key: &str) {
    let over = Deadline::after(Duration::from_secs(20));
    let before = near_hits(cache);
    while near_hits(cache) == before {
        assert!(!over.left().is_zero(), "it is not kept");
        assert_eq!(cache.get::<u64>(key).await.expect("the server answers"), Some(7));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_hundred_thousand_hits_make_no_command() {
    let Some(server) = RedisServer::start() else { return };
    let cache = builder(&server.url(), "storm").near(Near::bounded(100)).build().unwrap();
    cache.set("k", 7_u64, Policy::ttl("1h").tags(["a", "b"]).prefix("p")).await.unwrap();
    kept(&cache, "p|k").await;
    let (before, hits) = (calls(&server), near_hits(&cache));
    for _ in 0..100_000 {
        assert_eq!(cache.get::<u64>("p|k").await.unwrap(), Some(7));
    }
    assert_eq!(calls(&server), before);
    assert_eq!(near_hits(&cache), hits + 100_000);
}
