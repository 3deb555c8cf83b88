//! Slots that move from node to node while they are used.

use easycache_core::{Acquired, Backend, ErrorKind, Filled, Grant, Names, On};
use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisCluster, RedisServer};

use super::{TROUBLED, on, own};
use crate::common::{acquired, blob, filled, granted, invalidated, names, read, soon, stamp, value};

/// The slot of a name, where it is, and another master.
fn journey<'a>(cluster: &'a RedisCluster, name: &str) -> (u16, &'a RedisServer, &'a RedisServer) {
    let from = cluster.master_of(name);
    let to = cluster.nodes()[..3].iter().find(|node| node.port() != from.port()).expect("there are three");
    (cluster.slot_of(name), from, to)
}

async fn stored(backend: &RedisBackend, names: &Names) -> Grant {
    let grant = granted(backend, names).await;
    let outcome = filled(backend, names, &grant, &blob("blob-id1", "body")).await.expect("the node answers");
    assert_eq!(outcome, Filled::Stored);
    grant
}

#[tokio::test]
async fn a_slot_that_has_moved_is_found_again_by_every_step() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let names = names("m1", &["m1"]);
    let mut grant = stored(&backend, &names).await;
    let hop = |name: &str| {
        let (slot, _, to) = journey(&cluster, name);
        cluster.move_slot(slot, to);
    };
    let hops = || {
        hop("{m1}");
        hop("ns:t:m1");
    };
    hops();
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!(seen.blob, Some(blob("blob-id1", "body")));
    assert_eq!(seen.stamps, [Some(grant.versions[0])]);
    hops();
    let Acquired::Granted(again) = acquired(&backend, &names, On::Replace).await.unwrap() else { panic!() };
    assert_eq!(again.versions, grant.versions);
    grant = again;
    hops();
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    hops();
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id2", "body")).await.unwrap(), Filled::Stored);
    hops();
    assert!(invalidated(&backend, stamp("m1")).await.unwrap());
    hops();
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    let seen = read(&backend, &names).await.unwrap();
    assert!(seen.blob.is_none() && seen.stamps[0].is_some_and(|version| version != grant.versions[0]));
    let grant = granted(&backend, &names).await;
    hops();
    backend.release(&names, &grant, soon()).await.unwrap();
    assert_eq!(read(&backend, &names).await.unwrap().lease, None);
}

#[tokio::test]
async fn a_stamp_whose_slot_is_on_its_way_is_found_where_it_is() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let there = names("m2", &["there"]);
    let grant = stored(&backend, &there).await;
    // The same slot: the braces are what it is placed by.
    let renamed = names("m2b", &["{ns:t:there}"]);
    let (slot, from, to) = journey(&cluster, "ns:t:there");
    assert_eq!(slot, cluster.slot_of(&renamed.stamps[0]));
    cluster.begin_to_move(slot, to);
    assert_eq!(read(&backend, &there).await.unwrap().stamps, [Some(grant.versions[0])], "not gone yet");
    assert_eq!(read(&backend, &renamed).await.unwrap().stamps, [None]);
    let minted = granted(&backend, &renamed).await;
    assert_eq!(from.command(&["GET", "ns:t:there"]).bytes().as_deref(), Some(&grant.versions[0].0[..]));
    assert_eq!(read(&backend, &renamed).await.unwrap().stamps, [Some(minted.versions[0])], "minted where it goes");
    assert!(invalidated(&backend, stamp("there")).await.unwrap());
    cluster.move_keys(slot, to);
    let moved = read(&backend, &there).await.unwrap();
    assert!(moved.stamps[0].is_some_and(|version| version != grant.versions[0]));
    assert!(invalidated(&backend, stamp("there")).await.unwrap());
    let again = read(&backend, &there).await.unwrap();
    assert!(again.stamps[0].is_some() && again.stamps != moved.stamps);
    cluster.finish_moving(slot, to);
    assert_eq!(read(&backend, &there).await.unwrap().stamps, again.stamps);
}

#[tokio::test]
async fn a_value_whose_slot_is_on_its_way_is_served_and_invalidated() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let names = names("m3", &["m3"]);
    stored(&backend, &names).await;
    let (slot, _, to) = journey(&cluster, "{m3}");
    let served = async || read(&backend, &names).await.unwrap().blob.is_some();
    cluster.begin_to_move(slot, to);
    assert!(served().await, "it is where it was");
    cluster.move_keys(slot, to);
    assert!(served().await, "it is where it goes, and the slot is not");
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    assert!(!served().await);

    // What needs two keys in one place has to wait.
    let error = acquired(&backend, &names, On::Miss(None)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    cluster.finish_moving(slot, to);
    assert!(granted(&backend, &names).await.leads);
}

#[tokio::test]
async fn an_invalidation_ends_the_lease_of_a_value_that_is_elsewhere() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let names = names("m4", &["m4"]);
    stored(&backend, &names).await;
    let Acquired::Granted(grant) = acquired(&backend, &names, On::Replace).await.unwrap() else { panic!() };
    let (slot, from, to) = journey(&cluster, "{m4}");
    cluster.begin_to_move(slot, to);
    // The lease has gone ahead.
    let port = to.port().to_string();
    from.command(&["MIGRATE", "127.0.0.1", &port, "ns:l:{m4}", "0", "5000"]);
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    cluster.move_keys(slot, to);
    cluster.finish_moving(slot, to);
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.lease), (None, None));
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id2", "old")).await.unwrap(), Filled::Lost);
}

#[tokio::test]
async fn a_script_that_the_next_owner_has_forgotten_is_sent_again() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let names = names("m5", &["m5"]);
    stored(&backend, &names).await;
    let Acquired::Granted(grant) = acquired(&backend, &names, On::Replace).await.unwrap() else { panic!() };
    let (slot, _, to) = journey(&cluster, "{m5}");
    cluster.begin_to_move(slot, to);
    cluster.move_keys(slot, to);
    // The connection is there, and the scripts were loaded when it was made.
    assert!(read(&backend, &names).await.unwrap().lease.is_some());
    to.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id2", "new")).await.unwrap(), Filled::Stored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_slots_move_nothing_stale_is_served() {
    let Some((cluster, backend)) = own().await else { return };
    let names = names("m6", &["m6"]);
    let mover = tokio::task::spawn_blocking(move || {
        for round in 0..6 {
            for name in ["{m6}", "ns:t:m6"] {
                let (slot, to) = (cluster.slot_of(name), &cluster.nodes()[round % 3]);
                if cluster.master_of(name).port() != to.port() {
                    cluster.move_slot(slot, to);
                }
            }
        }
        cluster
    });
    let (mut hits, mut stored) = (0, 0);
    while !mover.is_finished() {
        // What is invalidated does not come back, and what was minted does not change by itself.
        let Ok(before) = read(&backend, &names).await else { continue };
        if let Ok(Acquired::Granted(grant)) = acquired(&backend, &names, On::Replace).await {
            let outcome = filled(&backend, &names, &grant, &blob("blob-id1", "body")).await;
            stored += usize::from(matches!(outcome, Ok(Filled::Stored)));
            let seen = read(&backend, &names).await.unwrap();
            assert_eq!(seen.stamps, [Some(grant.versions[0])]);
            hits += usize::from(seen.blob.is_some());
        }
        assert!(invalidated(&backend, stamp("m6")).await.is_ok());
        let after = read(&backend, &names).await.unwrap();
        assert!(after.stamps[0].is_none() || after.stamps != before.stamps);
        assert!(invalidated(&backend, value(&names)).await.is_ok());
        assert_eq!(read(&backend, &names).await.unwrap().blob, None);
    }
    drop(mover.await.unwrap());
    assert!(hits > 0 && stored > 0);
}
