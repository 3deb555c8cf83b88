//! A master that the Sentinels know, and that changes.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use easycache_core::{Backend, Deadline, ErrorKind, Filled, On, Read, Result, Seen, Want};
use easycache_redis::{RedisBackend, RedisConfig};
use easycache_testkit::server::{Sentinel, until};

use crate::{
    common::{acquired, blob, filled, granted, invalidated, names, patiently, read, stamp},
    fake::{FakeServer, bulk},
    trouble::recovered,
};

/// How long a backend may take to find the new master, once the Sentinels know it.
const SOON: Duration = Duration::from_secs(3);

/// The URL of the master that these know.
fn url_of(sentinels: &[SocketAddr]) -> String {
    let hosts = sentinels.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    format!("redis+sentinel://{hosts}?master={}", Sentinel::MASTER)
}

async fn connect_error(url: &str) -> easycache_core::Error {
    RedisBackend::connect(url).await.expect_err("it cannot be connected to")
}

/// Reads again and again until what is read is as it should be. Nobody waits for longer than allowed on the way, and all
/// errors say that it will pass.
async fn eventually(backend: &RedisBackend, is_so: impl Fn(&Seen) -> bool) {
    let over = Deadline::after(SOON);
    loop {
        let limit = Duration::from_millis(300);
        // A busy machine is given as much again.
        let allowed = Deadline::after(2 * limit);
        let reads = [Read { names: names("k", &["a"]), want: Want::Peek, left: false }];
        let seen: Result<Seen> = backend.read(&reads, Deadline::after(limit)).await.remove(0);
        assert!(!allowed.left().is_zero(), "nobody waits longer than the deadline");
        match seen {
            Ok(seen) if is_so(&seen) => return,
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
        assert!(!over.left().is_zero(), "it has not come to that in {SOON:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_master_is_found_through_its_sentinels() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    assert_eq!(sentinel.master().command(&["EXISTS", "ns:v:{k}", "ns:t:a"]).int(), 2);

    let types = sentinel.addresses().into_iter().map(|address| address.to_string().parse().unwrap());
    let backend = RedisConfig::sentinel(Sentinel::MASTER, types).connect().await.unwrap();
    assert!(read(&backend, &names).await.unwrap().blob.is_some());
}

#[tokio::test]
async fn sentinels_and_servers_have_passwords_of_their_own() {
    let sentinel = Sentinel::builder(0).password("of-servers").sentinel_password("of-sentinels").start();
    let Some(sentinel) = sentinel else { return };
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;

    let first = sentinel.addresses()[0].to_string();
    for wrong in ["", "&sentinel_password=wr0ng", "&sentinel_user=me&sentinel_password=wr0ng"] {
        let url = sentinel.url().replace("&sentinel_password=of-sentinels", wrong);
        let error = connect_error(&url).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("sentinel_password") && text.contains(&first), "{text}");
        assert!(!text.contains("wr0ng") && !text.contains("of-"), "{text}");
    }
    let error = connect_error(&sentinel.url().replace("of-servers", "wr0ng")).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let master = sentinel.master().address().to_string();
    assert!(error.to_string().starts_with(&format!("Redis at {master} ")), "{error}");
    assert!(error.to_string().contains("check user and password"), "{error}");
}

#[tokio::test]
async fn a_name_that_the_sentinels_do_not_know_is_answered_with_those_that_they_do() {
    let Some(sentinel) = Sentinel::start(0) else { return };
    let error = connect_error(&sentinel.url().replace("mymaster", "mymistake")).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    let text = error.to_string();
    assert!(text.contains(r#"knows no master "mymistake", but mymaster: check master="#), "{text}");
    assert!(sentinel.addresses().iter().all(|address| text.contains(&address.to_string())), "{text}");
}

#[tokio::test]
async fn what_is_no_sentinel_is_recognised_and_a_sentinel_is_not_taken_for_a_master() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    for server in sentinel.servers() {
        let error = connect_error(&url_of(&[server.address()])).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        let text = error.to_string();
        assert!(text.contains(&format!("{} is no Sentinel: name the Sentinels", server.address())), "{text}");
    }
    let error = connect_error(&sentinel.sentinels()[0].url()).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("connect with redis+sentinel://"), "{error}");
    // One that is right among them is enough.
    let mixed = [sentinel.servers()[1].address(), sentinel.addresses()[2]];
    RedisBackend::connect(&url_of(&mixed)).await.unwrap();
}

#[tokio::test]
async fn one_sentinel_that_answers_is_enough() {
    let Some(sentinel) = Sentinel::start(0) else { return };
    let [dead, silent, _] = sentinel.sentinels() else { panic!("there are three") };
    dead.kill();
    silent.stop();
    let over = Deadline::after(Duration::from_millis(800));
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    assert!(!over.left().is_zero(), "less than the time that connecting may take");
    granted(&backend, &names("k", &["a"])).await;
    silent.cont();
}

#[tokio::test]
async fn sentinels_that_are_all_down_are_missed_only_when_a_connection_is_needed() {
    let Some(sentinel) = Sentinel::start(0) else { return };
    let names = names("k", &["a"]);
    let (old, lazy) = (sentinel.url(), RedisBackend::lazy(sentinel.url()).unwrap());
    let connected = RedisBackend::connect(old).await.unwrap();
    for sentinel in sentinel.sentinels() {
        sentinel.kill();
    }
    let error = read(&lazy, &names).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let text = error.to_string();
    assert!(text.contains(r#"no Sentinel tells where the master "mymaster" is"#), "{text}");
    assert!(sentinel.addresses().iter().all(|address| text.contains(&address.to_string())), "{text}");

    // For longer than it takes to be looked after.
    patiently(Duration::from_millis(1500), async || assert!(read(&connected, &names).await.is_ok())).await;
    sentinel.sentinels()[1].restart();
    recovered(&lazy).await;
}

#[tokio::test]
async fn when_the_master_is_killed_the_backend_goes_on_with_the_next() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    let old = sentinel.master();
    let replica = &sentinel.servers()[1];
    until("the replica has it", || (replica.command(&["EXISTS", "ns:t:a"]).int() == 1).then_some(()));
    old.kill();
    let error = read(&backend, &names).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let text = error.to_string();
    assert!(text.contains(&old.address().to_string()) && text.contains(r#"the master "mymaster""#), "{text}");

    let new = sentinel.elect_another();
    eventually(&backend, |_| true).await;
    assert!(invalidated(&backend, stamp("a")).await.unwrap(), "the replica had it");
    assert_eq!(new.command(&["EXISTS", "ns:t:a"]).int(), 1);
}

#[tokio::test]
async fn when_the_master_says_nothing_any_more_the_backend_goes_on_with_the_next() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    let old = sentinel.master();
    old.stop();
    let new = sentinel.elect_another();
    new.command(&["SET", "ns:v:{k}", "of the new one"]);
    eventually(&backend, |seen| seen.blob.as_deref() == Some(b"of the new one")).await;
    old.cont();
    // It comes back as a master, and is told by and by that it is none.
    patiently(Duration::from_millis(1500), async || {
        let seen = read(&backend, &names("k", &["a"])).await.unwrap();
        assert_eq!(seen.blob.as_deref(), Some(&b"of the new one"[..]));
    })
    .await;
}

#[tokio::test]
async fn a_planned_failover_is_followed() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(sentinel.url()).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    for round in 0..2 {
        let new = sentinel.elect_another();
        let value = format!("of round {round}");
        new.command(&["SET", "ns:v:{k}", &value]);
        eventually(&backend, |seen| seen.blob.as_deref() == Some(value.as_bytes())).await;
        sentinel.wait_until_replica(sentinel.servers().iter().find(|server| server.port() != new.port()).unwrap());
    }
    granted(&backend, &names("other", &["a"])).await;
}

#[tokio::test]
async fn a_user_of_the_sentinels_who_may_do_just_what_is_documented_needs_no_more() {
    let Some(sentinel) = Sentinel::start(0) else { return };
    for sentinel in sentinel.sentinels() {
        let rules = "reader on >password +hello +sentinel|get-master-addr-by-name +sentinel|masters";
        let command = ["ACL", "SETUSER"].into_iter().chain(rules.split_whitespace()).collect::<Vec<_>>();
        sentinel.command(&command);
    }
    let url = format!("{}&sentinel_user=reader&sentinel_password=password", sentinel.url());
    let backend = RedisBackend::connect(&url).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    let error = connect_error(&url.replace("mymaster", "mymistake")).await;
    assert!(error.to_string().contains("but mymaster"), "{error}");
}

/// Why plain reads are not answered by an old master for ever: the Sentinels disconnect its clients when they make it a
/// replica.
#[test]
fn a_master_that_was_replaced_loses_its_clients_when_it_is_told() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let old = sentinel.master();
    let mut client = old.client().unwrap();
    client.command(&["SET", "k", "old"]).unwrap();
    let new = sentinel.elect_another();
    new.command(&["SET", "k", "new"]);
    // Until then it answers as if nothing had happened.
    until("its clients are disconnected", || client.command(&["GET", "k"]).is_err().then_some(()));
    sentinel.wait_until_replica(old);
}

/// And why not until then: the old master has not been told, and nothing breaks the connection to it.
#[tokio::test]
async fn a_master_that_does_not_know_that_it_was_replaced_is_left_all_the_same() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let leader = &sentinel.sentinels()[0];
    let backend = RedisBackend::connect(&url_of(&[leader.address()])).await.unwrap();
    let old = sentinel.master();
    for other in sentinel.sentinels() {
        // They tell nobody of what they find, and wait for four times as long before they correct an old master.
        other.command(&["SENTINEL", "DEBUG", "PUBLISH-PERIOD", "600000"]);
    }
    let told = || leader.command(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Sentinel::MASTER]).array();
    let port = until("there is a new master", || {
        let _refused_while_it_is_under_way = leader.client().unwrap().command(&["SENTINEL", "FAILOVER", "mymaster"]);
        let port = told().remove(1).text();
        (port != old.port().to_string()).then_some(port)
    });
    let new = sentinel.servers().iter().find(|server| server.port().to_string() == port).unwrap();
    new.command(&["SET", "ns:v:{k}", "new"]);
    eventually(&backend, |seen| seen.blob.as_deref() == Some(b"new")).await;
    assert_eq!(old.info("role"), "master");
}

#[tokio::test]
async fn a_sentinel_that_is_wrong_is_not_believed() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let lying = Arc::new(AtomicBool::new(true));
    let fake = FakeServer::start("7.0.15", {
        let (lying, right, wrong) = (Arc::clone(&lying), sentinel.servers()[0].port(), sentinel.servers()[1].port());
        move |_| {
            let port = if lying.load(SeqCst) { wrong } else { right }.to_string();
            Some([b"*2\r\n", &*bulk(b"127.0.0.1"), &*bulk(port.as_bytes())].concat())
        }
    });
    // It is asked first, and tells of a replica: then the other one is asked.
    let backend = RedisBackend::lazy(&url_of(&[fake.address(), sentinel.addresses()[0]])).unwrap();
    recovered(&backend).await;

    // It is the only one, and says of a connection that is well that it leads elsewhere.
    lying.store(false, SeqCst);
    let backend = RedisBackend::connect(&url_of(&[fake.address()])).await.unwrap();
    lying.store(true, SeqCst);
    patiently(Duration::from_millis(2500), async || assert!(read(&backend, &names("k", &[])).await.is_ok())).await;
}

#[tokio::test]
async fn with_epochs_each_reign_is_another() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(&format!("{}&epoch=on", sentinel.url())).await.unwrap();
    let names = names("k", &["a"]);
    let mut origins = Vec::new();
    for _ in 0..3 {
        let seen = read(&backend, &names).await.unwrap();
        origins.push(seen.origin.unwrap());
        let new = sentinel.elect_another();
        // The one that reigned is not killed: when it is elected again it is the same process.
        sentinel.wait_until_replica(sentinel.servers().iter().find(|server| server.port() != new.port()).unwrap());
        let last = *origins.last().unwrap();
        eventually(&backend, |seen| seen.origin != Some(last)).await;
    }
    let all = origins.iter().collect::<HashSet<_>>();
    assert_eq!(all.len(), origins.len(), "{origins:?}");
}

#[tokio::test]
async fn with_epochs_what_was_acquired_before_a_failover_fills_nothing_after_it() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(&format!("{}&epoch=on", sentinel.url())).await.unwrap();
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    sentinel.fail_over();
    recovered(&backend).await;
    let seen = read(&backend, &names).await.unwrap();
    assert_ne!(seen.origin, Some(grant.origin));
    if filled(&backend, &names, &grant, &blob).await.unwrap() == Filled::Stored {
        // With the versions and the origin of then, which are not those that are read now.
        assert_ne!(read(&backend, &names).await.unwrap().stamps, [Some(grant.versions[0])]);
    }
    acquired(&backend, &names, On::Replace).await.unwrap();
}

#[tokio::test]
async fn an_invalidation_that_all_replicas_have_is_not_lost_in_a_failover() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let backend = RedisBackend::connect(&format!("{}&wait=1&wait_timeout=3s", sentinel.url())).await.unwrap();
    let names = names("k", &["a"]);
    let before = granted(&backend, &names).await.versions[0];
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    sentinel.fail_over();
    recovered(&backend).await;
    let after = read(&backend, &names).await.unwrap().stamps[0];
    assert!(after.is_some() && after != Some(before));
}
