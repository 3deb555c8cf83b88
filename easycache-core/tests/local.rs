//! What the local tier holds, for how long, and what it says about it.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

#[path = "local/bounds.rs"]
mod bounds;
#[path = "local/housekeeping.rs"]
mod housekeeping;
#[path = "local/names.rs"]
mod names;
#[path = "local/reentry.rs"]
mod reentry;
#[path = "local/registry.rs"]
mod registry;
#[path = "local/ttl.rs"]
mod ttl;
