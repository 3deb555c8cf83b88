//! Properties: of keys, that no two lookups meet which should not; of the cache, that it does what a small model does.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

#[path = "properties/keys.rs"]
mod keys;
#[path = "properties/model.rs"]
mod model;
