//! What happens to a server of Redis.

use std::{thread, time::Duration};

use easycache_testkit::server::{RedisServer, Reply};

use crate::torment::Tormentor;

/// What happens to one server without persistence.
pub(crate) fn on_single_server(server: &RedisServer) -> Tormentor<'_> {
    Tormentor::default()
        .often(25, |_| drop_connections(server))
        .often(15, |_| drop(server.command(&["SCRIPT", "FLUSH"])))
        .often(30, |rng| lose(server, rng.usize(1..6)))
        .often(3, |_| drop(server.command(&["FLUSHALL"])))
        .each(50, |rng| {
            server.stop();
            thread::sleep(Duration::from_millis(rng.u64(5..400)));
            server.cont();
        })
        .each(75, |rng| {
            server.kill();
            thread::sleep(Duration::from_millis(rng.u64(..100)));
            server.restart();
        })
}

pub(crate) fn drop_connections(server: &RedisServer) {
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
}

/// Loses so many values, leases or stamps, as a server does that is short of memory.
pub(crate) fn lose(server: &RedisServer, count: usize) {
    for _ in 0..count {
        if let Reply::Bulk(key) = server.command(&["RANDOMKEY"]) {
            server.command(&[b"DEL", &*key]);
        }
    }
}
