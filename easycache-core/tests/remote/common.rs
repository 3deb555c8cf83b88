//! Caches on backends.

use std::sync::Arc;

use easycache_core::{Backend, Cache, MemoryStore, Policy, Stamped};
use easycache_testkit::MemoryBackend;

pub(crate) fn on(backend: impl Backend) -> Cache {
    Cache::builder().backend(backend).build().expect("the settings are in range")
}

/// Two caches, as two processes have them, on one backend; of each kind.
pub(crate) fn pairs() -> Vec<[Cache; 2]> {
    let memory = Arc::new(MemoryBackend::new());
    let stamped = Arc::new(Stamped::new(MemoryStore::new()));
    vec![[on(Arc::clone(&memory)), on(memory)], [on(Arc::clone(&stamped)), on(stamped)]]
}

pub(crate) async fn number(cache: &Cache, policy: Policy, computes: i32) -> i32 {
    cache
        .get_or_compute("key", policy, || async move { computes })
        .await
        .expect("it computes, whatever the backend does")
}
