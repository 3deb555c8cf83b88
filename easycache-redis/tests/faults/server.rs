//! Servers that are killed, stopped, busy or starting.

use std::{
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use easycache_core::ErrorKind;
use easycache_testkit::server::{RedisServer, Reply, until};

use crate::endures::{Trouble, cache, fails_where_it_is_asked_to, value, works_again};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_started_again() {
    let Some(server) = RedisServer::start() else { return };
    let (url, kind) = (&server.url(), ErrorKind::Unavailable);
    let (begin, end) = (&|| server.kill(), &|| server.restart());
    Trouble { url, begin, end, silent: false, kind, says: "cannot be reached" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_and_goes_on() {
    let Some(server) = RedisServer::start() else { return };
    let (url, kind) = (&server.url(), ErrorKind::Unavailable);
    let (begin, end) = (&|| server.stop(), &|| server.cont());
    Trouble { url, begin, end, silent: true, kind, says: "has not answered by the deadline" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_busy_with_somebodys_script() {
    let Some(server) = RedisServer::builder().arg("--busy-reply-threshold", "50").start() else { return };
    let url = &server.url();
    let begin = &|| {
        server.client().unwrap().send(&["EVAL", "while true do end", "0"]).unwrap();
        until("the server says that it is busy", || is_error(&server, "BUSY").then_some(()));
    };
    let end = &|| drop(server.command(&["SCRIPT", "KILL"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Unavailable, says: "BUSY" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_loading_its_data() {
    // A key takes it 5 ms.
    let slow = RedisServer::builder().arg("--key-load-delay", "5000");
    let Some(server) = slow.arg("--loading-process-events-interval-bytes", "1024").start() else { return };
    let fill = "for i = 1, 400 do redis.call('SET', 'other:' .. i, string.rep('x', 200)) end";
    server.command(&["EVAL", fill, "0"]);
    let server = Arc::new(server);
    let (url, starting) = (&server.url(), Mutex::new(None::<JoinHandle<()>>));
    let begin = &|| {
        server.command(&["SAVE"]);
        server.kill();
        let restarted = Arc::clone(&server);
        *starting.lock().unwrap() = Some(thread::spawn(move || restarted.restart()));
        until("the server says that it is loading", || is_error(&server, "LOADING").then_some(()));
    };
    let end = &|| starting.lock().unwrap().take().expect("it was started").join().expect("it has started");
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Unavailable, says: "" }.endure().await;
}

fn is_error(server: &RedisServer, code: &str) -> bool {
    let answer = server.client().and_then(|mut client| client.command(&["PING"]));
    matches!(answer, Ok(Reply::Error(error)) if error.starts_with(code))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_is_a_replica_for_a_while() {
    let (Some(server), Some(other)) = (RedisServer::start(), RedisServer::start()) else { return };
    let url = &server.url();
    let begin = &|| drop(server.command(&["REPLICAOF", "127.0.0.1", &other.port().to_string()]));
    let end = &|| drop(server.command(&["REPLICAOF", "NO", "ONE"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Unavailable, says: "replica" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_trouble_returned_gets_it_and_everybody_else_computes() {
    let Some(server) = RedisServer::start() else { return };
    let cache = cache(&server.url());
    assert_eq!(value(&cache, 1).await, 1);
    server.kill();
    let error = fails_where_it_is_asked_to(&cache).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");
    assert_eq!(value(&cache, 2).await, 2);
    server.restart();
    works_again(&cache).await;
}
