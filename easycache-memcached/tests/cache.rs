//! Caches on real servers: what one process stores another finds, and what one invalidates another computes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Cache, Coalesce, Policy};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{conformance::caches, server::Memcached};

/// Two processes on so many servers.
async fn processes(servers: usize, options: &str) -> Option<(Vec<Memcached>, [Cache; 2])> {
    let servers = (0..servers).map(|_| Memcached::start()).collect::<Option<Vec<_>>>()?;
    let addresses = servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",");
    let cache = async || {
        let backend = MemcachedBackend::connect(&format!("memcached://{addresses}{options}")).await;
        let backend = backend.expect("the servers were just started");
        let cache = Cache::builder().namespace("shop").deadline("10s").backend(backend).build();
        cache.expect("nothing contradicts itself")
    };
    let caches = [cache().await, cache().await];
    Some((servers, caches))
}

async fn share(servers: usize, options: &str) {
    let Some((_servers, processes)) = processes(servers, options).await else { return };
    caches::two_processes_share_values_and_invalidations(&processes).await;
}

#[tokio::test]
async fn two_processes_share_values_and_invalidations() {
    share(1, "").await;
}

#[tokio::test]
async fn on_several_servers_they_do_so_as_well() {
    share(3, "").await;
}

#[tokio::test]
async fn with_copies_of_what_many_values_share_they_do_so_as_well() {
    share(3, "?stripes=5").await;
}

#[tokio::test]
async fn callers_that_are_not_async_find_what_async_ones_have_stored() {
    let Some((_servers, [one, other])) = processes(3, "").await else { return };
    one.get_or_compute("key", Policy::ttl("1h"), || async { 1 }).await.unwrap();
    let found = tokio::task::spawn_blocking(move || other.blocking().get_or_compute("key", Policy::ttl("1h"), || 2));
    assert_eq!(found.await.unwrap().unwrap(), 1);
}

/// For longer than a lease lasts, so that it is prolonged, and those who wait know it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_two_processes_with_one_cold_key_compute_once() {
    let Some((servers, caches)) = processes(3, "").await else { return };
    // A lease is prolonged on another connection, which has to know that the server is the same.
    while servers.iter().any(|server| server.stat("uptime").parse::<u32>().unwrap() < 3) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(caches);
    let addresses = servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",");
    let mut caches = Vec::new();
    for _ in 0..2 {
        let backend = MemcachedBackend::connect(&format!("memcached://{addresses}")).await.unwrap();
        caches.push(Cache::builder().deadline("10s").coalesce_wait("20s").backend(backend).build().unwrap());
    }
    let mut lost = 0;
    for round in 0..10 {
        let computed = compute_together(&caches, &format!("key:{round}")).await;
        let before = mem::replace(&mut lost, caches.iter().map(|cache| cache.stats().refused.lost).sum::<u64>());
        // On a machine that is too busy to prolong a lease in time it ends, and somebody else may compute.
        if lost == before {
            return assert_eq!(computed, 1);
        }
    }
    panic!("the lease of each computation is lost");
}

/// How many of many callers compute.
async fn compute_together(caches: &[Cache], key: &str) -> u32 {
    let computed = Arc::new(AtomicU32::new(0));
    let mut callers = Vec::new();
    for cache in caches.iter().flat_map(|cache| [cache; 16]) {
        let (cache, key, computed) = (cache.clone(), key.to_owned(), Arc::clone(&computed));
        callers.push(tokio::spawn(async move {
            let policy = Policy::ttl("1h").tags(["a"]).coalesce(Coalesce::Cluster);
            let body = || async {
                computed.fetch_add(1, SeqCst);
                tokio::time::sleep(Duration::from_millis(2500)).await;
                7
            };
            assert_eq!(cache.get_or_compute(&key, policy, body).await.unwrap(), 7);
        }));
    }
    for caller in callers {
        caller.await.unwrap();
    }
    computed.load(SeqCst)
}

#[tokio::test]
async fn what_depends_on_a_held_tag_is_neither_served_nor_stored_until_it_is_released() {
    for servers in [1, 3] {
        let Some((_servers, processes)) = processes(servers, "").await else { return };
        caches::what_depends_on_a_held_tag_is_neither_served_nor_stored_until_it_is_released(&processes).await;
    }
}
