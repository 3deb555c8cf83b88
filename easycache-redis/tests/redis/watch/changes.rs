//! What is told to have changed.

use std::time::Duration;

use easycache_core::{On, Want};
use easycache_testkit::server::{RedisServer, until};

use super::{FULL, Told, Watcher, watched};
use crate::common::{acquired, invalidated, names, stamp, value};

#[tokio::test]
async fn a_read_tells_value_stamps_and_the_time_left() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &["a", "b"]);
    let (missing, _) = watcher.watched(&names).await;
    assert_eq!((missing.seen.blob, missing.seen.left, missing.seen.stamps), (None, None, vec![None, None]));
    watcher.store(&names).await;
    let (there, nodes) = watcher.watched(&names).await;
    assert_eq!(nodes.len(), 1);
    assert!(there.seen.blob.is_some() && there.seen.stamps.iter().all(Option::is_some));
    assert!(there.seen.origin.is_some(), "or it could not be valid");
    let left = there.seen.left.expect("it is told");
    assert!((Duration::from_secs(30)..=Duration::from_secs(60)).contains(&left), "{left:?}");
    server.command(&["PERSIST", &names.value]);
    let endless = watcher.read(&names).await.unwrap().seen;
    assert!(endless.blob.is_some() && endless.left.is_none(), "not written by us");
}

#[tokio::test]
async fn a_read_asks_only_for_what_is_wanted() {
    let Some((_server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.watched(&names).await;
    let grant = acquired(&watcher.backend, &names, On::Miss(None)).await.unwrap();
    let easycache_core::Acquired::Granted(grant) = grant else { panic!("there is nothing yet") };
    watcher.settle(&names).await;
    assert_eq!(watcher.read(&names).await.unwrap().seen.lease, None);
    let stamps = watcher.read_as(&names, Want::Stamps).await.unwrap();
    assert_eq!((stamps.seen.origin, stamps.seen.left, stamps.seen.stamps[0]), (None, None, Some(grant.versions[0])));
    invalidated(&watcher.backend, value(&names)).await.unwrap();
    acquired(&watcher.backend, &names, On::Miss(None)).await.unwrap();
    let _behind = watcher.read(&names).await;
    assert_eq!(watcher.sink.news(), [], "nobody has read the lease");
    let full = watcher.read_as(&names, FULL).await.unwrap();
    assert!(full.seen.lease.is_some() && full.seen.grant.is_none(), "{full:?}");
}

#[tokio::test]
async fn whatever_is_written_is_told_once_for_each_time_it_was_read() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    watcher.settle(&names).await;
    invalidated(&watcher.backend, stamp("a")).await.unwrap();
    watcher.sink.lost("ns:t:a");
    invalidated(&watcher.backend, value(&names)).await.unwrap();
    watcher.sink.lost("ns:v:{k}");
    invalidated(&watcher.backend, stamp("a")).await.unwrap();
    server.command(&["SET", "ns:v:{k}", "x"]);
    watcher.read(&names).await.unwrap();
    assert_eq!(watcher.sink.news().len(), 2, "once, and not again until it is read: {:?}", watcher.sink.news());
    server.command(&["SET", "ns:v:{k}", "y"]);
    until("it is told again", || (watcher.sink.news().len() == 3).then_some(()));
}

#[tokio::test]
async fn what_scripts_write_is_told_our_own_included() {
    let Some((_server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.watched(&names).await;
    watcher.settle(&names).await;
    watcher.store(&names).await;
    watcher.sink.lost("ns:t:a");
    watcher.sink.lost("ns:v:{k}");
}

#[tokio::test]
async fn what_expires_is_told() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    server.command(&["PEXPIRE", "ns:v:{k}", "50"]);
    watcher.settle(&names).await;
    watcher.sink.lost("ns:v:{k}");
}

#[tokio::test]
async fn what_makes_room_is_told() {
    let builder = RedisServer::builder().arg("--maxmemory", "3mb").arg("--maxmemory-policy", "allkeys-random");
    let Some(server) = builder.start() else { return };
    let watcher = Watcher::on(&server.url());
    let many = (0..100).map(|i| names(&i.to_string(), &[])).collect::<Vec<_>>();
    for names in &many {
        server.command(&["SET", &names.value, "x"]);
        watcher.watched(names).await;
    }
    watcher.sink.forget();
    let mut client = server.client().unwrap();
    let body = "x".repeat(4000);
    let gone = |client: &mut easycache_testkit::server::RespClient| {
        let is_gone = |name: &&str| client.command(&["EXISTS", name]).unwrap().int() == 0;
        many.iter().map(|names| &*names.value).filter(is_gone).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut i = 0;
    let gone = until("some have gone", || {
        for _ in 0..50 {
            i += 1;
            client.command(&["SET", &format!("other{i}"), &body]).unwrap();
        }
        Some(gone(&mut client)).filter(|gone| gone.len() > 10)
    });
    for name in &gone {
        watcher.sink.lost(name);
    }
}

/// Safe, if not quick.
#[tokio::test]
async fn what_a_server_cannot_keep_in_mind_is_told_to_have_changed() {
    let Some(server) = RedisServer::builder().arg("--tracking-table-max-keys", "50").start() else { return };
    let watcher = Watcher::on(&server.url());
    for i in 0..200 {
        watcher.watched(&names(&i.to_string(), &[])).await;
    }
    until("all but 50 are lost", || (watcher.sink.news().len() >= 150).then_some(()));
    assert!(watcher.sink.news().iter().all(|told| matches!(told, Told::Lost(_))));
}

#[tokio::test]
async fn a_server_that_loses_everything_is_flushed_and_fresh_again_at_once() {
    let Some((server, watcher)) = watched() else { return };
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    for all in [&["FLUSHALL"][..], &["FLUSHALL", "ASYNC"], &["FLUSHDB"]] {
        watcher.settle(&names).await;
        server.command(all);
        watcher.sink.flushed(nodes[0]);
        until("it is fresh again", || matches!(watcher.sink.told().last(), Some(Told::Fresh(..))).then_some(()));
        let (seen, same) = watcher.watched(&names).await;
        assert_eq!((seen.seen.blob, same), (None, nodes.clone()));
        assert!(watcher.sink.news().contains(&Told::Flush(nodes[0])));
    }
}
