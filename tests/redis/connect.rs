//! Caches by URL.

use std::time::Duration;

use easycache::{Cache, ErrorKind, Policy, RedisBackend, RedisConfig};
use easycache_testkit::server::RedisServer;

use crate::support::patient;

async fn complaint(url: &str) -> String {
    easycache::connect(url).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_url_sets_the_cache_and_the_backend() {
    let Some(server) = RedisServer::start() else { return };
    let url = patient(&server).replace('?', "/3?namespace=shop&default_ttl=1m&jitter=0&");
    let cache = easycache::connect(&url).await.unwrap();
    cache.set("key", 1, Policy::new()).await.unwrap();
    assert_eq!(cache.namespace(), "shop");
    let mut client = server.client().unwrap();
    client.command(&["SELECT", "3"]).unwrap();
    let left = client.command(&["TTL", "shop:v:{key}"]).unwrap().int();
    assert!((50..=60).contains(&left), "{left}");
}

#[tokio::test]
async fn a_cache_by_url_and_one_in_types_are_the_same() {
    let Some(server) = RedisServer::start() else { return };
    let by_url = easycache::connect(&format!("{}&namespace=shop", patient(&server))).await.unwrap();
    let config: RedisConfig = server.url().parse().unwrap();
    let config = config.connect_timeout(Duration::from_secs(20));
    let backends = [config.connect().await.unwrap(), RedisBackend::lazy(&server.url()).unwrap()];
    for (at, backend) in backends.into_iter().enumerate() {
        let in_types = Cache::builder().namespace("shop").deadline("20s").backend(backend).build().unwrap();
        let key = format!("key:{at}");
        by_url.set(&key, at, Policy::new().tags(["a"])).await.unwrap();
        assert_eq!(in_types.get::<usize>(&key).await.unwrap(), Some(at));
        in_types.invalidate_tags(["a"]).await.unwrap();
        assert_eq!(by_url.get::<usize>(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn applications_with_different_namespaces_share_a_server_and_nothing_else() {
    let Some(server) = RedisServer::start() else { return };
    let one = easycache::connect(&format!("{}&namespace=one", patient(&server))).await.unwrap();
    let two = easycache::connect(&format!("{}&namespace=two", patient(&server))).await.unwrap();
    for cache in [&one, &two] {
        cache.set("key", cache.namespace().to_owned(), Policy::new().tags(["a"])).await.unwrap();
    }
    assert_eq!(two.get("key").await.unwrap(), Some("two".to_owned()));
    one.clear().await.unwrap();
    assert_eq!(one.get::<String>("key").await.unwrap(), None);
    assert_eq!(two.get("key").await.unwrap(), Some("two".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_is_connected() {
    for (url, words) in [
        ("redis://cache?namspace=shop", "there is no option \"namspace\" for redis://: there are namespace, "),
        ("redis://cache?epoch=yes", "epoch=on"),
        ("redis://cache?codec=xml", "codec=xml is not known"),
        ("redis://cache?default_ttl=0s", "a default ttl of zero stores nothing"),
        ("redis://cache?jitter=7", "a jitter of 7 is out of range"),
        ("redis://cache?max_entries=7", "keeps all in its server"),
        ("redis://cache?near=0", "a near tier of 0 entries holds nothing"),
        ("redis://a,b", "name just one"),
        ("rediss+valkey://cache", "is not a scheme that is known: there are memory, redis, "),
    ] {
        let complaint = easycache::connect_lazy(url).unwrap_err();
        assert!(complaint.to_string().contains(words), "{url}: {complaint}");
        assert_ne!(complaint.kind(), ErrorKind::Unavailable, "{url}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_says_why_and_not_the_password() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    let cache = easycache::connect(&patient(&server)).await.unwrap();
    cache.set("key", 1, Policy::new()).await.unwrap();
    let address = server.address();
    for (url, words) in [
        (format!("redis://{address}?connect_timeout=20s"), "give a user and a password"),
        (format!("redis://:wr0ng@{address}?connect_timeout=20s"), "check user and password"),
    ] {
        let complaint = complaint(&url).await;
        assert!(complaint.contains(words) && !complaint.contains("wr0ng"), "{complaint}");
    }
    assert!(!format!("{cache:?}").contains("s3cret"));
}
