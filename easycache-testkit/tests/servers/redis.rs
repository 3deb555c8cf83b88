//! One server, and one with a replica.

use std::{
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    process::{Command, Stdio},
    time::Duration,
};

use easycache_testkit::server::{RedisServer, Reply, RespClient, require, until};

#[test]
fn a_server_that_was_started_answers() {
    let Some(server) = RedisServer::start() else { return };
    assert_eq!(server.command(&["PING"]).text(), "PONG");
    assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
    server.command(&[b"SET".as_slice(), b"k", b"\0\r\n\xff"]);
    assert_eq!(server.command(&["GET", "k"]).bytes().unwrap(), b"\0\r\n\xff");
    assert_eq!(server.command(&["GET", "absent"]).bytes(), None);
    assert_eq!(server.command(&["MGET", "k", "absent"]).array().len(), 2);
    assert_eq!(server.command(&["EXISTS", "k"]).int(), 1);
}

#[test]
fn servers_at_the_same_time_have_ports_and_contents_of_their_own() {
    let (Some(one), Some(other)) = (RedisServer::start(), RedisServer::start()) else { return };
    assert_ne!(one.port(), other.port());
    one.command(&["SET", "k", "1"]);
    assert_eq!(other.command(&["GET", "k"]).bytes(), None);
}

#[test]
fn a_killed_server_refuses_connections_and_comes_back_empty_on_the_same_port() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["SET", "k", "1"]);
    let first = server.info("run_id");
    server.kill();
    assert_eq!(server.client().unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    server.restart();
    assert_eq!(server.command(&["GET", "k"]).bytes(), None);
    assert_ne!(server.info("run_id"), first);
}

#[test]
fn a_restarted_server_has_again_what_it_had_saved() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["SET", "k", "old"]);
    server.command(&["SAVE"]);
    server.command(&["SET", "k", "new"]);
    server.restart();
    assert_eq!(server.command(&["GET", "k"]).text(), "old");
}

#[test]
fn a_stopped_server_keeps_its_connections_and_answers_when_it_goes_on() {
    let Some(server) = RedisServer::start() else { return };
    let mut client = server.client().unwrap();
    client.command(&["PING"]).unwrap();
    server.stop();
    client.send(&["SET", "k", "1"]).unwrap();
    until("the system says that it is stopped", || {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", server.process_id())).ok();
        status.is_none_or(|status| status.contains(") T ")).then_some(())
    });
    server.cont();
    assert_eq!(client.receive().unwrap(), Reply::Status("OK".into()));
}

#[test]
fn a_server_ends_with_its_test_also_when_that_panics() {
    let Some(server) = RedisServer::start() else { return };
    let (address, dir) = (server.address(), server.dir().to_owned());
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _server = server;
        panic!("as a test does that fails");
    }));
    assert!(panicked.is_err());
    assert_eq!(RespClient::connect(address).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    assert!(!dir.exists());
}

#[test]
fn a_server_that_other_threads_started_outlives_them() {
    let started = std::thread::spawn(RedisServer::start).join().unwrap();
    let Some(server) = started else { return };
    assert_eq!(server.command(&["PING"]).text(), "PONG");
}

#[test]
fn a_server_that_does_not_start_says_why() {
    if RedisServer::start().is_none() {
        return;
    }
    let panicked = catch_unwind(|| RedisServer::builder().arg("--maxmemory", "lots").start()).unwrap_err();
    let message = panicked.downcast_ref::<String>().unwrap();
    assert!(message.contains("maxmemory"), "{message}");
}

#[test]
fn a_password_is_demanded_and_given() {
    let Some(server) = RedisServer::builder().password("sesame").start() else { return };
    assert_eq!(server.command(&["PING"]).text(), "PONG");
    assert_eq!(server.url(), format!("redis://:sesame@127.0.0.1:{}", server.port()));
    let mut stranger = RespClient::connect(server.address()).unwrap();
    assert!(matches!(stranger.command(&["PING"]).unwrap(), Reply::Error(error) if error.starts_with("NOAUTH")));
}

#[test]
fn a_replica_has_what_its_master_has() {
    let Some(master) = RedisServer::start() else { return };
    master.command(&["SET", "k", "1"]);
    let replica = RedisServer::builder().start_replica_of(&master).unwrap();
    assert_eq!(replica.command(&["GET", "k"]).text(), "1");
    assert_eq!(replica.info("role"), "slave");
}

#[test]
fn a_server_ends_when_the_process_of_its_test_is_killed() {
    if require("redis-server").is_none() || !std::path::Path::new("/usr/bin/setpriv").exists() {
        return;
    }
    // Nobody is left to remove what it leaves behind.
    let dir = std::env::temp_dir().join(format!("easycache-killed-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "redis::a_server_of_a_test_that_does_not_end"])
        .env("TMPDIR", &dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stderr.take().unwrap()).lines();
    let port = lines.find_map(|line| line.ok()?.strip_prefix("port ")?.parse::<u16>().ok()).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    assert!(RespClient::connect(address).is_ok());
    test.kill().unwrap();
    test.wait().unwrap();
    until("the server has ended", || RespClient::connect(address).is_err().then_some(()));
    std::fs::remove_dir_all(&dir).unwrap();
}

#[test]
#[ignore = "another test starts it, and kills it"]
fn a_server_of_a_test_that_does_not_end() {
    let server = RedisServer::start().unwrap();
    eprintln!("port {}", server.port());
    std::thread::sleep(Duration::from_secs(60));
}
