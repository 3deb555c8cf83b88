//! What is called inside of what: computations that inherit, and scopes that leave the cache alone. In process, and on
//! backends of each kind, with two caches as two processes have them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use easycache_core::{Backend, Cache, MemoryStore, Policy, Stamped};
use easycache_testkit::MemoryBackend;

#[path = "inside/errors.rs"]
mod errors;
#[path = "inside/inherit.rs"]
mod inherit;
#[path = "inside/requests.rs"]
mod requests;
#[path = "inside/scopes.rs"]
mod scopes;

/// Two caches that have the same entries, of each kind; what they are called.
fn pairs() -> Vec<(&'static str, [Cache; 2])> {
    let local = Cache::builder().build().unwrap();
    let mut pairs = vec![("in process", [local.clone(), local])];
    pairs.extend(remote_pairs());
    pairs
}

/// The same on backends alone.
fn remote_pairs() -> Vec<(&'static str, [Cache; 2])> {
    let memory = Arc::new(MemoryBackend::new());
    let striped = Arc::new(MemoryBackend::new().stripes(7));
    let stamped = Arc::new(Stamped::new(MemoryStore::new()));
    vec![
        ("with leases", [on(Arc::clone(&memory)), on(memory)]),
        ("with stamps in copies", [on(Arc::clone(&striped)), on(striped)]),
        ("on a store", [on(Arc::clone(&stamped)), on(stamped)]),
    ]
}

fn on(backend: impl Backend) -> Cache {
    Cache::builder().backend(backend).build().unwrap()
}

async fn number(cache: &Cache, key: &str, policy: Policy, computes: u32) -> u32 {
    cache.get_or_compute(key, policy, || async move { computes }).await.unwrap()
}
