//! Servers that make room: values, leases and stamps are gone at any time.

use std::collections::HashMap;

use easycache_core::{Policy, Targets};
use easycache_testkit::server::RedisServer;
use fastrand::Rng;

use crate::endures::patient_cache;

const ROWS: u64 = 400;
const STEPS: u64 = 1500;

/// With one caller, what must be read is known at any time.
async fn never_serves_what_was_invalidated(policy: &str) {
    let full = RedisServer::builder().arg("--maxmemory", "2mb").arg("--maxmemory-policy", policy);
    let Some(server) = full.start() else { return };
    let cache = patient_cache(&server.url());
    let (mut source, mut rng) = (HashMap::<u64, u64>::new(), Rng::with_seed(7));
    for step in 0..STEPS {
        let row = rng.u64(..ROWS);
        if rng.u64(..5) == 0 {
            let rows = (0..ROWS).filter(|other| other % 20 == row % 20);
            source.extend(rows.map(|row| (row, step)));
            let targets = match step % 3 {
                0 => Targets::new().tags([format!("team:{}", row % 20)]),
                1 => Targets::new().prefix(format!("team:{}", row % 20)),
                _ => (0..ROWS)
                    .filter(|other| other % 20 == row % 20)
                    .fold(Targets::new(), |targets, row| targets.key(format!("team:{}|row:{row}", row % 20))),
            };
            // It may be refused, for want of memory: then it is done later, and not believed until then.
            let _ = cache.invalidate(targets).await;
        }
        let (now, team) = (source.get(&row).copied().unwrap_or_default(), format!("team:{}", row % 20));
        let policy = Policy::ttl("1h").tags([&team]).prefix(&team);
        let value = (now, "x".repeat(8000));
        let read = cache.get_or_compute(&format!("row:{row}"), policy, || async { value }).await.unwrap();
        assert_eq!(read.0, now, "step {step}");
    }
    let stats = cache.stats();
    assert!(server.info("evicted_keys").parse::<u64>().unwrap() > 100, "{stats}");
    assert!(stats.hits > 50, "{stats}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_what_was_not_used_for_long() {
    never_serves_what_was_invalidated("allkeys-lru").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_what_would_expire_first() {
    never_serves_what_was_invalidated("volatile-ttl").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_evicts_anything() {
    never_serves_what_was_invalidated("allkeys-random").await;
}
