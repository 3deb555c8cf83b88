//! Counts computations.

use std::sync::atomic::{AtomicU32, Ordering};

/// How often a body has run.
#[derive(Debug, Default)]
pub struct Calls(AtomicU32);

impl Calls {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// One more; gives the new number.
    pub fn count(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn so_far(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A cache of its own.
pub fn cache() -> easycache::Cache {
    easycache::Cache::builder().build().unwrap()
}
