//! What is not lost in a failover or a restart, if it is asked for.

use easycache_core::{Acquired, ErrorKind, Filled, On};
use easycache_redis::RedisBackend;
use easycache_testkit::server::RedisServer;

use crate::{
    common::{acquired, blob, filled, granted, invalidated, names, read, stamp, value},
    trouble::recovered,
};

#[tokio::test]
async fn an_invalidation_waits_for_the_replicas() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let backend = RedisBackend::connect(&format!("{}?wait=1&wait_timeout=2s", master.url())).await.unwrap();
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    for _ in 0..20 {
        assert!(invalidated(&backend, stamp("a")).await.unwrap());
        let (there, here) = (replica.command(&["GET", "ns:t:a"]), master.command(&["GET", "ns:t:a"]));
        assert_eq!(there.bytes(), here.bytes());
    }
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    assert_eq!(replica.command(&["EXISTS", "ns:l:{k}"]).int(), 0);
}

#[tokio::test]
async fn an_invalidation_that_replicas_have_not_got_is_an_error_and_done_all_the_same() {
    let Some(master) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&format!("{}?wait=1&wait_timeout=50ms", master.url())).await.unwrap();
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    let error = invalidated(&backend, stamp("a")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("only 0 of 1 replicas"), "{error}");
    let moved = read(&backend, &names).await.unwrap();
    assert_ne!(moved.stamps[0], Some(grant.versions[0]));
}

#[tokio::test]
async fn waiting_for_replicas_holds_up_nobody_else() {
    let Some(master) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&format!("{}?wait=1&wait_timeout=4s", master.url())).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    tokio::select! {
        biased;
        outcome = invalidated(&backend, stamp("a")) => panic!("there is no replica: {outcome:?}"),
        seen = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            read(&backend, &names("k", &["a"])).await
        } => assert!(seen.is_ok()),
    }
}

#[tokio::test]
async fn with_epochs_a_restored_value_is_another_ones() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&format!("{}?epoch=on", server.url())).await.unwrap();
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);
    let before = read(&backend, &names).await.unwrap();
    assert_eq!(before.origin, Some(grant.origin));
    assert_eq!(before.stamps, [Some(grant.versions[0])]);

    server.command(&["SAVE"]);
    server.restart();
    recovered(&backend).await;
    let after = read(&backend, &names).await.unwrap();
    assert_eq!(after.blob, Some(blob), "it was restored");
    assert_ne!(after.origin, before.origin);
    assert_ne!(after.stamps, before.stamps);
    let Acquired::Granted(again) = acquired(&backend, &names, On::Miss(Some(*b"blob-id1"))).await.unwrap() else {
        panic!("the blob is the one that was seen")
    };
    assert_eq!((Some(again.origin), Some(again.versions[0])), (after.origin, after.stamps[0]));
    assert_eq!(filled(&backend, &names, &again, &"0123456789abcdef".into()).await.unwrap(), Filled::Stored);
}

#[tokio::test]
async fn without_epochs_versions_are_as_they_are_kept() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let grant = granted(&backend, &names("k", &["a"])).await;
    assert_eq!(server.command(&["GET", "ns:t:a"]).bytes().as_deref(), Some(&grant.versions[0].0[..]));
    assert_eq!(server.command(&["GET", "ns:l:{k}"]).bytes().as_deref(), Some(&grant.token.0[..]));
}
