//! The races of a cache, by controlled interleavings: computations stop in the middle, nothing sleeps.
//!
//! Each test is run for callers that are async and for those that are not, through the methods of `Cache` and as
//! generated code calls. Values are commit numbers: 2 was committed after 1.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

#[path = "support/calls.rs"]
mod calls;
#[path = "races/flights.rs"]
mod flights;
#[path = "races/invalidation.rs"]
mod invalidation;
#[path = "races/monotonic.rs"]
mod monotonic;
#[path = "races/result_tags.rs"]
mod result_tags;

/// Whether a caller whose patience is at an end looks once more before it computes.
const LOOKS_AGAIN: bool = false;
/// Whether a computation that begins after an invalidation may have the lease of an older one, which the invalidation has
/// doomed.
const SHARES_DOOMED_LEASES: bool = false;

/// A cache in process. The same tests run on backends in `remote`.
fn builder() -> easycache_core::CacheBuilder {
    easycache_core::Cache::builder()
}

/// Nothing in process needs a runtime.
fn enter() -> Option<tokio::runtime::EnterGuard<'static>> {
    None
}
