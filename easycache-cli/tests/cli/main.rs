//! The binary, on real servers.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod failures;
mod invalidation;
mod looking;
mod support;

use easycache_testkit::server::{Memcached, RedisServer};

/// A server of each kind, and a URL for a cache there.
fn servers() -> Option<(RedisServer, Memcached, [String; 2])> {
    let (redis, memcached) = (RedisServer::start()?, Memcached::start()?);
    let urls = [redis.url(), memcached.url()].map(|url| format!("{url}?namespace=shop&jitter=0"));
    Some((redis, memcached, urls))
}
