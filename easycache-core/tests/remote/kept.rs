//! The races of a cache in process, on a backend with a near tier that keeps values for an hour: what this process
//! invalidates is seen at once all the same.

use std::time::Duration;

use easycache_core::{Cache, CacheBuilder, Freshness, Near};
use easycache_testkit::MemoryBackend;

#[path = "../races/flights.rs"]
mod flights;
#[path = "../races/invalidation.rs"]
mod invalidation;
#[path = "../races/monotonic.rs"]
mod monotonic;
#[path = "../races/result_tags.rs"]
mod result_tags;

/// As without a near tier.
const LOOKS_AGAIN: bool = true;
/// As without a near tier.
const SHARES_DOOMED_LEASES: bool = true;

fn builder() -> CacheBuilder {
    Cache::builder()
        .backend(MemoryBackend::new())
        .near(Near::bounded(1000).freshness(Freshness::Ttl(Duration::from_secs(3600))))
}
