//! What all of these tests begin with.

use std::time::Duration;

use easycache_core::{Cache, CacheBuilder, Deadline, Near, Policy, Version};
use easycache_redis::RedisBackend;
use easycache_testkit::server::RespClient;

pub(crate) fn policy() -> Policy {
    Policy::ttl("10m").tags(["a", "b"]).prefix("p")
}

/// A cache on that server, for which no connection has been made yet. Each test has a namespace of its own: what is
/// invalidated in one is lost to all near tiers of this process that have the same.
pub(crate) fn builder(url: &str, namespace: &str) -> CacheBuilder {
    let backend = RedisBackend::lazy(url).expect("the URL is right");
    // A busy machine is no reason to compute.
    Cache::builder().namespace(namespace).backend(backend).deadline("20s")
}

/// The same with a near tier, which is on.
pub(crate) async fn near(url: &str, namespace: &str) -> Cache {
    let near = Near::bounded(10_000).heartbeat(Duration::from_millis(50));
    let cache = builder(url, namespace).near(near).build().expect("the settings are good");
    let over = Deadline::after(Duration::from_secs(20));
    while cache.stats().near.is_none_or(|near| near.since_fresh.is_none()) {
        assert!(!over.left().is_zero(), "the near tier is not on");
        // Somebody has to read for it to connect.
        let _nothing = cache.get::<u64>("nothing").await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    cache
}

/// How often a value was found near.
pub(crate) fn near_hits(cache: &Cache) -> u64 {
    cache.stats().near.expect("it has a near tier").hits
}

/// Another process, of which only what it sends is there: the caches of this one are not told by it.
pub(crate) struct Elsewhere(RespClient);

impl Elsewhere {
    pub(crate) fn of(client: RespClient) -> Self {
        Self(client)
    }

    /// Invalidates a stamp, and returns when that is acknowledged.
    pub(crate) fn invalidate(&mut self, stamp: &str) {
        let version = Version::mint().0;
        let command: [&[u8]; 5] = [b"SET", stamp.as_bytes(), &version, b"XX", b"KEEPTTL"];
        self.0.command(&command).expect("the server answers");
    }

    /// Invalidates a key, and returns when that is acknowledged.
    pub(crate) fn invalidate_key(&mut self, value: &str, lease: &str) {
        self.0.command(&["UNLINK", value, lease]).expect("the server answers");
    }
}
