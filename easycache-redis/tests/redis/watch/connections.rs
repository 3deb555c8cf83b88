//! Connections that tell of changes: how they end, and how they are made again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Backend, Clock, Deadline, NodeId, Read, SystemClock, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Log, Proxy,
    server::{RedisServer, until},
};

use super::{HEARTBEAT, PATIENCE, Recorder, Told, Watcher, tracked, watched, watching};
use crate::{
    common::{names, read},
    fake::{FakeServer, bulk},
};

/// Waits until nobody tells of changes.
async fn unwatched(watcher: &Watcher) {
    let over = Deadline::after(Duration::from_secs(5));
    while watcher.read(&names("other", &[])).await.is_ok_and(|read| read.nodes.is_some()) {
        assert!(!over.left().is_zero(), "somebody still tells");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn a_watch_begins_without_a_runtime_and_without_a_connection() {
    let Some(server) = RedisServer::start() else { return };
    let watcher = Watcher::on(&server.url());
    assert_eq!(tracked(&server), 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(watcher.read(&names("k", &[]))).unwrap();
    runtime.block_on(watcher.watched(&names("k", &[])));
    assert_eq!(tracked(&server), 1);
}

#[tokio::test]
async fn each_beat_tells_when_the_server_was_asked() {
    let Some((_server, watcher)) = watched() else { return };
    let (_, nodes) = watcher.watched(&names("k", &[])).await;
    let begun = Deadline::after(PATIENCE);
    until("it has been asked five times", || (watcher.sink.beats(nodes[0]).len() >= 5).then_some(()));
    assert!(begun.left() + 3 * HEARTBEAT <= PATIENCE, "not all the time");
    let asked = watcher.sink.beats(nodes[0]);
    assert!(asked.is_sorted() && asked.last().unwrap().since(asked[0]) >= 3 * HEARTBEAT, "{asked:?}");
    assert_eq!(asked.len(), watcher.sink.told().len(), "nothing has changed: {:?}", watcher.sink.told());
}

/// What has happened since the question was sent is not known to have been told.
#[tokio::test]
async fn news_is_as_old_as_the_question() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let watcher = Watcher::on(&proxy.url());
    let (_, nodes) = watcher.watched(&names("k", &[])).await;
    let delay = Duration::from_millis(100);
    proxy.delay(delay);
    // The next one may have been under way.
    let before = watcher.sink.beats(nodes[0]).len();
    let last = until("two more have been answered", || {
        let beats = watcher.sink.beats(nodes[0]);
        (beats.len() >= before + 2).then(|| beats[before + 1])
    });
    let age = SystemClock.now().since(last);
    // The clock is exact to its tick.
    assert!(age + Duration::from_millis(5) >= delay, "{age:?}");
}

#[tokio::test]
async fn a_watch_that_is_dropped_ends_its_connections() {
    let Some((server, watcher)) = watched() else { return };
    watcher.watched(&names("k", &[])).await;
    assert_eq!(tracked(&server), 1);
    let Watcher { backend, sink, watch } = watcher;
    drop(watch);
    until("the connection has ended", || (tracked(&server) == 0).then_some(()));
    read(&backend, &names("k", &[])).await.unwrap();

    let again = backend.watch(watching(&sink)).unwrap();
    let watcher = Watcher { backend, sink, watch: again };
    watcher.watched(&names("k", &[])).await;
    assert_eq!(tracked(&server), 1);
    // Who holds on to it has nobody to tell.
    let Watcher { sink, watch, .. } = watcher;
    drop(sink);
    until("the connection has ended", || (tracked(&server) == 0).then_some(()));
    drop(watch);
}

#[tokio::test]
async fn a_connection_that_is_killed_is_flushed_and_made_again() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    for _ in 0..3 {
        watcher.sink.forget();
        server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        watcher.sink.flushed(nodes[0]);
        let (again, same) = watcher.watched(&names).await;
        assert!(again.seen.blob.is_some());
        assert_eq!(same, nodes, "it is the same server");
        assert_eq!(watcher.sink.news(), [Told::Flush(nodes[0])]);
        until("it is fresh again", || matches!(watcher.sink.told().last(), Some(Told::Fresh(..))).then_some(()));
        server.command(&["SET", "ns:v:{k}", "x"]);
        watcher.sink.lost("ns:v:{k}");
    }
}

/// Nobody is told that such a link is dead.
#[tokio::test]
async fn a_link_that_has_gone_dead_is_flushed_within_the_patience_and_never_fresh_meanwhile() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let watcher = Watcher::on(&proxy.url());
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    proxy.hold();
    let held = Deadline::after(Duration::from_secs(3));
    server.command(&["SET", "ns:v:{k}", "new"]);
    watcher.sink.flushed(nodes[0]);
    assert!(!held.left().is_zero(), "that took too long");
    assert!(!watcher.sink.has_lost("ns:v:{k}"), "it is held");
    let told = watcher.sink.told();
    let flush = told.iter().position(|told| *told == Told::Flush(nodes[0])).unwrap();
    assert_eq!(told[flush..], [Told::Flush(nodes[0])]);
    proxy.resume();
    let (again, same) = watcher.watched(&names).await;
    assert_eq!((again.seen.blob.as_deref(), same), (Some(&b"new"[..]), nodes));
}

#[tokio::test]
async fn questions_that_arrive_whose_answers_do_not_are_no_answers() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let watcher = Watcher::on(&proxy.url());
    let (_, nodes) = watcher.watched(&names("k", &[])).await;
    proxy.hold_replies();
    watcher.sink.forget();
    watcher.sink.flushed(nodes[0]);
    assert!(watcher.sink.beats(nodes[0]).len() <= 1, "one may have been on its way");
    proxy.resume();
    watcher.watched(&names("k", &[])).await;
}

#[tokio::test]
async fn while_nobody_tells_reads_go_on_as_ever() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let watcher = Watcher::on(&proxy.url());
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    server.command(&["ACL", "SETUSER", "default", "-client|tracking"]);
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    watcher.sink.flushed(nodes[0]);
    unwatched(&watcher).await;
    let read = watcher.read(&names).await.unwrap();
    assert!(read.seen.blob.is_some() && read.nodes.is_none());
    assert_eq!(tracked(&server), 0);
}

#[tokio::test]
async fn a_dead_connection_costs_a_read_a_part_of_its_time_and_not_the_answer() {
    let stuck = Arc::new(AtomicBool::new(false));
    let server = FakeServer::start("7.0.15", {
        let stuck = Arc::clone(&stuck);
        move |command| match &*command[0] {
            b"CLIENT" => Some(b"+OK\r\n".to_vec()),
            b"MGET" => Some([b"*1\r\n", &*bulk(b"value")].concat()),
            // What ordinary connections are not asked for.
            b"PTTL" => {
                until("it may answer", || (!stuck.load(SeqCst)).then_some(()));
                Some(b":60000\r\n".to_vec())
            }
            _ => None,
        }
    });
    let watcher = Watcher::on(&server.url());
    let names = names("k", &[]);
    let (_, nodes) = watcher.watched(&names).await;
    stuck.store(true, SeqCst);
    let reads = [Read { names: names.clone(), want: Want::Peek, left: false }];
    let read = watcher.watch.read(&reads, Deadline::after(2 * PATIENCE)).await.remove(0).unwrap();
    assert_eq!((read.seen.blob.as_deref(), read.nodes), (Some(&b"value"[..]), None));
    watcher.sink.flushed(nodes[0]);
    stuck.store(false, SeqCst);
    watcher.watched(&names).await;
}

#[tokio::test]
async fn a_server_that_does_not_permit_it_is_said_once_to_be_one_and_read_from_as_ever() {
    let Some(server) = RedisServer::start() else { return };
    let rules = ["reset", "on", ">secret", "~*", "+@all", "-client|tracking"];
    server.command(&[&["ACL", "SETUSER", "shop"], &rules[..]].concat());
    let log = Log::default();
    let listening = log.listen();
    let watcher = Watcher::on(&server.url().replace("redis://", "redis://shop:secret@"));
    let names = names("k", &["a"]);
    let said = || log.lines().into_iter().filter(|line| line.starts_with("WARN")).collect::<Vec<_>>();
    let over = Deadline::after(Duration::from_secs(5));
    while said().is_empty() {
        assert!(!over.left().is_zero(), "nothing was said");
        assert_eq!(watcher.read(&names).await.unwrap().nodes, None);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    watcher.store(&names).await;
    for _ in 0..20 {
        assert!(watcher.read(&names).await.unwrap().seen.blob.is_some());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(listening);
    let [said] = &said()[..] else { panic!("it is said once: {:?}", said()) };
    assert!(said.contains("+client|tracking") && said.contains("not kept near"), "{said}");
}

#[tokio::test]
async fn what_is_no_redis_and_cannot_tell_is_said_to_be_one() {
    let server = FakeServer::start("7.0.15", |command| match &*command[0] {
        b"CLIENT" => Some(b"-ERR unknown subcommand\r\n".to_vec()),
        b"MGET" => Some([b"*1\r\n", &*bulk(b"value")].concat()),
        _ => None,
    });
    let log = Log::default();
    let listening = log.listen();
    let watcher = Watcher::on(&server.url());
    let over = Deadline::after(Duration::from_secs(5));
    while !log.lines().iter().any(|line| line.contains("CLIENT TRACKING needs Redis itself")) {
        assert!(!over.left().is_zero(), "nothing was said");
        assert_eq!(watcher.read(&names("k", &[])).await.unwrap().nodes, None);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(listening);
}

#[tokio::test]
async fn a_master_that_becomes_a_replica_is_flushed_and_left() {
    let Some((server, watcher)) = watched() else { return };
    let Some(other) = RedisServer::start() else { return };
    let (_, nodes) = watcher.watched(&names("k", &[])).await;
    server.command(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]);
    watcher.sink.flushed(nodes[0]);
    until("nobody is told", || (tracked(&server) == 0).then_some(()));
    server.command(&["REPLICAOF", "NO", "ONE"]);
    watcher.watched(&names("k", &[])).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_flushed_and_one_that_comes_back_is_the_same() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &[]);
    let (_, nodes) = watcher.watched(&names).await;
    server.stop();
    watcher.sink.flushed(nodes[0]);
    server.cont();
    assert_eq!(watcher.watched(&names).await.1, nodes);
    watcher.sink.forget();
    server.kill();
    watcher.sink.flushed(nodes[0]);
    server.restart();
    assert_eq!(watcher.watched(&names).await.1, nodes);
}

#[tokio::test]
async fn several_watches_on_one_backend_are_told_of_the_same() {
    let Some(server) = RedisServer::start() else { return };
    let backend = Arc::new(RedisBackend::lazy(&server.url()).unwrap());
    let sinks = [(); 3].map(|()| Arc::new(Recorder::default()));
    let names = names("k", &[]);
    let mut all = Vec::new();
    for sink in &sinks {
        let watch = backend.watch(watching(sink)).unwrap();
        let watcher = Watcher { backend: RedisBackend::lazy(&server.url()).unwrap(), sink: Arc::clone(sink), watch };
        assert_eq!(watcher.watched(&names).await.1, [NodeId(0)]);
        all.push(watcher);
    }
    assert_eq!(tracked(&server), 3);
    server.command(&["SET", "ns:v:{k}", "x"]);
    for sink in &sinks {
        sink.lost("ns:v:{k}");
    }
}
