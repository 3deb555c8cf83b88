//! What the local tier holds, for how long, and what it says about it.

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
