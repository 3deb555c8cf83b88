//! [`Events`].

use std::sync::atomic::{AtomicU32, Ordering};

use crate::event::Event;

/// The events of a run, from all threads.
#[derive(Debug, Default)]
pub(crate) struct Events(AtomicU32);

impl Events {
    pub(crate) fn note(&self, event: Event) {
        let bit = 1 << event as u32;
        if self.0.load(Ordering::Relaxed) & bit == 0 {
            self.0.fetch_or(bit, Ordering::Relaxed);
        }
    }

    pub(crate) fn had(&self, event: Event) -> bool {
        self.0.load(Ordering::Relaxed) & (1 << event as u32) != 0
    }
}
