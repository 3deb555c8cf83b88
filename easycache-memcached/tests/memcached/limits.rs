//! Servers that take less, or keep less.

use std::{sync::Arc, time::Duration};

use easycache_core::{Backend, Cache, ErrorKind, Filled, On, Policy};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{Log, server::Memcached};

use crate::common::{acquire, acquired, blob, connected, filled, granted, granted_on, names, peek, soon, stored};

/// As large as `bytes` in all.
fn large(bytes: usize) -> bytes::Bytes {
    blob("blob-id1", &"x".repeat(bytes - 16))
}

#[tokio::test]
async fn the_largest_value_is_what_the_smallest_server_takes() {
    let small = Memcached::builder().arg("-I 512k").start();
    let (Some(small), Some(usual), Some(big)) = (small, Memcached::start(), Memcached::builder().arg("-I 4m").start())
    else {
        return;
    };
    let max_value = async |servers: &[&Memcached]| {
        let addresses = servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>().join(",");
        MemcachedBackend::connect(&format!("memcached://{addresses}")).await.unwrap().caps().max_value
    };
    assert_eq!(max_value(&[&usual]).await, (1 << 20) - 512);
    assert_eq!(max_value(&[&big]).await, (4 << 20) - 512);
    assert_eq!(max_value(&[&big, &small, &usual]).await, (512 << 10) - 512);
    assert_eq!(MemcachedBackend::lazy(&big.url()).unwrap().caps().max_value, (1 << 20) - 512);
}

#[tokio::test]
async fn values_of_megabytes_are_stored_where_the_server_takes_them() {
    let Some(server) = Memcached::builder().arg("-I 4m").start() else { return };
    let backend = MemcachedBackend::connect(&server.url()).await.unwrap();
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    let value = large(backend.caps().max_value);
    assert_eq!(filled(&backend, &names, &grant, &value).await.unwrap(), Filled::Stored);
    assert!(peek(&backend, &names).await.unwrap().blob == Some(value));
}

/// It was not asked beforehand.
#[tokio::test]
async fn a_server_that_takes_less_than_others_says_so_and_nothing_is_left() {
    let Some(server) = Memcached::builder().arg("-I 512k").start() else { return };
    let backend = MemcachedBackend::lazy(&server.url()).unwrap();
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id0").await;
    let grant = granted_on(&backend, &names, On::Replace).await;
    assert_eq!(filled(&backend, &names, &grant, &large(600 << 10)).await.unwrap(), Filled::TooLarge);
    assert_eq!(peek(&backend, &names).await.unwrap().blob, None);
    assert!(granted(&backend, &names).await.leads, "the lease is ended");
}

#[tokio::test]
async fn a_value_that_is_too_large_is_computed_each_time_and_that_is_said_once() {
    let Some((_server, backend)) = connected().await else { return };
    let cache = Cache::builder().backend(backend).build().unwrap();
    let log = Log::default();
    let listening = log.listen();
    for round in 0..3 {
        let value = cache.get_or_compute("k", Policy::ttl("1m"), || async { vec![round; 2 << 20] }).await.unwrap();
        assert_eq!(value[0], round);
    }
    drop(listening);
    assert_eq!(cache.stats().refused.too_large, 3);
    let warnings = log.lines().into_iter().filter(|line| line.starts_with("WARN")).collect::<Vec<_>>();
    assert!(warnings.len() == 1 && warnings[0].contains("larger than the backend keeps"), "{warnings:#?}");
}

/// Values, leases and stamps go as the server needs the space.
#[tokio::test]
async fn a_server_that_evicts_all_the_time_loses_values_and_nothing_else() {
    let Some(server) = Memcached::builder().arg("-m 2").start() else { return };
    let backend = Arc::new(MemcachedBackend::connect(&server.url()).await.unwrap());
    let cache = Cache::builder().backend(Arc::clone(&backend)).deadline("10s").build().unwrap();
    let mut commits = [0_u32; 100];
    for round in 0..1500_u32 {
        // Some are asked for again and again, and stay.
        let key = if round % 3 == 0 { round * 7 % 100 } else { round % 10 } as usize;
        let tag = format!("tag:{key}");
        let policy = || Policy::ttl("1h").tags([tag.as_str()]);
        if round % 5 == 0 {
            commits[key] = round + 1;
            cache.invalidate_tags([tag.as_str()]).await.unwrap();
        }
        if round % 500 == 250 {
            // There is no room for so many stamps.
            let many = (0..40_000).map(|number| format!("{round}-{number}")).collect::<Vec<_>>();
            let names = names("many", &many.iter().map(String::as_str).collect::<Vec<_>>());
            backend.acquire(&[acquire(&names, On::Never)], soon()).await;
        }
        let commit = commits[key];
        let body = || async move { (commit, "x".repeat(30_000)) };
        let (seen, _) = cache.get_or_compute(&format!("k{key}"), policy(), body).await.unwrap();
        assert_eq!(seen, commit, "round {round}");
    }
    assert!(server.stat("evictions").parse::<u32>().unwrap() > 500);
    let stats = cache.stats();
    assert!(stats.hits > 100 && stats.stored > 500 && stats.misses.tag + stats.misses.cleared > 0, "{stats:?}");
}

#[tokio::test]
async fn a_server_that_is_full_and_evicts_nothing_is_no_error_to_callers() {
    let Some(server) = Memcached::builder().arg("-m 2 -M").start() else { return };
    let backend = MemcachedBackend::connect(&server.url()).await.unwrap();
    let mut full = None;
    for key in 0..50_000 {
        if let Err(error) = acquired(&backend, &names(&format!("k{key}"), &[]), On::Miss(None)).await {
            full = Some(error);
            break;
        }
    }
    let error = full.expect("it is full at last");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("is out of memory: give it more (-m)"), "{error}");
    let cache = Cache::builder().backend(backend).build().unwrap();
    for round in 0..3 {
        assert_eq!(cache.get_or_compute("key", Policy::ttl("1m"), || async { round }).await.unwrap(), round);
    }
}

#[tokio::test]
async fn a_server_that_is_emptied_is_an_empty_cache() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let before = stored(&backend, &names, "blob-id1").await;
    let computing = granted_on(&backend, &names, On::Replace).await;
    server.command("flush_all");
    // What is emptied is so from the next second on.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let late = filled(&backend, &names, &computing, &blob("blob-id2", "late")).await.unwrap();
    assert_eq!(late, Filled::Lost);
    let seen = peek(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.stamps), (None, vec![None]));
    assert_ne!(stored(&backend, &names, "blob-id3").await.versions, before.versions);
}
