//! Pages about more than one item.

/// Configuration: from variables of the environment, and from files.
#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

/// Testing code that caches.
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

/// Requests that remember what they have read.
#[doc = include_str!("guide/requests.md")]
pub mod requests {}

/// Watching what caches do.
#[doc = include_str!("guide/watching.md")]
pub mod watching {}

/// Models: objects that are cached by their id, with all that belongs to them.
#[doc = include_str!("guide/models.md")]
pub mod models {}
