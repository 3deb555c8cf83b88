//! Caches on a real server: what one process stores another finds, and what one invalidates another computes.

use easycache_core::{Cache, Policy, Targets};
use easycache_redis::RedisBackend;
use easycache_testkit::server::RedisServer;

#[tokio::test]
async fn two_processes_share_values_and_invalidations() {
    let Some(server) = RedisServer::start() else { return };
    let mut caches = Vec::new();
    for _ in 0..2 {
        let backend = RedisBackend::connect(&server.url()).await.unwrap();
        caches.push(Cache::builder().namespace("shop").backend(backend).build().unwrap());
    }
    let policy = || Policy::ttl("1h").tags(["a"]).prefix("p/q");
    let [one, other] = [&caches[0], &caches[1]];
    let targets = [
        Targets::new().key("p/q|key"),
        Targets::new().tags(["a"]),
        Targets::new().prefix("p"),
        Targets::new().prefix("p/q"),
    ];
    for (computes, targets) in (1..).zip(targets) {
        let value = one.get_or_compute("key", policy(), || async move { computes }).await.unwrap();
        assert_eq!(value, computes);
        let value = other.get_or_compute("key", policy(), || async { 0 }).await.unwrap();
        assert_eq!(value, computes, "found by the other");
        assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), Some(computes));
        other.invalidate(targets).await.unwrap();
        assert_eq!(one.get::<i32>("p/q|key").await.unwrap(), None);
    }
    one.set("key", 9, policy()).await.unwrap();
    assert_eq!(other.get::<i32>("p/q|key").await.unwrap(), Some(9));
    other.clear().await.unwrap();
    assert_eq!(one.get::<i32>("p/q|key").await.unwrap(), None);
}
