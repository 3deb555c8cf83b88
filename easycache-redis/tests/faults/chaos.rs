//! The load of the core's chaos, on a real server.

use std::time::Duration;

use easycache_redis::RedisBackend;
use easycache_testkit::{
    Sibling,
    server::{RedisServer, Reply},
};

use crate::chaos_load::{KEYS, torment};

/// Values of two kinds, their leases, and the stamps of tags, of the prefix and of everything, of which each has a twin.
const AT_MOST: usize = 4 * KEYS + 2 * (KEYS + 3);

async fn harms_nobody(span: Duration) {
    let Some(server) = RedisServer::start() else { return };
    torment(RedisBackend::connect(&server.url()).await.unwrap(), span).await;
    let Reply::Int(left) = server.command(&["DBSIZE"]) else { panic!("a number of entries") };
    assert!(usize::try_from(left).unwrap() <= AT_MOST, "{left} entries are left behind");
}

/// In a process of its own: threads are counted there, and other tests have some.
#[test]
fn a_server_that_fails_and_is_late_all_the_time_harms_nobody() {
    Sibling::start("chaos::for_two_seconds", "").join();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "another test starts it"]
async fn for_two_seconds() {
    harms_nobody(Duration::from_secs(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn nor_for_half_a_minute() {
    harms_nobody(Duration::from_secs(30)).await;
}
