//! A cluster: each node tells of what it has.

use std::collections::HashSet;

use easycache_core::{Names, Read, Want};
use easycache_testkit::server::{RedisCluster, RedisServer, until};

use super::{Told, Watcher, tracked};
use crate::{
    cluster::{TROUBLED, home, key_on, shared, stamp_on},
    common::{invalidated, names, soon, stamp, value},
};

/// A cluster for the test alone, where a slot without a master takes no other with it, and a watch on it.
fn own() -> Option<(RedisCluster, Watcher)> {
    let cluster = RedisCluster::builder().partial_coverage().start()?;
    let watcher = Watcher::on(&cluster.url());
    Some((cluster, watcher))
}

/// Names with a value on one master and a stamp on another.
fn split(cluster: &RedisCluster, value: usize, at: usize) -> (Names, String) {
    let stamp = stamp_on(cluster, at, "watched");
    (names(&key_on(cluster, value, "watched"), &[&stamp]), stamp)
}

/// The replica of that master.
fn replica_of<'a>(cluster: &'a RedisCluster, master: &RedisServer) -> &'a RedisServer {
    let is_its_own = |node: &&RedisServer| node.info("master_port") == master.port().to_string();
    cluster.nodes().iter().find(is_its_own).expect("each master has one")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_that_is_involved_tells_once() {
    let Some((cluster, _)) = shared().await else { return };
    let watcher = Watcher::on(&cluster.url());
    let (apart, stamp_name) = split(&cluster, 0, 1);
    let (_, nodes) = watcher.watched(&apart).await;
    assert_eq!(nodes.len(), 2, "{nodes:?}");
    let together = names(&key_on(&cluster, 0, "together"), &[]);
    assert_eq!(watcher.watched(&together).await.1, nodes[..1]);
    watcher.store(&apart).await;
    let (there, _) = watcher.watched(&apart).await;
    assert!(there.seen.blob.is_some() && there.seen.left.is_some() && there.seen.stamps[0].is_some());
    watcher.settle(&apart).await;
    invalidated(&watcher.backend, stamp(&stamp_name)).await.unwrap();
    watcher.sink.lost(&apart.stamps[0]);
    invalidated(&watcher.backend, value(&apart)).await.unwrap();
    watcher.sink.lost(&apart.value);
    let beats = || nodes.iter().all(|node| !watcher.sink.beats(*node).is_empty());
    until("both are fresh", || beats().then_some(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_read_from_all_of_them_at_once() {
    let Some((cluster, _)) = shared().await else { return };
    let watcher = Watcher::on(&cluster.url());
    let all = [split(&cluster, 0, 1).0, split(&cluster, 1, 2).0, split(&cluster, 2, 2).0, split(&cluster, 0, 1).0];
    for names in &all {
        watcher.watched(names).await;
    }
    watcher.store(&all[1]).await;
    let reads = all.clone().map(|names| Read { names, want: Want::Peek, left: false });
    let read = watcher.watch.read(&reads, soon()).await;
    let read = read.into_iter().map(|read| read.unwrap()).collect::<Vec<_>>();
    let there = read.iter().map(|read| read.seen.blob.is_some()).collect::<Vec<_>>();
    assert_eq!(there, [false, true, false, false]);
    let nodes = read.iter().map(|read| read.nodes.clone().expect("all of them tell")).collect::<Vec<_>>();
    assert_eq!(nodes.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1, 2]);
    assert_eq!(nodes.iter().flatten().collect::<HashSet<_>>().len(), 3);
    assert_eq!(nodes[0], nodes[3]);
    assert_eq!(nodes[1][1], nodes[2][0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_to_another_node_is_told_to_be_lost_and_watched_there() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let watcher = Watcher::on(&cluster.url());
    let (names, _) = split(&cluster, 0, 1);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    watcher.settle(&names).await;
    let to = &cluster.nodes()[2];
    cluster.move_slot(cluster.slot_of(&names.value), to);
    watcher.sink.lost(&names.value);
    let moved = watcher.watched_by_others(&names, &nodes).await;
    assert!(moved[0] != nodes[0] && moved[1] == nodes[1], "{nodes:?} {moved:?}");
    assert!(watcher.sink.news().contains(&Told::Flush(nodes[0])), "it has sent us elsewhere");
    watcher.settle(&names).await;
    to.command(&["SET", &names.value, "x"]);
    watcher.sink.lost(&names.value);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_is_flushed_and_no_other_and_its_successor_watched() {
    let Some((cluster, watcher)) = own() else { return };
    let (here, there) = (split(&cluster, 0, 0).0, split(&cluster, 1, 1).0);
    let (_, dead) = watcher.watched(&here).await;
    let (_, well) = watcher.watched(&there).await;
    watcher.sink.forget();
    cluster.nodes()[0].kill();
    watcher.sink.flushed(dead[0]);
    assert_eq!(watcher.watched(&there).await.1, well);
    assert!(!watcher.sink.news().contains(&Told::Flush(well[0])));
    let next = watcher.watched_by_others(&here, &dead).await;
    assert!(next[0] != well[0]);
    // Nobody tries to reach who is gone for ever.
    cluster.nodes()[0].restart();
    until("it is a replica", || (cluster.nodes()[0].info("role") == "slave").then_some(()));
    watcher.watched(&here).await;
    until("nobody is told by a replica", || (tracked(&cluster.nodes()[0]) == 0).then_some(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_gives_its_place_to_its_replica_is_flushed_and_left() {
    let Some((cluster, watcher)) = own() else { return };
    let names = split(&cluster, 0, 0).0;
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    let old = home(&cluster, names.stamps[0].strip_prefix("ns:t:").unwrap());
    watcher.sink.forget();
    let new = replica_of(&cluster, old);
    new.command(&["CLUSTER", "FAILOVER"]);
    until("it has taken over", || (new.info("role") == "master").then_some(()));
    watcher.sink.flushed(nodes[0]);
    let next = watcher.watched_by_others(&names, &nodes).await;
    assert_ne!(next, nodes);
    until("the old one is left", || (tracked(old) == 0).then_some(()));
    watcher.settle(&names).await;
    new.command(&["SET", &names.value, "x"]);
    watcher.sink.lost(&names.value);
}

/// It takes itself for a master all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_from_the_others_is_not_fresh() {
    let Some((cluster, watcher)) = own() else { return };
    let names = split(&cluster, 0, 0).0;
    let (_, nodes) = watcher.watched(&names).await;
    // The others are silent: all that it can tell is that they are gone.
    let others = &cluster.nodes()[1..];
    for other in others {
        other.stop();
    }
    watcher.sink.forget();
    watcher.sink.flushed(nodes[0]);
    for other in others {
        other.cont();
    }
    cluster.wait_until_well();
    watcher.watched(&names).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_on_a_cluster_that_is_dropped_ends_all_its_connections() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let watcher = Watcher::on(&cluster.url());
    for at in 0..3 {
        watcher.watched(&split(&cluster, at, at).0).await;
    }
    let all = || cluster.nodes().iter().map(tracked).sum::<usize>();
    assert_eq!(all(), 3);
    drop(watcher.watch);
    until("all have ended", || (all() == 0).then_some(()));
}
