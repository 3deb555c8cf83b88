//! The promises across failovers of Sentinels. That what a failover loses is not served is shown with the caches
//! (`tests/cache.rs`): here invalidations that fail are repeated after each failover, and make up for those that are lost.

use std::{thread, time::Duration};

use easycache_testkit::{
    history::Kind,
    server::{RedisServer, Sentinel},
};
use fastrand::Rng;

use crate::{process::Driver, run::Run, torment::Tormentor};

/// Its clients are disconnected. It may be down, or be told that it is a replica at this very moment.
fn disconnect_any(sentinel: &Sentinel, rng: &mut Rng) {
    let server = &sentinel.servers()[rng.usize(..sentinel.servers().len())];
    let _ = server.client().and_then(|mut client| client.command(&["CLIENT", "KILL", "TYPE", "normal"]));
}

/// The master dies, and comes back as a replica of the next one. What it has acknowledged at last nobody else has heard of.
fn fail_over(sentinel: &Sentinel, rng: &mut Rng) {
    let old = sentinel.master();
    let replicas = || sentinel.servers().iter().filter(|server| server.port() != old.port());
    replicas().for_each(RedisServer::stop);
    // They cannot connect again, and there is nothing on the way to them.
    old.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    thread::sleep(Duration::from_millis(rng.u64(50..300)));
    old.kill();
    replicas().for_each(RedisServer::cont);
    sentinel.elect_another();
    old.restart();
    sentinel.wait_until_replica(old);
}

#[test]
fn promises_hold_while_masters_die_and_values_come_from_replicas() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let url = format!("{}&epoch=on&replicas=read", sentinel.url());
    let Some(run) = Run::new(Driver::Ours, url, Duration::from_secs(7)) else { return };
    let mut tormentor =
        Tormentor::default().often(10, |rng| disconnect_any(&sentinel, rng)).each(30, |rng| fail_over(&sentinel, rng));
    let verdict = run.torment(&mut tormentor);
    verdict.assert_kept();
    for kind in [Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed] {
        assert!(verdict.happened(kind) > 20, "{verdict}");
    }
}
