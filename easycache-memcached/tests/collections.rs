//! Every clause of the collections that memcached can keep, on one server and on three; and what it says of the others.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../easycache-redis/tests/collections/deadline.rs"]
mod deadline;
#[path = "../../easycache-redis/tests/collections/processes.rs"]
mod processes;

use std::{sync::OnceLock, time::Duration};

use easycache_core::{
    Cache, Deadline, ErrorKind,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue},
};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{Proxy, collections_conformance, server::Memcached};

/// A cache on so many servers, which all tests of this process share.
async fn cache_on(count: usize) -> Option<Cache> {
    static SERVERS: OnceLock<Option<Vec<Memcached>>> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| (0..3).map(|_| Memcached::start()).collect()).as_deref()?;
    let addresses = servers[..count].iter().map(|server| server.address().to_string()).collect::<Vec<_>>();
    Some(cache(&format!("memcached://{}", addresses.join(","))).await)
}

/// A cache on what is at that URL.
async fn cache(url: &str) -> Cache {
    let backend = MemcachedBackend::connect(url).await.expect("the servers were just started");
    Cache::builder().namespace("shop").deadline("20s").backend(backend).build().expect("the settings are good")
}

/// A server, and its URL. None if there is no `memcached` here.
fn started() -> Option<(Memcached, String)> {
    let server = Memcached::start()?;
    let url = server.url();
    Some((server, url))
}

mod on_one_server {
    use super::*;

    collections_conformance!(cache_on(1), values_only);
}

mod on_three_servers {
    use super::*;

    collections_conformance!(cache_on(3), values_only);
}

#[tokio::test]
async fn what_memcached_cannot_keep_is_a_clear_error() {
    let Some(cache) = cache_on(1).await else { return };
    let errors = [
        CacheMap::<u32, u32>::new(&cache, "m").insert(&1, &1).await.unwrap_err(),
        CacheMap::<u32, u32>::new(&cache, "m").stream().collect::<Vec<_>>().await.unwrap_err(),
        CacheSet::<u32>::new(&cache, "s").clear().await.unwrap_err(),
        CacheSortedSet::<u32>::new(&cache, "z").by_rank(..).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("memcached has no maps"), "{error}");
    }
}

#[tokio::test]
async fn a_value_that_is_too_large_is_an_error_that_says_so() {
    let Some(cache) = cache_on(1).await else { return };
    let value = CacheValue::<Vec<u8>>::new(&cache, "large");
    let error = value.set(&vec![0; 2 << 20]).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Encoding && error.to_string().contains("-I"), "{error}");
    assert_eq!(value.get().await.unwrap(), None);
}

/// The server tells what is left, in whole seconds: whoever writes that back prolongs it whenever its clock has gone on.
#[tokio::test]
async fn increments_leave_the_date_as_it_is_on_which_a_counter_ends() {
    let Some((server, url)) = started() else { return };
    let cache = cache(&url).await;
    let visits = CacheValue::<i64>::new(&cache, "visits").ttl("1h");
    let noted = || {
        let told = server.command("mg shop:value:{visits} f");
        told[0].strip_prefix("HD f").and_then(|note| note.parse::<u64>().ok()).expect("it is there")
    };
    let time = || server.stat("time").parse::<u64>().unwrap();
    let begun = time();
    visits.increment(1).await.unwrap();
    visits.increment(1).await.unwrap();
    let date = noted();
    assert!((begun + 3600..=time() + 3600 + 1).contains(&date), "{date}");
    let over = Deadline::after(Duration::from_secs(30));
    while time() < begun + 3 {
        assert!(!over.left().is_zero(), "the server's clock stands still");
        visits.increment(-1).await.unwrap();
        assert_eq!(noted(), date);
    }
    let left = server.command("mg shop:value:{visits} t");
    let left = left[0].strip_prefix("HD t").and_then(|left| left.parse::<u64>().ok()).expect("it ends");
    assert!(time() + left <= date + 1 && left < 3600 - 1, "{left}");
    assert!(visits.get().await.unwrap() < Some(0), "numbers below zero do so, too");
}

#[tokio::test]
async fn the_missed_deadline_of_a_collection_is_not_that_of_cached_calls() {
    let Some(server) = Memcached::start() else { return };
    let proxy = Proxy::to(server.address());
    let cache = cache(&format!("memcached://{}", proxy.address())).await;
    deadline::is_not_that_of_cached_calls(&cache, &proxy).await;
}
