//! Values that are not fresh any more, of two processes on real servers: they are served while one computes the next.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Cache, Deadline, Policy, Targets};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::server::Memcached;
use tokio::sync::Notify;

/// Two processes on three servers, and a source that counts how often it is asked.
struct World {
    _servers: Vec<Memcached>,
    caches: [Cache; 2],
    computed: Arc<AtomicU32>,
    /// What all computations but the first wait for.
    gate: Arc<Notify>,
}

impl World {
    async fn start() -> Option<Self> {
        let servers = (0..3).map(|_| Memcached::start()).collect::<Option<Vec<_>>>()?;
        // A lease is prolonged on another connection, which has to know that the server is the same.
        until(async || servers.iter().all(|server| server.stat("uptime").parse::<u32>().unwrap() >= 3)).await;
        let addresses = servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",");
        let cache = async || {
            let backend = MemcachedBackend::connect(&format!("memcached://{addresses}")).await.unwrap();
            Cache::builder().deadline("10s").jitter(0.0).backend(backend).build().unwrap()
        };
        let caches = [cache().await, cache().await];
        Some(Self { _servers: servers, caches, computed: Arc::default(), gate: Arc::default() })
    }

    /// Reads in that process, with computations in the background that take that long; each gives the next number.
    async fn read(&self, process: usize, policy: Policy, takes: Duration) -> u32 {
        let (computed, gate) = (Arc::clone(&self.computed), Arc::clone(&self.gate));
        let compute = move || async move {
            tokio::time::sleep(takes).await;
            let number = computed.fetch_add(1, SeqCst) + 1;
            if number > 1 {
                gate.notified().await;
            }
            number
        };
        self.caches[process].get_or_refresh("key", policy, compute).await.unwrap()
    }

    /// That value is served to both, by so many readers, while one computes the next; and then that is.
    async fn assert_refreshed_once(&self, policy: fn() -> Policy) {
        until(async || {
            assert_eq!(self.read(0, policy(), Duration::ZERO).await, 1);
            self.computed.load(SeqCst) == 2
        })
        .await;
        for _ in 0..100 {
            for process in [0, 1] {
                assert_eq!(self.read(process, policy(), Duration::ZERO).await, 1);
            }
        }
        assert_eq!(self.computed.load(SeqCst), 2, "one computes");
        self.gate.notify_one();
        until(async || self.caches[1].get_with::<u32>("key", policy()).await.unwrap() == Some(2)).await;
    }
}

async fn until(is_so: impl AsyncFn() -> bool) {
    let deadline = Deadline::after(Duration::from_secs(30));
    while !is_so().await {
        assert!(!deadline.left().is_zero(), "it never comes to that");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_expired_by_hand_is_served_while_one_process_computes_the_next() {
    let policy = || Policy::ttl("1h").tags(["a"]).prefix("p").stale_while_revalidate("1h");
    let targets = [Targets::new().key("p|key"), Targets::new().tags(["a"]), Targets::new().prefix("p")];
    for targets in targets {
        let Some(world) = World::start().await else { return };
        assert_eq!(world.read(0, policy(), Duration::ZERO).await, 1);
        world.caches[1].expire(targets).await.unwrap();
        assert_eq!(world.caches[0].get_with::<u32>("key", policy()).await.unwrap(), None, "it is not fresh");
        world.assert_refreshed_once(policy).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_served_while_one_process_computes_the_next() {
    let Some(world) = World::start().await else { return };
    let policy = || Policy::ttl("2s").stale_while_revalidate("1m");
    assert_eq!(world.read(0, policy(), Duration::ZERO).await, 1);
    until(async || world.caches[0].get_with::<u32>("key", policy()).await.unwrap().is_none()).await;
    world.assert_refreshed_once(policy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_fresh_is_refreshed_early_by_one_process() {
    let Some(world) = World::start().await else { return };
    // Every third reader or so would.
    let policy = || Policy::ttl("20s").early_refresh(100.0);
    assert_eq!(world.read(0, policy(), Duration::from_millis(200)).await, 1);
    world.assert_refreshed_once(policy).await;
    assert_eq!(world.caches.iter().map(|cache| cache.stats().stale).sum::<u64>(), 0, "it was fresh all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_invalidated_while_it_is_refreshed_is_not_served() {
    let Some(world) = World::start().await else { return };
    let policy = || Policy::ttl("1h").tags(["a"]).stale_while_revalidate("1h");
    assert_eq!(world.read(0, policy(), Duration::ZERO).await, 1);
    world.caches[1].expire_key("key").await.unwrap();
    until(async || world.read(0, policy(), Duration::ZERO).await == 1 && world.computed.load(SeqCst) == 2).await;
    world.caches[1].invalidate_tags(["a"]).await.unwrap();
    let computes = world.caches[1].get_or_compute("key", policy(), || async { 9_u32 });
    assert_eq!(computes.await.unwrap(), 9);
    world.gate.notify_one();
    until(async || world.caches[0].stats().refused.lost == 1).await;
    assert_eq!(world.caches[0].get_with::<u32>("key", policy()).await.unwrap(), Some(9));
}
