//! The promises on a cluster: the same callers, and what happens to nodes and slots.

use std::{thread, time::Duration};

use easycache_testkit::{
    history::Kind,
    server::{RedisCluster, RedisServer, Reply, until},
};
use fastrand::Rng;

use crate::{process::Driver, run::Run, torment::Tormentor, trouble::drop_connections};

fn any<'a>(cluster: &'a RedisCluster, rng: &mut Rng) -> &'a RedisServer {
    &cluster.nodes()[rng.usize(..3)]
}

/// Some key that a node has.
fn key_of(node: &RedisServer) -> Option<String> {
    match node.command(&["RANDOMKEY"]) {
        Reply::Bulk(key) => String::from_utf8(key).ok(),
        _ => None,
    }
}

fn lose(node: &RedisServer, count: usize) {
    for key in (0..count).filter_map(|_| key_of(node)) {
        // It may be on its way to another node.
        let _ = node.client().and_then(|mut client| client.command(&["DEL", &key]));
    }
}

/// Moves the slot of something that is there to another master.
fn move_something(cluster: &RedisCluster, rng: &mut Rng) {
    let Some(key) = key_of(any(cluster, rng)) else { return };
    let (slot, to) = (cluster.slot_of(&key), any(cluster, rng));
    if cluster.master_of_slot(slot).port() != to.port() {
        cluster.begin_to_move(slot, to);
        thread::sleep(Duration::from_millis(rng.u64(..30)));
        cluster.move_keys(slot, to);
        // What has been written there since is moved by the second pass.
        thread::sleep(Duration::from_millis(rng.u64(..30)));
        cluster.move_keys(slot, to);
        cluster.finish_moving(slot, to);
    }
}

#[test]
fn promises_hold_while_slots_move_things_are_lost_and_connections_break() {
    let Some(cluster) = RedisCluster::start() else { return };
    let Some(run) = Run::new(Driver::Ours, cluster.url(), Duration::from_secs(5)) else { return };
    let mut tormentor = Tormentor::default()
        .often(20, |rng| drop_connections(any(&cluster, rng)))
        .often(10, |rng| drop(any(&cluster, rng).command(&["SCRIPT", "FLUSH"])))
        .often(20, |rng| lose(any(&cluster, rng), 3))
        .often(2, |rng| drop(any(&cluster, rng).command(&["FLUSHALL"])))
        .often(30, |rng| move_something(&cluster, rng))
        .each(40, |rng| {
            let node = any(&cluster, rng);
            node.stop();
            thread::sleep(Duration::from_millis(rng.u64(5..300)));
            node.cont();
        });
    let verdict = run.torment(&mut tormentor);
    verdict.assert_kept();
    for kind in [Kind::Hit, Kind::Computed, Kind::Invalidated] {
        assert!(verdict.happened(kind) > 20, "{verdict}");
    }
}

#[test]
fn promises_hold_while_masters_die_if_versions_know_of_the_boot() {
    let Some(cluster) = RedisCluster::builder().partial_coverage().start() else { return };
    let url = format!("{}?epoch=on", cluster.url());
    let Some(run) = Run::new(Driver::Ours, url, Duration::from_secs(7)) else { return };
    let mut victims = [0, 1, 2].into_iter();
    let mut tormentor =
        Tormentor::default().often(10, |rng| drop_connections(any_running(&cluster, rng))).each(40, |_| {
            let Some(master) = victims.next() else { return };
            cluster.fail_over([0, 6000, 16383][master]);
            let node = &cluster.nodes()[master];
            node.restart();
            until("it is a replica", || (node.info("role") == "slave").then_some(()));
        });
    let verdict = run.torment(&mut tormentor);
    verdict.assert_kept();
    for kind in [Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed] {
        assert!(verdict.happened(kind) > 20, "{verdict}");
    }
}

fn any_running<'a>(cluster: &'a RedisCluster, rng: &mut Rng) -> &'a RedisServer {
    let running = cluster.nodes().iter().filter(|node| node.is_running()).collect::<Vec<_>>();
    running[rng.usize(..running.len())]
}
