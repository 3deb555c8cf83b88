//! How many bodies of a batch run at a time.

use std::{collections::VecDeque, sync::Arc};

use crate::sync::{Mutex, lock};

use super::{Batch, Slot};

/// Lets so many in at a time, in the order in which they come.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: VecDeque<Arc<Slot<()>>>,
}

impl Gate {
    pub(super) fn new(places: usize) -> Self {
        Self { state: Mutex::new(State { free: places.max(1), waiting: VecDeque::new() }) }
    }

    pub(super) async fn enter(&self) {
        let slot = {
            let mut state = lock(&self.state);
            if state.free > 0 {
                state.free -= 1;
                return;
            }
            let slot = Arc::new(Slot::default());
            state.waiting.push_back(Arc::clone(&slot));
            slot
        };
        slot.wait().await;
    }

    fn leave(&self) {
        let next = {
            let mut state = lock(&self.state);
            let next = state.waiting.pop_front();
            if next.is_none() {
                state.free += 1;
            }
            next
        };
        if let Some(next) = next {
            next.fill(());
        }
    }
}

/// The right to compute; dropped, it is the next one's. Those who wait are all dropped together, with their batch.
#[derive(Debug)]
pub(crate) struct Place(Batch);

impl Place {
    pub(super) fn new(batch: Batch) -> Self {
        Self(batch)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.gate().leave();
    }
}
