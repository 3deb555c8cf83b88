//! A server that is killed, stopped, cut off or restarted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Acquired, Backend, Deadline, ErrorKind, Filled, Names, On, Read, Result, Seen, Want};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{
    Proxy,
    conformance::{answers_by_the_deadline, tells_by_the_deadline},
    server::{Memcached, until},
};

use crate::{
    common::{
        acquire, acquired, blob, connected, filled, granted, invalidated, names, peek, read, soon, stamp, stored, value,
    },
    fake::FakeServer,
};

/// Waits until the server is asked again.
pub(crate) async fn recovered(backend: &MemcachedBackend) {
    let limit = Deadline::after(Duration::from_secs(20));
    while read(backend, &names("recovered", &[])).await.is_err() {
        assert!(!limit.left().is_zero(), "the server is there again, and nobody asks it");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn read_within(backend: &MemcachedBackend, names: &Names, span: Duration) -> Result<Seen> {
    let read = Read { names: names.clone(), want: Want::Peek, left: false };
    backend.read(&[read], Deadline::after(span)).await.remove(0)
}

/// A server behind a proxy, and a backend that goes through it.
async fn behind_a_proxy() -> Option<(Memcached, Proxy, MemcachedBackend)> {
    let server = Memcached::start()?;
    let proxy = Proxy::to(server.address());
    let backend = MemcachedBackend::connect(&format!("memcached://{}", proxy.address())).await;
    let backend = backend.expect("the server was just started");
    Some((server, proxy, backend))
}

#[tokio::test]
async fn a_server_that_is_killed_is_an_error_at_once_and_an_empty_one_when_it_is_back() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    server.kill();
    for _ in 0..3 {
        let before = Deadline::after(Duration::from_secs(4));
        assert_eq!(read(&backend, &names).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(invalidated(&backend, stamp("a")).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(!before.left().is_zero(), "nobody waits");
    }
    server.restart();
    recovered(&backend).await;
    let seen = peek(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.stamps), (None, vec![None]));
    stored(&backend, &names, "blob-id2").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_stopped_is_answered_for_by_the_deadline() {
    let Some((server, backend)) = connected().await else { return };
    granted(&backend, &names("k", &["a"])).await;
    server.stop();
    let backend = Arc::new(backend);
    answers_by_the_deadline(Arc::clone(&backend) as Arc<dyn Backend>, Duration::from_millis(200)).await;
    tells_by_the_deadline(Arc::clone(&backend) as Arc<dyn Backend>, Duration::from_millis(200)).await;
    let waited = Deadline::after(Duration::from_secs(4));
    assert!(read_within(&backend, &names("k", &[]), Duration::from_secs(5)).await.is_err());
    assert!(!waited.left().is_zero(), "it is known to be down");
    server.cont();
    recovered(&backend).await;
}

#[tokio::test]
async fn a_half_open_connection_is_given_up() {
    let Some((_server, proxy, backend)) = behind_a_proxy().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    proxy.hold();
    let error = read_within(&backend, &names, Duration::from_millis(200)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    proxy.resume();
    recovered(&backend).await;
    assert!(peek(&backend, &names).await.unwrap().blob.is_some());
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_none() {
    let Some((_server, proxy, backend)) = behind_a_proxy().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    for bytes in 0..30 {
        proxy.truncate(bytes);
        // What can be repeated is repeated, on another connection.
        let seen = peek(&backend, &names).await.unwrap();
        assert_eq!(seen.blob, Some(blob("blob-id1", "body")), "cut after {bytes} bytes");
    }
}

#[tokio::test]
async fn an_invalidation_whose_answer_was_lost_is_repeated_with_another_version() {
    let Some((server, proxy, backend)) = behind_a_proxy().await else { return };
    let names = names("k", &["a"]);
    let before = granted(&backend, &names).await.versions[0];
    proxy.truncate(0);
    proxy.reset();
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    assert_eq!(proxy.tally().count("MS"), 2);
    assert_ne!(peek(&backend, &names).await.unwrap().stamps, [Some(before)]);
    assert!(!server.stat("cmd_set").is_empty());
}

#[tokio::test]
async fn a_fill_whose_answer_was_lost_is_not_repeated() {
    let Some((_server, proxy, backend)) = behind_a_proxy().await else { return };
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    proxy.reset();
    proxy.truncate(0);
    let error = filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(proxy.tally().count("MS"), 1);
    assert!(peek(&backend, &names).await.unwrap().blob.is_some(), "it was done");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_ends_the_connection() {
    let asked = Arc::new(AtomicUsize::new(0));
    let times = Arc::clone(&asked);
    let server = FakeServer::start("1.6.18", move |_| {
        Some(if times.fetch_add(1, SeqCst) == 0 { "VA 99999999999\r\n" } else { "EN\r\n" }.to_owned())
    });
    let backend = MemcachedBackend::connect(&server.url()).await.unwrap();
    // Asked once more, on another connection.
    assert_eq!(peek(&backend, &names("k", &[])).await.unwrap().blob, None);
    assert_eq!(asked.load(SeqCst), 2);
}

#[tokio::test]
async fn a_server_that_refuses_a_command_does_not_keep_others_from_asking() {
    let server = FakeServer::start("1.6.18", |line| {
        Some(if line.contains("busy") { "SERVER_ERROR busy\r\n" } else { "EN\r\n" }.to_owned())
    });
    let backend = MemcachedBackend::connect(&server.url()).await.unwrap();
    let reads = ["busy", "k"].map(|key| Read { names: names(key, &[]), want: Want::Peek, left: false });
    let answers = backend.read(&reads, soon()).await;
    let error = answers[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("says busy"), "{error}");
    assert!(answers[1].is_ok(), "one that fails fails alone");
}

#[tokio::test]
async fn one_missed_deadline_ends_the_waiting_of_all() {
    let Some((server, backend)) = connected().await else { return };
    server.stop();
    let (names, long) = (names("k", &[]), Deadline::after(Duration::from_secs(10)));
    let (short, patient) = tokio::join!(
        read_within(&backend, &names, Duration::from_millis(200)),
        read_within(&backend, &names, Duration::from_secs(10)),
    );
    assert_eq!(short.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(patient.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(long.left() > Duration::from_secs(8));
    server.cont();
}

#[tokio::test]
async fn a_runtime_that_was_busy_does_not_blame_the_server() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &[]);
    let busy = async {
        // The command goes out first.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    let (seen, ()) = tokio::join!(read_within(&backend, &names, Duration::from_millis(100)), busy);
    assert!(seen.is_ok(), "the answer was there: {seen:?}");
}

#[tokio::test]
async fn a_lease_that_was_granted_to_somebody_who_has_gone_away_is_ended() {
    let Some((server, proxy, backend)) = behind_a_proxy().await else { return };
    let (absent, outdated) = (names("absent", &[]), names("outdated", &["a"]));
    stored(&backend, &outdated, "blob-id1").await;
    proxy.hold_replies();
    let wanted = [acquire(&absent, On::Miss(None)), acquire(&outdated, On::Replace)];
    let given_up = tokio::time::timeout(Duration::from_millis(100), backend.acquire(&wanted, soon())).await;
    assert!(given_up.is_err());
    proxy.resume();
    let ended = tokio::task::spawn_blocking(move || {
        until("the lease is ended", || (server.command("mg ns:v:{absent} s") == ["EN"]).then_some(()));
        // Marked, but not taken; this look takes it.
        let looked = || server.command("mg ns:v:{outdated} s")[0].ends_with("X W").then_some(());
        until("the value can be computed by others", looked);
    });
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_all_the_time_hold_up_nobody_and_lose_nothing() {
    let Some((_server, proxy, backend)) = behind_a_proxy().await else { return };
    let (backend, proxy, cuts) = (Arc::new(backend), Arc::new(proxy), Arc::new(AtomicUsize::new(0)));
    let limit = Deadline::after(Duration::from_secs(30));
    let callers = (0..8).map(|i| {
        let (backend, cuts) = (Arc::clone(&backend), Arc::clone(&cuts));
        tokio::spawn(async move {
            let (names, blob) = (names(&format!("k{i}"), &["a", "b"]), blob("blob-id1", "body"));
            for round in 0.. {
                // What is read, granted or invalidated is so, or nobody knows: an error.
                if let Ok(Acquired::Granted(grant)) = acquired(&backend, &names, On::Replace).await {
                    let _ = filled(&backend, &names, &grant, &blob).await;
                }
                if let Ok(seen) = read(&backend, &names).await {
                    assert!(seen.blob.is_none_or(|there| there == blob));
                }
                let _ = invalidated(&backend, stamp("a")).await;
                if round >= 50 && cuts.load(SeqCst) > 20 {
                    return;
                }
                assert!(!limit.left().is_zero(), "nobody is held up");
            }
        })
    });
    let callers = callers.collect::<Vec<_>>();
    let cutting = tokio::task::spawn_blocking({
        let cuts = Arc::clone(&cuts);
        move || {
            while Arc::strong_count(&cuts) > 2 {
                proxy.cut();
                cuts.fetch_add(1, SeqCst);
            }
            proxy
        }
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let _proxy = cutting.await.unwrap();
    recovered(&backend).await;
}

/// Race 18. The numbers of states begin anew: what the old server has granted looks like what the new one grants.
#[tokio::test]
async fn a_computation_across_a_restart_stores_nothing_for_the_server_numbers_states_anew() {
    let Some((server, backend)) = connected().await else { return };
    for other in 0..20 {
        granted(&backend, &names(&format!("other{other}"), &[])).await;
    }
    let names = names("k", &[]);
    let old = granted(&backend, &names).await;
    server.restart();
    recovered(&backend).await;
    // Other names take numbers, too; the same number is reached for this one.
    let cas = u64::from_be_bytes(old.token.0[8..].try_into().unwrap());
    let new = loop {
        let new = granted(&backend, &names).await;
        let reached = u64::from_be_bytes(new.token.0[8..].try_into().unwrap());
        assert!(reached <= cas, "the numbers do not begin anew: {reached}");
        if reached == cas {
            break new;
        }
        invalidated(&backend, value(&names)).await.unwrap();
    };
    assert_ne!(new.token, old.token, "they are told apart all the same");
    let stale = blob("blob-old", "old");
    assert_eq!(filled(&backend, &names, &old, &stale).await.unwrap(), Filled::Lost);
    assert!(!backend.renew(&names, &mut old.clone(), soon()).await.unwrap());
    backend.release(&names, &old, soon()).await.unwrap();
    assert_eq!(peek(&backend, &names).await.unwrap().blob, None);
    assert_eq!(filled(&backend, &names, &new, &blob("blob-new", "new")).await.unwrap(), Filled::Stored);
}

/// The same when it is the connection that was made anew, and the server is another one at the same address.
#[tokio::test]
async fn a_lease_of_one_server_is_none_of_another_at_the_same_address() {
    let (Some((first, proxy, backend)), Some(second)) = (behind_a_proxy().await, Memcached::start()) else { return };
    let names = names("k", &[]);
    let old = granted(&backend, &names).await;
    proxy.retarget(second.address());
    proxy.cut();
    recovered(&backend).await;
    assert_eq!(filled(&backend, &names, &old, &blob("blob-old", "old")).await.unwrap(), Filled::Lost);
    drop(first);
}

/// A connection that breaks is not a server that was restarted.
#[tokio::test]
async fn a_computation_across_a_broken_connection_is_stored() {
    let Some(server) = Memcached::start() else { return };
    settled(&server).await;
    let proxy = Proxy::to(server.address());
    let backend = MemcachedBackend::connect(&format!("memcached://{}", proxy.address())).await.unwrap();
    let names = names("k", &["a"]);
    let mut grant = granted(&backend, &names).await;
    proxy.cut();
    recovered(&backend).await;
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
}

/// Waits until no later run of the server can be taken for this one.
async fn settled(server: &Memcached) {
    while server.stat("uptime").parse::<u64>().is_ok_and(|uptime| uptime < 3) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
