//! When it is told: before the answers that the server has sent later.

use easycache_core::Names;

use super::{Watcher, watched};
use crate::{
    common::names,
    fake::{FakeServer, bulk},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_read_began_is_told_before_it_returns() {
    let Some((server, watcher)) = watched() else { return };
    let (changing, other) = (names("k", &[]), names("other", &[]));
    watcher.watched(&changing).await;
    let mut writer = server.client().unwrap();
    for round in 0..1500 {
        watcher.read(&changing).await.unwrap();
        watcher.sink.forget();
        writer.command(&["SET", &changing.value, &round.to_string()]).unwrap();
        let read = watcher.read(&other).await.unwrap();
        assert!(read.nodes.is_some());
        assert!(watcher.sink.has_lost(&changing.value), "not by the time that the read returned, round {round}");
    }
}

/// A server that tells that `name` has changed in the same breath as it answers.
fn breathless(name: &'static str, before: bool) -> FakeServer {
    FakeServer::start("7.0.15", move |command| match &*command[0] {
        b"MGET" => {
            let push = [b">2\r\n", &*bulk(b"invalidate"), b"*1\r\n", &*bulk(name.as_bytes())].concat();
            let answer = [b"*1\r\n", &*bulk(b"value")].concat();
            Some(if before { [push, answer].concat() } else { [answer, push].concat() })
        }
        b"CLIENT" => Some(b"+OK\r\n".to_vec()),
        b"PTTL" => Some(b":60000\r\n".to_vec()),
        _ => None,
    })
}

/// Two commands make one read: what is told between their answers is told before the read returns as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_before_or_between_the_answers_of_a_read_comes_before_its_return() {
    for before in [true, false] {
        let server = breathless("ns:v:{k}", before);
        let watcher = Watcher::on(&server.url());
        let names: Names = names("k", &[]);
        watcher.watched(&names).await;
        for round in 0..500 {
            watcher.sink.forget();
            let read = watcher.read(&names).await.unwrap();
            assert!(read.nodes.is_some() && read.seen.left.is_some());
            assert!(watcher.sink.has_lost("ns:v:{k}"), "round {round}, told first: {before}");
        }
    }
}

/// A name that has changed while it was read is told after the read began, whatever the read has shown: a ticket taken
/// before it is no good any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_of_what_changes_meanwhile_is_told_to_be_lost_unless_it_is_new() {
    let Some((server, watcher)) = watched() else { return };
    let writer = std::thread::spawn({
        let address = server.address();
        move || {
            let mut client = easycache_testkit::server::RespClient::connect(address).unwrap();
            (0..2000).for_each(|round| drop(client.command(&["SET", "ns:v:{k}", &round.to_string()])));
        }
    });
    let names = names("k", &[]);
    watcher.watched(&names).await;
    while !writer.is_finished() {
        watcher.sink.forget();
        let read = watcher.read(&names).await.unwrap().seen.blob.expect("it is there");
        let now = server.command(&["GET", "ns:v:{k}"]).bytes().unwrap();
        if read != now {
            watcher.sink.lost("ns:v:{k}");
        }
    }
    writer.join().unwrap();
}
