//! Nodes that answer what they are told to.

use std::sync::{Arc, Mutex, OnceLock};

use easycache_core::{Backend, ErrorKind, Filled, Grant, Token, Version};
use easycache_redis::RedisBackend;

use crate::{
    common::{MINUTE, blob, filled, invalidated, names, read, soon, stamp, value},
    fake::{Asked, FakeServer, bulk},
};

type Log = Arc<Mutex<Vec<Vec<String>>>>;

/// A cluster of one node, which has all slots and does not know its own host. Answers each command with what `answer`
/// returns, which is told how many there were before. What was asked is in the log.
fn node(answer: impl Fn(usize, &[String]) -> Option<Vec<u8>> + Send + Sync + 'static) -> (Log, RedisBackend) {
    let (log, port) = (Log::default(), Arc::new(OnceLock::<String>::new()));
    let (asked, own_port) = (Arc::clone(&log), Arc::clone(&port));
    let server = FakeServer::start("7.0.15", move |command: &Asked| {
        if *command[0] == *b"CLUSTER" {
            let port = own_port.get().expect("it was started");
            return Some(format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:{port}\r\n").into_bytes());
        }
        let words = command.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>();
        let mut asked = asked.lock().expect("nobody panics with it");
        let before = asked.len();
        asked.push(words.clone());
        drop(asked);
        let answer = answer(before, &words)?;
        // It is the one that is meant.
        let answer = String::from_utf8(answer).expect("it is text").replace("PORT", own_port.get()?);
        Some(answer.into_bytes())
    });
    let url = server.url().replace("redis://", "redis+cluster://");
    port.set(url.rsplit(':').next().expect("there is a port").to_owned()).expect("it is set once");
    (log, RedisBackend::lazy(&url).expect("the URL is right"))
}

fn said(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn asked(log: &Log) -> Vec<Vec<String>> {
    std::mem::take(&mut *log.lock().expect("nobody panics with it"))
}

#[tokio::test]
async fn the_lease_ends_before_the_value_goes_where_the_two_are_apart() {
    let (log, backend) = node(|_, words| match words {
        [_, _, _] => Some(said("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")),
        _ => Some(said(":1\r\n")),
    });
    let names = names("k", &[]);
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    let keys = asked(&log).into_iter().map(|words| words[1..].join(" ")).collect::<Vec<_>>();
    // The other way round, what was computed before could be stored in between.
    assert_eq!(keys, ["ns:v:{k} ns:l:{k}", "ns:l:{k}", "ns:v:{k}"]);
}

#[tokio::test]
async fn a_lease_that_may_be_there_still_is_no_invalidation() {
    let (_, backend) = node(|_, words| match words {
        [_, _, _] => Some(said("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")),
        [_, lease] if lease.contains(":l:") => Some(said("-CLUSTERDOWN Hash slot not served\r\n")),
        _ => Some(said(":1\r\n")),
    });
    let error = invalidated(&backend, value(&names("k", &[]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn nodes_that_do_not_agree_are_asked_a_few_times_and_no_more() {
    let (log, backend) = node(|_, _| Some(said("-MOVED 1 127.0.0.1:PORT\r\n")));
    let error = read(&backend, &names("k", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("do not agree"), "{error}");
    assert_eq!(asked(&log).len(), 6);
}

#[tokio::test]
async fn a_command_that_is_sent_on_carries_another_version() {
    let (log, backend) = node(|before, _| match before {
        0 => Some(said("-MOVED 1 127.0.0.1:PORT\r\n")),
        1 => Some(said("-ASK 1 :PORT\r\n")),
        _ => Some(said("+OK\r\n")),
    });
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    let asked = asked(&log);
    let names = asked.iter().map(|words| &*words[0]).collect::<Vec<_>>();
    assert_eq!(names, ["SET", "SET", "ASKING", "SET"]);
    assert!(asked[0][2] != asked[1][2] && asked[1][2] != asked[3][2]);
}

#[tokio::test]
async fn a_fill_that_may_have_been_done_is_not_repeated() {
    let (log, backend) = node(|_, words| if words[0] == "EVALSHA" { None } else { Some(said("+OK\r\n")) });
    let grant = Grant {
        token: Token::mint(),
        versions: Vec::new(),
        origin: Version::NONE,
        leads: true,
        lease: MINUTE,
        state: bytes::Bytes::new(),
    };
    let names = names("k", &[]);
    let error = filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(asked(&log).len(), 1);
    // It was not done where a node says that it belongs elsewhere.
    let (log, backend) =
        node(|before, _| Some(said(if before == 0 { "-MOVED 1 127.0.0.1:PORT\r\n" } else { ":1\r\n" })));
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    assert_eq!(asked(&log).len(), 2);
}

#[tokio::test]
async fn names_of_a_slot_that_are_apart_are_asked_for_one_by_one() {
    let (log, backend) = node(|_, words| match words {
        [_, _] => Some([b"*1\r\n", &*bulk(words[1].as_bytes())].concat()),
        _ => Some(said("-TRYAGAIN Multiple keys request during rehashing of slot\r\n")),
    });
    let seen = read(&backend, &names("k", &[])).await.unwrap();
    assert_eq!(seen.blob.as_deref(), Some(&b"ns:v:{k}"[..]));
    assert_eq!(asked(&log).iter().map(Vec::len).collect::<Vec<_>>(), [3, 2, 2]);
}

#[tokio::test]
async fn a_layout_that_makes_no_sense_is_said_to_be_none() {
    for (layout, complaint) in [
        ("*0\r\n", "no slot of the cluster has a master"),
        ("$7\r\nnothing\r\n", "does not answer as Redis does"),
        ("*2\r\n:1\r\n*1\r\n:7\r\n", "does not answer as Redis does"),
        ("*1\r\n*3\r\n:0\r\n:99999\r\n*2\r\n$1\r\na\r\n:1\r\n", "does not answer as Redis does"),
        ("-NOPERM no permissions to run 'cluster|slots'\r\n", "ACL SETUSER"),
    ] {
        let server = FakeServer::start("7.0.15", move |_| Some(said(layout)));
        let url = server.url().replace("redis://", "redis+cluster://");
        let error = RedisBackend::connect(&url).await.unwrap_err();
        assert!(error.to_string().contains(complaint), "{layout:?}: {error}");
        let lazy = RedisBackend::lazy(&url).unwrap();
        assert!(lazy.invalidate(&[stamp("a")], soon()).await[0].is_err());
    }
}
