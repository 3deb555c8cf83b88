//! Connections that break, servers that do not answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Acquired, Backend, Deadline, ErrorKind, On, Read, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisServer, until};

use crate::{
    common::{acquire, acquired, blob, connected, filled, granted, invalidated, names, read, soon, stamp},
    fake::{FakeServer, grant},
};

/// Waits until the backend answers again, which must not take long.
pub(crate) async fn recovered(backend: &RedisBackend) {
    let deadline = Deadline::after(Duration::from_secs(4));
    while let Err(error) = read(backend, &names("k", &[])).await {
        assert!(!deadline.left().is_zero(), "{error}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn read_within(backend: &RedisBackend, limit: Duration) -> easycache_core::Result<easycache_core::Seen> {
    let reads = [Read { names: names("k", &[]), want: Want::Peek, left: false }];
    backend.read(&reads, Deadline::after(limit)).await.remove(0)
}

fn drop_connections(server: &RedisServer) {
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
}

#[tokio::test]
async fn a_connection_that_was_dropped_is_made_anew_without_anybody_noticing() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    drop_connections(&server);
    assert!(read(&backend, &names).await.unwrap().lease.is_some());
    drop_connections(&server);
    assert_eq!(granted(&backend, &names).await.token, grant.token);
    drop_connections(&server);
    assert!(backend.renew(&names, &mut grant.clone(), soon()).await.unwrap());
    drop_connections(&server);
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    drop_connections(&server);
    backend.release(&names, &grant, soon()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_the_server_is_an_empty_cache_and_nothing_else() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    server.restart();
    recovered(&backend).await;
    assert_eq!(read(&backend, &names).await.unwrap().stamps, [None]);
}

#[tokio::test]
async fn a_missed_deadline_is_the_only_one_that_is_waited_for() {
    let Some((server, backend)) = connected().await else { return };
    server.stop();
    let limit = Duration::from_millis(200);
    let deadline = Deadline::after(limit);
    let error = read_within(&backend, limit).await.unwrap_err();
    assert!(deadline.left().is_zero());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("has not answered by the deadline"), "{error}");

    // Again at once: within the first pause nobody asks.
    let long = Deadline::after(Duration::from_secs(5));
    let error = read_within(&backend, Duration::from_secs(5)).await.unwrap_err();
    assert!(long.left() > Duration::from_secs(4));
    assert_eq!(error.kind(), ErrorKind::Unavailable);

    server.cont();
    recovered(&backend).await;
}

#[tokio::test]
async fn one_missed_deadline_ends_the_waiting_of_all() {
    let Some((server, backend)) = connected().await else { return };
    server.stop();
    let long = Deadline::after(Duration::from_secs(10));
    let (short, patient) = tokio::join!(
        read_within(&backend, Duration::from_millis(200)),
        read_within(&backend, Duration::from_secs(10)),
    );
    assert_eq!(short.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(patient.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(long.left() > Duration::from_secs(8));
    server.cont();
}

#[tokio::test]
async fn a_deadline_that_had_passed_before_says_nothing_about_the_server() {
    let Some((_server, backend)) = connected().await else { return };
    assert_eq!(read_within(&backend, Duration::ZERO).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(read_within(&backend, Duration::from_secs(5)).await.is_ok());
}

#[tokio::test]
async fn errors_that_the_server_answers_do_not_keep_others_from_asking() {
    let Some((server, backend)) = connected().await else { return };
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let error = acquired(&backend, &names("k", &["a"]), On::Replace).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("OOM") && error.to_string().contains("raise maxmemory"), "{error}");
    assert!(read(&backend, &names("k", &[])).await.is_ok());
}

#[tokio::test]
async fn a_server_that_misses_replicas_is_unavailable_for_writes() {
    let Some((server, backend)) = connected().await else { return };
    granted(&backend, &names("k", &["a"])).await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let error = invalidated(&backend, stamp("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("NOREPLICAS"), "{error}");
    assert!(read(&backend, &names("k", &[])).await.is_ok());
}

#[tokio::test]
async fn a_lease_that_was_granted_to_somebody_who_has_stopped_waiting_is_ended() {
    let Some((server, backend)) = connected().await else { return };
    let wanted = [acquire(&names("late", &["a"]), On::Replace)];
    let dropped = [acquire(&names("dropped", &["a"]), On::Replace)];
    server.command(&["CONFIG", "RESETSTAT"]);
    server.stop();
    let given_up = tokio::time::timeout(Duration::from_millis(50), backend.acquire(&dropped, soon())).await;
    assert!(given_up.is_err());
    let late = backend.acquire(&wanted, Deadline::after(Duration::from_millis(200))).await.remove(0);
    assert_eq!(late.unwrap_err().kind(), ErrorKind::Unavailable);
    server.cont();

    // On another thread, so that this runtime goes on.
    let ended = tokio::task::spawn_blocking(move || {
        until("both leases were granted, and ended", || {
            let stats = server.command(&["INFO", "commandstats"]).text();
            let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="))?;
            let calls = calls.split(',').next()?.parse::<u32>().ok()?;
            let leases = server.command(&["EXISTS", "ns:l:{late}", "ns:l:{dropped}"]).int();
            (calls >= 4 && leases == 0).then_some(())
        });
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_had_all_the_same() {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tokens);
    let server = FakeServer::start("7.0.15", move |command| {
        // EVALSHA digest 2 value lease token …
        let mut seen = seen.lock().unwrap();
        seen.push(command[5].clone());
        // The first time it is granted, and the connection breaks.
        (seen.len() > 1).then(|| grant(&seen[0]))
    });
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let granted = granted(&backend, &names("k", &[])).await;
    assert!(granted.leads, "it is the token of the first attempt");
    let tokens = tokens.lock().unwrap();
    assert_eq!(tokens.len(), 2);
    assert_eq!(granted.token.0, tokens[0]);
    assert_ne!(tokens[0], tokens[1], "a token that somebody else may have had is not given out again");
}

#[tokio::test]
async fn an_invalidation_that_is_repeated_writes_another_version() {
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&versions);
    let server = FakeServer::start("7.0.15", move |command| {
        let mut seen = seen.lock().unwrap();
        seen.push(command[2].clone());
        (seen.len() > 1).then(|| b"+OK\r\n".to_vec())
    });
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    let versions = versions.lock().unwrap();
    assert_eq!(versions.len(), 2);
    assert_ne!(versions[0], versions[1], "what was invalidated in between would be valid again");
}

#[tokio::test]
async fn a_fill_whose_answer_was_lost_is_not_repeated() {
    let asked = Arc::new(AtomicUsize::new(0));
    let fills = Arc::clone(&asked);
    let server = FakeServer::start("7.0.15", move |command| {
        // EVALSHA digest 2 value lease token life blob
        let is_fill = command.len() == 8;
        fills.fetch_add(is_fill.into(), SeqCst);
        (!is_fill).then(|| grant(b"0123456789abcdef"))
    });
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let names = names("k", &[]);
    let grant = granted(&backend, &names).await;
    let error = filled(&backend, &names, &grant, &"0123456789abcdef".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(asked.load(SeqCst), 1);
}

#[tokio::test]
async fn a_runtime_that_was_busy_does_not_blame_the_server() {
    let Some((_server, backend)) = connected().await else { return };
    let busy = async {
        // The command goes out first.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    let (seen, ()) = tokio::join!(read_within(&backend, Duration::from_millis(100)), busy);
    assert!(seen.is_ok(), "the answer was there: {seen:?}");
}

#[tokio::test]
async fn a_master_that_becomes_a_replica_is_not_read_from() {
    let (Some((server, backend)), Some(other)) = (connected().await, RedisServer::start()) else { return };
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    server.command(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]);
    until("it is in sync", || (server.info("master_link_status") == "up").then_some(()));
    let error = invalidated(&backend, stamp("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let error = read(&backend, &names).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("it is a replica"), "{error}");
    server.command(&["REPLICAOF", "NO", "ONE"]);
    recovered(&backend).await;
}

#[tokio::test]
async fn a_master_that_becomes_a_replica_is_not_read_from_for_long() {
    let (Some((server, backend)), Some(other)) = (connected().await, RedisServer::start()) else { return };
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    server.command(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]);
    // Nobody writes, which it would refuse.
    let over = Deadline::after(Duration::from_secs(8));
    let error = loop {
        match read(&backend, &names).await {
            Ok(_) => assert!(!over.left().is_zero(), "it is still read from"),
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(error.to_string().contains("it is a replica"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_all_the_time_hold_up_nobody_and_lose_nothing() {
    let Some((server, backend)) = connected().await else { return };
    let backend = Arc::new(backend);
    let done = Arc::new(AtomicUsize::new(0));
    let callers = (0..8).map(|i| {
        let (backend, done) = (Arc::clone(&backend), Arc::clone(&done));
        tokio::spawn(async move {
            let (names, blob) = (names(&format!("k{i}"), &["a", "b"]), blob("blob-id1", "body"));
            for _ in 0..100 {
                // What is read, granted or invalidated is so, or nobody knows: an error.
                if let Ok(Acquired::Granted(grant)) = acquired(&backend, &names, On::Replace).await {
                    let _ = filled(&backend, &names, &grant, &blob).await;
                }
                if let Ok(seen) = read(&backend, &names).await {
                    assert!(seen.blob.is_none_or(|there| there == blob));
                }
                let _ = invalidated(&backend, stamp("a")).await;
                done.fetch_add(1, SeqCst);
            }
        })
    });
    let callers = callers.collect::<Vec<_>>();
    let killer = tokio::task::spawn_blocking(move || {
        let mut times = 0;
        while done.load(SeqCst) < 800 {
            drop_connections(&server);
            times += 1;
        }
        (server, times)
    });
    let deadline = Deadline::after(Duration::from_secs(30));
    for caller in callers {
        caller.await.unwrap();
    }
    let (_server, times) = killer.await.unwrap();
    assert!(times > 10, "connections were dropped {times} times");
    assert!(!deadline.left().is_zero());
    recovered(&backend).await;
}
