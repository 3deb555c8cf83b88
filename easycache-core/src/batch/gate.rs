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
        let mut turn = Turn { gate: self, slot: Some(slot) };
        if let Some(slot) = &turn.slot {
            slot.wait().await;
        }
        turn.slot = None;
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

/// Waiting for a place. Dropped before it has come, as by a caller whose patience is at an end, it is the next one's.
struct Turn<'a> {
    gate: &'a Gate,
    /// None: it has come.
    slot: Option<Arc<Slot<()>>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(slot) = &self.slot else { return };
        let was_given = {
            let waiting = &mut lock(&self.gate.state).waiting;
            let before = waiting.len();
            waiting.retain(|other| !Arc::ptr_eq(other, slot));
            waiting.len() == before
        };
        if was_given {
            self.gate.leave();
        }
    }
}

/// The right to compute; dropped, it is the next one's.
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

#[cfg(not(shuttle))]
#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn a_place_that_was_given_to_somebody_who_has_left_is_the_next_ones() {
        let batch = Batch::new(Some(1));
        let mut context = Context::from_waker(Waker::noop());
        let mut first = Box::pin(batch.enter());
        let Poll::Ready(place) = first.as_mut().poll(&mut context) else { panic!("there is one") };
        let mut gone = Box::pin(batch.enter());
        let mut given = Box::pin(batch.enter());
        let mut last = pin!(batch.enter());
        assert!(gone.as_mut().poll(&mut context).is_pending());
        assert!(given.as_mut().poll(&mut context).is_pending());
        assert!(last.as_mut().poll(&mut context).is_pending());
        // Before it was its turn, and after it was.
        drop(gone);
        drop(place);
        drop(given);
        assert!(last.as_mut().poll(&mut context).is_ready());
    }
}
