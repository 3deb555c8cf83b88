//! Real servers on loopback, started by a test and ended with it.
//!
//! Each has a port of its own, chosen at run time, and a directory of its own, which is removed with it. It is there
//! (answers, and is the process that was started) when `start` returns, and it is killed when it is dropped, also when
//! the test panics. If the test process itself is killed, the kernel kills the servers where `setpriv` is installed
//! (Linux, util-linux) and leaves their directories; elsewhere the servers are left behind as well.
//!
//! When a server's program is not installed, `start` says so on stderr and returns none: the test ends there. With
//! `EASYCACHE_REQUIRE_BACKENDS=1` it panics instead, so that a skip cannot pass for a success.
//!
//! ```
//! use easycache_testkit::server::RedisServer;
//!
//! let Some(server) = RedisServer::start() else { return };
//! server.command(&["SET", "answer", "42"]);
//! assert_eq!(server.command(&["GET", "answer"]).text(), "42");
//! ```

mod chrome;
mod cluster;
mod memcached;
mod port;
mod process;
mod redis;
mod require;
mod resp;
mod sentinel;
mod shared;
mod wait;

pub use self::{
    chrome::ChromeDriver,
    cluster::{ClusterBuilder, RedisCluster},
    memcached::{Memcached, MemcachedBuilder},
    redis::{RedisBuilder, RedisServer},
    require::require,
    resp::{Reply, RespClient},
    sentinel::{Sentinel, SentinelBuilder},
    shared::{Share, Shared},
    wait::until,
};
pub(crate) use self::{port::free as free_port, process::send_signal, redis::address as loopback, require::skip};
