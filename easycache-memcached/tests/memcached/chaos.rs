//! The load of the core's chaos, on a real server.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use easycache_memcached::MemcachedBackend;
use easycache_testkit::{Sibling, server::Memcached};

use crate::chaos_load::{KEYS, torment};

/// Values of two kinds, their leases, and the stamps of tags, of the prefix and of everything, of which each has a twin.
const AT_MOST: usize = 4 * KEYS + 2 * (KEYS + 3);

async fn harms_nobody(span: Duration) {
    let Some(server) = Memcached::start() else { return };
    torment(MemcachedBackend::connect(&server.url()).await.unwrap(), span).await;
    let left: usize = server.stat("curr_items").trim().parse().unwrap();
    assert!(left <= AT_MOST, "{left} entries are left behind");
}

/// In a process of its own: threads are counted there, and other tests have some.
#[test]
fn a_server_that_fails_and_is_late_all_the_time_harms_nobody() {
    Sibling::start("chaos::for_three_seconds", "").join();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "another test starts it"]
async fn for_three_seconds() {
    harms_nobody(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn nor_for_half_a_minute() {
    harms_nobody(Duration::from_secs(30)).await;
}
