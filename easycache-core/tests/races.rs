//! The races of a cache, by controlled interleavings: computations stop in the middle, nothing sleeps.
//!
//! Each test is run for callers that are async and for those that are not, through the methods of `Cache` and as
//! generated code calls. Values are commit numbers: 2 was committed after 1.

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
