//! Masters that die, and replicas that take their place.

use std::time::Duration;

use easycache_core::{Backend, Deadline, ErrorKind, Filled, Read, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisCluster, RedisServer, until};

use super::{home, key_on, own, stamp_on};
use crate::common::{blob, filled, granted, invalidated, names, read, soon, stamp, value};

/// Waits until that is read again, which must not take long.
async fn recovered(backend: &RedisBackend, names: &easycache_core::Names) {
    let deadline = Deadline::after(Duration::from_secs(10));
    while let Err(error) = read(backend, names).await {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(!deadline.left().is_zero(), "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_dies_is_missed_by_its_own_slots_alone_until_another_takes_over() {
    let Some((cluster, backend)) = own().await else { return };
    let keys = [0, 1, 2].map(|master| key_on(&cluster, master, "k"));
    let stamps = [0, 1, 2].map(|master| stamp_on(&cluster, master, "s"));
    let home_alone = [0, 1, 2].map(|at| names(&keys[at], &[&stamps[at]]));
    let split = names(&key_on(&cluster, 1, "split"), &[&stamps[0]]);
    for names in &home_alone {
        let grant = granted(&backend, names).await;
        assert_eq!(filled(&backend, names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    }
    cluster.nodes()[0].kill();

    let reads =
        home_alone.iter().chain([&split]).map(|names| Read { names: names.clone(), want: Want::Peek, left: false });
    let seen = backend.read(&reads.collect::<Vec<_>>(), soon()).await;
    let is_there = seen.iter().map(Result::is_ok).collect::<Vec<_>>();
    assert_eq!(is_there, [false, true, true, false], "what depends on a stamp there cannot be told either");
    assert_eq!(seen[0].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(seen[1].as_ref().unwrap().blob.is_some());
    let targets = [stamp(&stamps[0]), stamp(&stamps[1]), value(&home_alone[0]), value(&home_alone[2])];
    let done = backend.invalidate(&targets, soon()).await.iter().map(Result::is_ok).collect::<Vec<_>>();
    assert_eq!(done, [false, true, false, true]);

    recovered(&backend, &home_alone[0]).await;
    assert!(invalidated(&backend, stamp(&stamps[0])).await.is_ok());
    assert!(invalidated(&backend, value(&home_alone[0])).await.is_ok());
    assert!(granted(&backend, &split).await.leads);
    assert!(granted(&backend, &home_alone[0]).await.leads);

    // It comes back as a replica, which says who has its slots.
    cluster.nodes()[0].restart();
    until("it is a replica", || (cluster.nodes()[0].info("role") == "slave").then_some(()));
    assert!(read(&backend, &home_alone[0]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_hangs_holds_up_one_call_and_no_other() {
    let Some((cluster, backend)) = own().await else { return };
    let (stuck, well) = (names(&key_on(&cluster, 0, "k"), &[]), names(&key_on(&cluster, 1, "k"), &[]));
    for names in [&stuck, &well] {
        read(&backend, names).await.unwrap();
    }
    cluster.nodes()[0].stop();
    let peek = |names: &easycache_core::Names| [Read { names: names.clone(), want: Want::Peek, left: false }];
    let short = Deadline::after(Duration::from_millis(200));
    assert_eq!(backend.read(&peek(&stuck), short).await[0].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(short.left().is_zero());
    let long = soon();
    assert!(backend.read(&peek(&stuck), long).await[0].is_err());
    assert!(backend.read(&peek(&well), long).await[0].is_ok());
    assert!(long.left() > Duration::from_secs(4), "both are known at once");
    recovered(&backend, &stuck).await;
    cluster.nodes()[0].cont();
    recovered(&backend, &stuck).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_hangs_as_a_whole_holds_up_nobody_for_long() {
    let Some((cluster, backend)) = own().await else { return };
    let names = names("k", &[]);
    read(&backend, &names).await.unwrap();
    cluster.nodes().iter().for_each(RedisServer::stop);
    let peek = [Read { names: names.clone(), want: Want::Peek, left: false }];
    let short = Deadline::after(Duration::from_millis(200));
    assert_eq!(backend.read(&peek, short).await[0].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    // Nobody tells whether the slot has another master by now, and nobody waits for it.
    let long = soon();
    assert_eq!(backend.read(&peek, long).await[0].as_ref().unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(long.left() > Duration::from_secs(4), "{:?}", long.left());
    cluster.nodes().iter().for_each(RedisServer::cont);
    recovered(&backend, &names).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_nobody_has_any_more_are_unavailable_and_the_others_are_not() {
    let Some((cluster, backend)) = own().await else { return };
    let (gone, well) = (names(&key_on(&cluster, 0, "k"), &[]), names(&key_on(&cluster, 1, "k"), &[]));
    cluster.nodes()[3].kill();
    cluster.nodes()[0].kill();
    until("the nodes have noticed", || {
        let nodes = cluster.nodes()[1].command(&["CLUSTER", "INFO"]).text();
        nodes.contains("cluster_slots_fail:5461").then_some(())
    });
    for _ in 0..3 {
        assert_eq!(read(&backend, &gone).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(read(&backend, &well).await.is_ok());
    }
    let late = RedisBackend::connect(&cluster.url()).await.unwrap();
    let error = read(&late, &gone).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(granted(&late, &well).await.leads);
    cluster.nodes()[0].restart();
    recovered(&backend, &gone).await;
    recovered(&late, &gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_is_down_as_a_whole_is_unavailable_until_it_is_well() {
    let Some(cluster) = RedisCluster::start() else { return };
    let backend = super::on(&cluster).await;
    let well = names(&key_on(&cluster, 1, "k"), &[]);
    read(&backend, &well).await.unwrap();
    cluster.nodes()[3].kill();
    cluster.nodes()[0].kill();
    let deadline = Deadline::after(Duration::from_secs(20));
    let error = loop {
        match read(&backend, &well).await {
            Err(error) => break error,
            Ok(_) => assert!(!deadline.left().is_zero(), "every slot must be covered"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("CLUSTERDOWN"), "{error}");
    cluster.nodes()[0].restart();
    recovered(&backend, &well).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_epochs_a_failover_that_loses_an_invalidation_brings_back_nothing() {
    let Some((cluster, trusting)) = own().await else { return };
    let careful = RedisBackend::connect(&format!("{}?epoch=on", cluster.url())).await.unwrap();
    // The value is on one master, and what it depends on on another.
    let tag = stamp_on(&cluster, 0, "s");
    let both = [(&trusting, "trusting"), (&careful, "careful")];
    let both = both.map(|(backend, key)| (backend, names(&key_on(&cluster, 1, key), &[&tag])));
    let mut grants = Vec::new();
    for (backend, names) in &both {
        let grant = granted(backend, names).await;
        assert_eq!(filled(backend, names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
        grants.push(grant);
    }
    // What a cache would serve.
    let served = async || {
        let mut served = Vec::new();
        for ((backend, names), grant) in both.iter().zip(&grants) {
            recovered(backend, names).await;
            let seen = read(backend, names).await.unwrap();
            let fits = seen.origin == Some(grant.origin) && seen.stamps == [Some(grant.versions[0])];
            served.push(seen.blob.is_some() && fits);
        }
        served
    };
    assert_eq!(served().await, [true, true]);

    let wire = format!("ns:t:{tag}");
    let before = home(&cluster, &tag).command(&["GET", &wire]).bytes().unwrap();
    assert!(invalidated(&trusting, stamp(&tag)).await.unwrap());
    assert_eq!(served().await, [false, false]);
    let next = cluster.fail_over(cluster.slot_of(&wire));
    // As if it had never got the invalidation.
    next.command(&[b"SET", wire.as_bytes(), &before, b"KEEPTTL"]);
    // Without epochs it is the documented exception: this is what they are for.
    assert_eq!(served().await, [true, false]);
}
