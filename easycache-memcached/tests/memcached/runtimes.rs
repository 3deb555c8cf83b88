//! One backend, several runtimes.

use std::{sync::Arc, time::Duration};

use easycache_core::{Cache, Filled, Policy};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::server::{Memcached, until};
use tokio::runtime::{Builder, Runtime};

use crate::common::{blob, filled, granted, names, read};

fn runtime(threads: usize) -> Runtime {
    let mut builder = if threads == 0 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(threads.max(1)).enable_all().build().expect("a runtime can be made")
}

fn connections(server: &Memcached) -> usize {
    server.stat("curr_connections").parse().expect("it is a number")
}

/// The same, when the server has noticed that all who have asked before are gone.
fn settled(server: &Memcached) -> usize {
    let (mut last, mut same) = (connections(server), 0);
    until("nobody comes or goes", || {
        let now = connections(server);
        same = if now == last { same + 1 } else { 0 };
        last = now;
        (same == 20).then_some(now)
    })
}

#[test]
fn each_runtime_has_one_connection_that_ends_with_it() {
    let Some(server) = Memcached::start() else { return };
    let backend = MemcachedBackend::lazy(&server.url()).unwrap();
    let (one, two) = (runtime(2), runtime(0));
    // With that of who asks.
    let before = settled(&server);
    let names = names("k", &["a"]);
    for _ in 0..3 {
        one.block_on(read(&backend, &names)).unwrap();
        two.block_on(read(&backend, &names)).unwrap();
    }
    until("there are two", || (connections(&server) == before + 2).then_some(()));
    drop(one);
    until("the first connection is gone", || (connections(&server) == before + 1).then_some(()));
    two.block_on(read(&backend, &names)).unwrap();
    drop(backend);
    until("the other connection is gone", || {
        // A runtime of one thread does what is left to do only while somebody is on it.
        two.block_on(tokio::task::yield_now());
        (connections(&server) == before).then_some(())
    });
}

/// The lease is the same, whichever connection it was told on.
#[test]
fn what_one_runtime_has_acquired_another_may_store() {
    let Some(server) = Memcached::start() else { return };
    let backend = MemcachedBackend::lazy(&server.url()).unwrap();
    let (one, two) = (runtime(1), runtime(1));
    let names = names("k", &["a"]);
    two.block_on(read(&backend, &crate::common::names("other", &[]))).unwrap();
    let grant = one.block_on(granted(&backend, &names));
    assert_eq!(two.block_on(granted(&backend, &names)).token, grant.token);
    let stored = two.block_on(filled(&backend, &names, &grant, &blob("blob-id1", "body"))).unwrap();
    assert_eq!(stored, Filled::Stored, "its connection was there before");
}

/// The lease is prolonged on a connection that is made after it was granted.
#[test]
fn a_computation_that_takes_longer_than_its_lease_and_blocks_its_runtime_is_stored() {
    let Some(server) = Memcached::start() else { return };
    until("no later run can be taken for this one", || {
        (server.stat("uptime").parse::<u32>().unwrap() > 2).then_some(())
    });
    let backend = Arc::new(MemcachedBackend::lazy(&server.url()).unwrap());
    let cache = Cache::builder().backend(backend).build().unwrap();
    runtime(0).block_on(async {
        let slow = || async {
            std::thread::sleep(Duration::from_millis(3500));
            7
        };
        assert_eq!(cache.get_or_compute("k", Policy::ttl("1h"), slow).await.unwrap(), 7);
        assert_eq!(cache.stats().stored, 1, "{:?}", cache.stats());
        assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(7));
    });
}
