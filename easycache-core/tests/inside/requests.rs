//! Requests, on caches of each kind: what is remembered, and what is seen at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use easycache_core::{Backend, Cache, CacheBuilder, MemoryStore, Policy, Stamped};
use easycache_testkit::MemoryBackend;

use crate::number;

#[path = "requests/changes.rs"]
mod changes;
#[path = "requests/remembered.rs"]
mod remembered;
#[path = "requests/tasks.rs"]
mod tasks;

/// What is changed in a namespace all requests of this process hear of: each test has its own.
fn builder(backend: impl Backend) -> CacheBuilder {
    static NUMBERS: AtomicUsize = AtomicUsize::new(0);
    let namespace = format!("request-{}", NUMBERS.fetch_add(1, Ordering::SeqCst));
    Cache::builder().namespace(namespace).backend(backend)
}

fn on(backend: impl Backend) -> Cache {
    builder(backend).build().unwrap()
}

/// Two caches that have the same entries, of each kind; what they are called.
fn pairs() -> Vec<(&'static str, [Cache; 2])> {
    let local = Cache::builder().build().unwrap();
    vec![
        ("in process", [local.clone(), local]),
        ("with leases", twins(MemoryBackend::new())),
        ("with stamps in copies", twins(MemoryBackend::new().stripes(7))),
        ("on a store", twins(Stamped::new(MemoryStore::new()))),
    ]
}

fn twins(backend: impl Backend) -> [Cache; 2] {
    let backend = Arc::new(backend);
    let one = on(Arc::clone(&backend));
    let other = Cache::builder().namespace(one.namespace()).backend(backend).build().unwrap();
    [one, other]
}

fn policy() -> Policy {
    Policy::ttl("10m").tags(["tag"]).prefix("tenant:1/shop:2")
}

const KEY: &str = "tenant:1/shop:2|key";

async fn read(cache: &Cache, computes: u32) -> u32 {
    number(cache, "key", policy(), computes).await
}
