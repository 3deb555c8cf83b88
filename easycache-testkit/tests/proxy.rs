//! The proxy does to connections what it is told to, and counts what passes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{io, net::SocketAddr, time::Duration};

use easycache_testkit::{
    Proxy,
    server::{RedisServer, Reply, RespClient, until},
};

/// A server behind a proxy, and a client of the proxy.
fn behind_a_proxy() -> Option<(RedisServer, Proxy, RespClient)> {
    let server = RedisServer::start()?;
    let proxy = Proxy::to(server.address());
    let client = RespClient::connect(proxy.address()).unwrap();
    Some((server, proxy, client))
}

fn pong() -> Reply {
    Reply::Status("PONG".into())
}

/// Whether nothing comes for a while.
fn is_silent(client: &mut RespClient) -> bool {
    let answer = client.receive_within(Duration::from_millis(100)).unwrap();
    answer.is_none()
}

#[test]
fn bytes_pass_to_and_fro() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    let large = vec![7; 3_000_000];
    client.command(&[b"SET".as_slice(), b"k", &large]).unwrap();
    assert!(client.command(&["GET", "k"]).unwrap() == Reply::Bulk(large));
    assert_eq!(proxy.tally().commands(), ["SET", "GET"]);
    assert!(proxy.tally().bytes_requested() > 3_000_000);
    assert!(proxy.tally().bytes_replied() > 3_000_000);
}

#[test]
fn a_round_trip_is_what_is_sent_without_waiting_in_between() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    for _ in 0..3 {
        client.command(&["PING"]).unwrap();
    }
    assert_eq!(proxy.tally().round_trips(), 3);
    proxy.reset();
    client.send_all(&[&["GET", "a"], &["GET", "b"], &["get", "c"]]).unwrap();
    for _ in 0..3 {
        assert_eq!(client.receive().unwrap(), Reply::Nil);
    }
    assert_eq!(proxy.tally().round_trips(), 1);
    assert_eq!((proxy.tally().count("get"), proxy.tally().connections()), (3, 0));
}

#[test]
fn connections_are_counted() {
    let Some((_server, proxy, client)) = behind_a_proxy() else { return };
    let mut other = RespClient::connect(proxy.address()).unwrap();
    other.command(&["PING"]).unwrap();
    until("both are there", || (proxy.connections() == 2).then_some(()));
    drop((client, other));
    until("both are gone", || (proxy.connections() == 0).then_some(()));
    assert_eq!(proxy.tally().connections(), 2);
}

#[test]
fn while_it_holds_nothing_passes_and_nobody_is_told() {
    let Some((server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    proxy.hold();
    client.send(&["SET", "k", "1"]).unwrap();
    let mut late = RespClient::connect(proxy.address()).unwrap();
    late.send(&["PING"]).unwrap();
    assert!(is_silent(&mut client) && is_silent(&mut late));
    assert_eq!(server.command(&["GET", "k"]), Reply::Nil);
    proxy.resume();
    assert_eq!(client.receive().unwrap(), Reply::Status("OK".into()));
    assert_eq!(late.receive().unwrap(), pong());
}

#[test]
fn while_it_holds_replies_requests_are_done() {
    let Some((server, proxy, mut client)) = behind_a_proxy() else { return };
    proxy.hold_replies();
    client.send(&["SET", "k", "1"]).unwrap();
    until("it is done", || (server.command(&["EXISTS", "k"]).int() == 1).then_some(()));
    assert!(is_silent(&mut client));
    proxy.resume();
    assert_eq!(client.receive().unwrap(), Reply::Status("OK".into()));
}

#[test]
fn what_is_cut_is_reset_and_new_connections_pass() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    proxy.cut();
    assert_eq!(proxy.connections(), 0);
    assert_eq!(client.receive().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let mut next = RespClient::connect(proxy.address()).unwrap();
    assert_eq!(next.command(&["PING"]).unwrap(), pong());
}

#[test]
fn what_is_held_can_be_cut() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    proxy.hold();
    client.send(&["PING"]).unwrap();
    proxy.cut();
    assert!(client.receive().is_err());
}

#[test]
fn while_it_refuses_there_are_no_new_connections() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    for _ in 0..3 {
        proxy.refuse();
        let refused = RespClient::connect(proxy.address()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(client.command(&["PING"]).unwrap(), pong());
        proxy.accept();
        let mut next = RespClient::connect(proxy.address()).unwrap();
        assert_eq!(next.command(&["PING"]).unwrap(), pong());
    }
}

#[test]
fn a_delay_is_the_same_for_what_is_sent_at_once() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    proxy.delay(Duration::from_millis(150));
    client.send(&["PING"]).unwrap();
    assert!(is_silent(&mut client));
    assert_eq!(client.receive().unwrap(), pong());
    proxy.delay(Duration::ZERO);
    client.send(&["PING"]).unwrap();
    assert!(!is_silent(&mut client));
}

#[test]
fn a_truncated_reply_arrives_in_part() {
    let Some((server, proxy, mut client)) = behind_a_proxy() else { return };
    server.command(&["SET", "k", "a value of some length"]);
    proxy.truncate(8);
    assert_eq!(client.command(&["GET", "k"]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(proxy.tally().count("GET"), 1);
    let mut next = RespClient::connect(proxy.address()).unwrap();
    assert_eq!(next.command(&["GET", "k"]).unwrap().text(), "a value of some length");
}

#[test]
fn a_truncated_request_arrives_in_part() {
    let Some((server, proxy, mut client)) = behind_a_proxy() else { return };
    let set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\n".len();
    proxy.truncate_requests(set + 8);
    client.command(&["SET", "k", "1"]).unwrap();
    assert_eq!(client.command(&["SET", "k", "2"]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(server.command(&["GET", "k"]).text(), "1");
}

#[test]
fn the_end_of_a_server_is_passed_on_and_another_can_take_its_place() {
    let Some((server, proxy, mut client)) = behind_a_proxy() else { return };
    client.command(&["PING"]).unwrap();
    server.kill();
    assert!(client.receive().is_err());
    let mut early = RespClient::connect(proxy.address()).unwrap();
    assert!(early.command(&["PING"]).is_err());
    let other = RedisServer::start().unwrap();
    proxy.retarget(other.address());
    let mut next = RespClient::connect(proxy.address()).unwrap();
    assert_eq!(next.command(&["PING"]).unwrap(), pong());
}

#[tokio::test]
async fn an_async_test_can_have_one_and_drop_it() {
    let Some((_server, proxy, mut client)) = behind_a_proxy() else { return };
    proxy.cut();
    proxy.refuse();
    drop(proxy);
    assert!(client.command(&["PING"]).is_err());
    // A server that is not there is the client's to notice, not the proxy's.
    let nowhere = Proxy::to(SocketAddr::from(([127, 0, 0, 1], 1)));
    let mut client = RespClient::connect(nowhere.address()).unwrap();
    assert!(client.command(&["PING"]).is_err());
}
