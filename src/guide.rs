//! Pages about more than one item.

/// Testing code that caches.
#[doc = include_str!("guide/testing.md")]
pub mod testing {}

/// Watching what caches do.
#[doc = include_str!("guide/watching.md")]
pub mod watching {}
