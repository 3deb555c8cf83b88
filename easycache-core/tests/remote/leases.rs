//! The races of a cache in process, on a backend with leases.

use easycache_core::{Cache, CacheBuilder};
use easycache_testkit::MemoryBackend;

#[path = "../races/flights.rs"]
mod flights;
#[path = "../races/invalidation.rs"]
mod invalidation;
#[path = "../races/monotonic.rs"]
mod monotonic;
#[path = "../races/result_tags.rs"]
mod result_tags;

/// Whether a caller whose patience is at an end looks once more before it computes.
const LOOKS_AGAIN: bool = true;
/// Whether a computation that begins after an invalidation may have the lease of an older one, which the invalidation has
/// doomed.
const SHARES_DOOMED_LEASES: bool = true;

fn builder() -> CacheBuilder {
    Cache::builder().backend(MemoryBackend::new())
}
