//! Values from replicas: whatever these have or do, what is read is what the master has.

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{Acquired, Backend, Deadline, Filled, HEADER_LEN, Names, On, Read, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Proxy,
    server::{RedisServer, Sentinel, until},
};

use crate::common::{acquired, blob, filled, granted, invalidated, names, patiently, read, soon, stamp, value};

/// A value long enough to have a head.
fn long(id: &str, body: &str) -> Bytes {
    blob(id, &body.repeat(HEADER_LEN))
}

/// How often that command was called there.
fn calls(server: &RedisServer, command: &str) -> u64 {
    let stats = server.command(&["INFO", "commandstats"]).text();
    let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
    line.and_then(|line| line.split(',').next()?.parse().ok()).unwrap_or(0)
}

/// Stores a value whatever is there.
async fn put(backend: &RedisBackend, names: &Names, blob: &Bytes) {
    let acquired = acquired(backend, names, On::Replace).await.expect("the master answers");
    let Acquired::Granted(grant) = acquired else { panic!("it was to be replaced") };
    assert_eq!(filled(backend, names, &grant, blob).await.expect("the master answers"), Filled::Stored);
}

/// Waits until all the replicas have what the master has.
fn in_sync(master: &RedisServer, replicas: &[&RedisServer]) {
    for replica in replicas {
        until("the replica has caught up", || {
            let there = replica.info("master_link_status") == "up";
            (there && replica.info("slave_repl_offset") == master.info("master_repl_offset")).then_some(())
        });
    }
}

/// Reads until values come from that replica again.
async fn used(backend: &RedisBackend, names: &Names, replica: &RedisServer) {
    let over = Deadline::after(Duration::from_secs(5));
    let before = calls(replica, "mget");
    while calls(replica, "mget") == before {
        read(backend, names).await.expect("the master answers");
        assert!(!over.left().is_zero(), "the replica is used");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A master with a replica whose link to it goes through a proxy.
fn with_link() -> Option<(RedisServer, Proxy, RedisServer)> {
    let master = RedisServer::start()?;
    let link = Proxy::to(master.address());
    let replica = RedisServer::builder().arg("--replicaof", &format!("127.0.0.1 {}", link.port())).start()?;
    in_sync(&master, &[&replica]);
    Some((master, link, replica))
}

async fn reading_from_replicas(master: &RedisServer) -> RedisBackend {
    RedisBackend::connect(&format!("{}?replicas=read", master.url())).await.expect("the master answers")
}

#[tokio::test]
async fn values_come_from_a_replica_and_what_they_depend_on_from_the_master() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let backend = reading_from_replicas(&master).await;
    let (names, blob) = (names("k", &["a", "b"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
    for server in [&master, &replica] {
        server.command(&["CONFIG", "RESETSTAT"]);
    }
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!(seen.blob, Some(blob));
    assert!(seen.stamps.iter().all(Option::is_some) && seen.lease.is_none());
    assert_eq!((calls(&replica, "mget"), calls(&replica, "getrange")), (1, 0));
    assert_eq!((calls(&master, "mget"), calls(&master, "getrange")), (1, 1));
    assert_eq!(master.info("keyspace_hits"), "3", "the value's head, and two stamps");
    assert_eq!(master.info("keyspace_misses"), "1", "the lease");
}

#[tokio::test]
async fn a_replica_that_is_behind_is_recognised_however_far() {
    let Some((master, link, replica)) = with_link() else { return };
    let backend = reading_from_replicas(&master).await;
    let names = names("k", &["a"]);
    put(&backend, &names, &long("blob-id1", "old")).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
    link.hold();

    // Replaced, which the replica has not heard of.
    let new = long("blob-id2", "new");
    put(&backend, &names, &new).await;
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.lease), (Some(new.clone()), None));
    // Invalidated, likewise.
    let before = seen.stamps;
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    let seen = read(&backend, &names).await.unwrap();
    assert_ne!(seen.stamps, before);
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    assert_eq!(read(&backend, &names).await.unwrap().blob, None);
    assert!(replica.command(&["GET", "ns:v:{k}"]).bytes().is_some(), "it still has it");

    // As far behind as can be, it is not asked any more; when it has caught up it is.
    put(&backend, &names, &new).await;
    for _ in 0..30 {
        assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&new));
    }
    let asked = calls(&replica, "mget");
    assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&new));
    assert_eq!(calls(&replica, "mget"), asked);
    link.resume();
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
}

#[tokio::test]
async fn a_replica_that_has_become_another_master_is_recognised() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    // Given, so that it stays whatever it becomes.
    let url = format!("redis://{},{}?replicas=read", master.address(), replica.address());
    let backend = RedisBackend::connect(&url).await.unwrap();
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;

    replica.command(&["REPLICAOF", "NO", "ONE"]);
    for other in [&b"short"[..], &long("blob-id0", "body")] {
        replica.command(&[b"SET", "ns:v:{k}".as_bytes(), other]);
        assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
    }
    replica.command(&["DEL", "ns:v:{k}"]);
    assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
    replica.command(&["SADD", "ns:v:{k}", "no string"]);
    assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
}

#[tokio::test]
async fn a_replica_that_says_nothing_costs_a_part_of_the_deadline_once() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let backend = reading_from_replicas(&master).await;
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
    replica.stop();
    let read_within = async |limit: Duration| {
        let reads = [Read { names: names.clone(), want: Want::Peek, left: false }];
        let seen = backend.read(&reads, Deadline::after(limit)).await.remove(0).unwrap();
        assert_eq!(seen.blob.as_ref(), Some(&blob));
    };
    let half = Deadline::after(Duration::from_secs(1));
    read_within(Duration::from_secs(2)).await;
    assert!(!half.left().is_zero(), "a quarter of the time is the replica's");
    // From then on nobody waits for it: not those who read, and not for the attempts to reach it again.
    patiently(Duration::from_millis(1500), async || {
        let little = Deadline::after(Duration::from_millis(400));
        read_within(Duration::from_secs(4)).await;
        assert!(!little.left().is_zero(), "nobody waits for the replica");
    })
    .await;
    replica.cont();
    used(&backend, &names, &replica).await;
}

#[tokio::test]
async fn a_replica_that_is_killed_is_not_missed() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let backend = reading_from_replicas(&master).await;
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
    replica.kill();
    for _ in 0..10 {
        assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
    }
    replica.restart();
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;
}

#[tokio::test]
async fn a_replica_that_refuses_is_left_alone_for_a_while() {
    let Some(master) = RedisServer::start() else { return };
    let link = Proxy::to(master.address());
    let replica = RedisServer::builder().arg("--replica-serve-stale-data", "no");
    let Some(replica) = replica.arg("--replicaof", &format!("127.0.0.1 {}", link.port())).start() else { return };
    in_sync(&master, &[&replica]);
    let url = format!("redis://{},{}?replicas=read", master.address(), replica.address());
    let backend = RedisBackend::connect(&url).await.unwrap();
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&replica]);
    used(&backend, &names, &replica).await;

    link.refuse();
    link.cut();
    until("it has noticed", || (replica.info("master_link_status") == "down").then_some(()));
    replica.command(&["CONFIG", "RESETSTAT"]);
    for _ in 0..20 {
        assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
    }
    let errors = replica.command(&["INFO", "errorstats"]).text();
    let refused = errors.lines().find_map(|line| line.strip_prefix("errorstat_MASTERDOWN:count=")).unwrap_or("0");
    assert!((1..=3).contains(&refused.parse::<u32>().unwrap()), "{errors}");
    link.accept();
    used(&backend, &names, &replica).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_waited_for() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let proxy = Proxy::to(replica.address());
    let url = format!("redis://{},{}?replicas=read", master.address(), proxy.address());
    let backend = RedisBackend::connect(&url).await.unwrap();
    proxy.hold();
    let over = Deadline::after(Duration::from_secs(1));
    assert_eq!(read(&backend, &names("k", &["a"])).await.unwrap().blob, None);
    granted(&backend, &names("k", &["a"])).await;
    assert!(!over.left().is_zero());
}

#[tokio::test]
async fn all_replicas_have_their_turn_and_new_ones_too() {
    let Some(master) = RedisServer::start() else { return };
    let start = || RedisServer::builder().start_replica_of(&master);
    let (Some(one), Some(two)) = (start(), start()) else { return };
    let backend = reading_from_replicas(&master).await;
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    in_sync(&master, &[&one, &two]);
    used(&backend, &names, &one).await;
    used(&backend, &names, &two).await;
    let before = [calls(&one, "mget"), calls(&two, "mget")];
    for _ in 0..20 {
        assert_eq!(read(&backend, &names).await.unwrap().blob.as_ref(), Some(&blob));
    }
    assert_eq!([calls(&one, "mget"), calls(&two, "mget")], before.map(|before| before + 10));

    let Some(three) = start() else { return };
    in_sync(&master, &[&three]);
    used(&backend, &names, &three).await;
}

#[tokio::test]
async fn a_batch_is_right_where_the_replica_has_some_values_and_others_not() {
    let Some((master, link, replica)) = with_link() else { return };
    let backend = reading_from_replicas(&master).await;
    let all = (0..100).map(|i| names(&format!("k{i}"), &["a", &format!("b{}", i % 7)])).collect::<Vec<_>>();
    let blobs = (0..100).map(|i| long(&format!("blob-{i:03}"), "body")).collect::<Vec<_>>();
    for (names, blob) in all.iter().zip(&blobs).take(70) {
        put(&backend, names, blob).await;
    }
    in_sync(&master, &[&replica]);
    link.hold();
    let changed = long("changed!", "body");
    for (i, names) in all.iter().enumerate().take(95) {
        match i {
            40..60 => put(&backend, names, &changed).await,
            60..70 => assert!(invalidated(&backend, value(names)).await.unwrap()),
            70.. => put(&backend, names, &blobs[i]).await,
            _ => {}
        }
    }
    let reads = all.iter().map(|names| Read { names: names.clone(), want: Want::Peek, left: false });
    let mut reads = reads.chain([Read { names: all[0].clone(), want: Want::Stamps, left: false }]).collect::<Vec<_>>();
    reads.push(reads[50].clone());
    let seen = backend.read(&reads, soon()).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let expected = |i: usize| match i {
        40..60 | 101 => Some(&changed),
        60..70 | 95.. => None,
        _ => Some(&blobs[i]),
    };
    for (i, seen) in seen.iter().enumerate() {
        assert_eq!(seen.blob.as_ref(), expected(i), "{i}");
        assert!(seen.stamps.len() == 2 && seen.stamps[0].is_some(), "{i}");
    }
    assert_eq!(seen[100].stamps, seen[0].stamps);
}

#[tokio::test]
async fn a_master_without_replicas_is_read_from_itself() {
    let Some(master) = RedisServer::start() else { return };
    let backend = reading_from_replicas(&master).await;
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    master.command(&["CONFIG", "RESETSTAT"]);
    assert_eq!(read(&backend, &names).await.unwrap().blob, Some(blob));
    assert_eq!((calls(&master, "mget"), calls(&master, "getrange")), (1, 0));
}

#[tokio::test]
async fn after_a_failover_values_come_from_the_replicas_of_the_new_master() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let backend = RedisBackend::connect(&format!("{}&replicas=read", sentinel.url())).await.unwrap();
    let (names, blob) = (names("k", &["a"]), long("blob-id1", "body"));
    put(&backend, &names, &blob).await;
    let others = |master: &RedisServer| {
        let port = master.port();
        sentinel.servers().iter().filter(move |server| server.port() != port && server.is_running())
    };
    let old = sentinel.master();
    in_sync(old, &others(old).collect::<Vec<_>>());
    let new = sentinel.fail_over();
    let other = others(new).next().unwrap();
    sentinel.wait_until_replica(other);
    crate::trouble::recovered(&backend).await;
    in_sync(new, &[other]);
    used(&backend, &names, other).await;
    assert_eq!(read(&backend, &names).await.unwrap().blob, Some(blob));
}
