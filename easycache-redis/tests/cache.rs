//! Caches on a real server: what one process stores another finds, and what one invalidates another computes.

use std::time::Duration;

use easycache_core::{Cache, Deadline, ErrorKind, Policy, Targets};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Proxy,
    conformance::caches,
    server::{RedisServer, Sentinel, until},
};

async fn cache(url: &str) -> Cache {
    let backend = RedisBackend::connect(url).await.expect("the server was just started");
    Cache::builder().namespace("shop").backend(backend).build().expect("the settings are good")
}

/// Two processes' caches.
async fn pair(url: &str) -> [Cache; 2] {
    [cache(url).await, cache(url).await]
}

/// What is under that key, as soon as the backend answers.
async fn found(cache: &Cache, key: &str) -> Option<i32> {
    let over = Deadline::after(Duration::from_secs(5));
    loop {
        match cache.get(key).await {
            Ok(found) => return found,
            Err(error) => assert!(error.kind() == ErrorKind::Unavailable && !over.left().is_zero(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn two_processes_share_values_and_invalidations() {
    let Some(server) = RedisServer::start() else { return };
    caches::two_processes_share_values_and_invalidations(&pair(&server.url()).await).await;
}

/// Stores a value, has the master alone acknowledge its invalidation, and lets the replica take over, which has never
/// heard of it. What is found then?
async fn found_after_a_lost_invalidation(options: &str) -> Option<Option<i32>> {
    let sentinel = Sentinel::start(1)?;
    let cache = cache(&format!("{}{options}", sentinel.url())).await;
    cache.set("key", 1, Policy::ttl("1h").tags(["a"])).await.expect("it is stored");
    let [master, replica] = sentinel.servers() else { panic!("a master and a replica") };
    until("the replica has it", || {
        (replica.info("slave_repl_offset") == master.info("master_repl_offset")).then_some(())
    });
    // The connection is closed while the replica cannot make another: nothing waits for it on the way.
    replica.stop();
    master.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    cache.invalidate(Targets::new().tags(["a"])).await.expect("the master has acknowledged it");
    assert_eq!(cache.get::<i32>("key").await.expect("the master answers"), None);
    master.kill();
    replica.cont();
    sentinel.elect_another();
    Some(found(&cache, "key").await)
}

#[tokio::test]
async fn without_further_ado_a_failover_loses_what_replicas_have_not_got() {
    let Some(found) = found_after_a_lost_invalidation("").await else { return };
    assert_eq!(found, Some(1), "as documented: the invalidation is lost");
}

#[tokio::test]
async fn with_epochs_nothing_that_was_invalidated_is_found_after_a_failover() {
    let Some(found) = found_after_a_lost_invalidation("&epoch=on").await else { return };
    assert_eq!(found, None);
}

#[tokio::test]
async fn an_invalidation_that_has_waited_for_all_replicas_holds_after_a_failover() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let url = format!("{}&wait=2&wait_timeout=3s", sentinel.url());
    let [one, other] = pair(&url).await;
    for key in ["by key", "by tag", "by prefix"] {
        one.set(key, 1, Policy::ttl("1h").tags(["a"]).prefix("p")).await.unwrap();
    }
    one.set("still", 2, Policy::ttl("1h")).await.unwrap();
    for targets in [Targets::new().key("p|by key"), Targets::new().tags(["a"]), Targets::new().prefix("p")] {
        one.invalidate(targets).await.unwrap();
    }
    sentinel.fail_over();
    for key in ["p|by key", "p|by tag", "p|by prefix"] {
        assert_eq!(found(&other, key).await, None, "{key}");
    }
    assert_eq!(found(&other, "still").await, Some(2));
}

#[tokio::test]
async fn an_invalidation_that_replicas_have_not_got_is_an_error_until_they_have() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let url = format!("{}&wait=1&wait_timeout=100ms", sentinel.url());
    let cache = cache(&url).await;
    cache.set("key", 1, Policy::ttl("1h").tags(["a"])).await.unwrap();
    let replica = &sentinel.servers()[1];
    replica.stop();
    let error = cache.invalidate(Targets::new().tags(["a"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("replicas"), "{error}");
    assert_eq!(cache.get::<i32>("key").await.ok().flatten(), None, "nor is it found meanwhile");
    replica.cont();
    // It is repeated in the background, on the new master if need be.
    sentinel.fail_over();
    assert_eq!(found(&cache, "key").await, None);
}

#[tokio::test]
async fn values_from_replicas_that_are_behind_are_never_older_than_an_invalidation() {
    let Some(master) = RedisServer::start() else { return };
    let link = Proxy::to(master.address());
    let replica = RedisServer::builder().arg("--replicaof", &format!("127.0.0.1 {}", link.port())).start().unwrap();
    until("the replica is in sync", || (replica.info("master_link_status") == "up").then_some(()));
    let url = format!("redis://{},{}?replicas=read", master.address(), replica.address());
    let [one, other] = pair(&url).await;
    let policy = || Policy::ttl("1h").tags(["a"]).prefix("p");
    for round in 0..60 {
        // Behind by nothing, by one value, by several.
        match round % 5 {
            0 => link.resume(),
            2 => link.hold(),
            _ => {}
        }
        let targets = match round % 3 {
            0 => Targets::new().key("p|key"),
            1 => Targets::new().tags(["a"]),
            _ => Targets::new().prefix("p"),
        };
        one.invalidate(targets).await.unwrap();
        assert_eq!(other.get_or_compute("key", policy(), || async move { round }).await.unwrap(), round);
        assert_eq!(one.get_or_compute("key", policy(), || async { -1 }).await.unwrap(), round);
    }
}

#[tokio::test]
async fn what_depends_on_a_held_tag_is_neither_served_nor_stored_until_it_is_released() {
    let Some(server) = RedisServer::start() else { return };
    for options in ["", "?epoch=on"] {
        let processes = pair(&format!("{}{options}", server.url())).await;
        processes[0].clear().await.unwrap();
        caches::what_depends_on_a_held_tag_is_neither_served_nor_stored_until_it_is_released(&processes).await;
    }
}
