//! One backend, several runtimes.

use std::sync::Arc;

use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisServer, until};
use tokio::runtime::{Builder, Runtime};

use crate::common::{blob, connected, filled, granted, names, read};

fn runtime(threads: usize) -> Runtime {
    let mut builder = if threads == 0 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(threads.max(1)).enable_all().build().expect("a runtime can be made")
}

fn connections(server: &RedisServer) -> usize {
    // Without the one that asks.
    server.info("connected_clients").parse::<usize>().expect("it is a number") - 1
}

#[test]
fn each_runtime_has_one_connection_that_ends_with_it() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::lazy(&server.url()).unwrap();
    let (one, two) = (runtime(2), runtime(0));
    let names = names("k", &["a"]);
    for _ in 0..3 {
        one.block_on(read(&backend, &names)).unwrap();
        two.block_on(read(&backend, &names)).unwrap();
    }
    assert_eq!(connections(&server), 2);
    drop(one);
    until("the first connection is gone", || (connections(&server) == 1).then_some(()));
    two.block_on(read(&backend, &names)).unwrap();
    runtime(1).block_on(read(&backend, &names)).unwrap();
    drop(backend);
    until("the other connection is gone", || {
        // A runtime of one thread does what is left to do only while somebody is on it.
        two.block_on(tokio::task::yield_now());
        (connections(&server) == 0).then_some(())
    });
}

#[test]
fn what_one_runtime_was_granted_another_can_fill() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::lazy(&server.url()).unwrap();
    let names = names("k", &["a"]);
    let grant = runtime(0).block_on(granted(&backend, &names));
    let blob = blob("blob-id1", "body");
    assert_eq!(runtime(1).block_on(filled(&backend, &names, &grant, &blob)).unwrap(), easycache_core::Filled::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_first_callers_share_one_connection() {
    let Some((server, _)) = connected().await else { return };
    let backend = Arc::new(RedisBackend::lazy(&server.url()).unwrap());
    let before = server.info("total_connections_received").parse::<usize>().unwrap();
    let tasks = (0..64).map(|i| {
        let backend = Arc::clone(&backend);
        tokio::spawn(async move { read(&backend, &names(&format!("k{i}"), &["a"])).await.map(|_| ()) })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    let after = server.info("total_connections_received").parse::<usize>().unwrap();
    // Ours, and the one that has asked.
    assert_eq!(after - before, 2);
}
