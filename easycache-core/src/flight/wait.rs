//! Waiting for a flight, by future or by thread.

use std::{
    mem,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use super::Flight;
use crate::{
    clock::{Clock, Moment},
    local::EntryRef,
    sync::{lock, thread},
};

/// How far a flight has come.
#[derive(Debug)]
pub(super) enum State {
    UnderWay { waiting: Vec<(u64, Waker)>, next: u64 },
    Landed(Option<EntryRef>),
}

impl Default for State {
    fn default() -> Self {
        Self::UnderWay { waiting: Vec::new(), next: 0 }
    }
}

impl Flight {
    /// Gives everyone who waits the result; none means that they try in turn. The first landing counts.
    pub(crate) fn land(&self, entry: Option<EntryRef>) {
        let waiting = match &mut *lock(&self.state) {
            State::Landed(_) => return,
            state @ State::UnderWay { .. } => mem::replace(state, State::Landed(entry)),
        };
        // Woken outside the lock: a waker is code of the executor's.
        if let State::UnderWay { waiting, .. } = waiting {
            for (_, waker) in waiting {
                waker.wake();
            }
        }
    }

    /// Whether there is a result, or will be none.
    pub(crate) fn has_landed(&self) -> bool {
        matches!(&*lock(&self.state), State::Landed(_))
    }

    /// Whether anyone waits for the result.
    pub(crate) fn is_awaited(&self) -> bool {
        matches!(&*lock(&self.state), State::UnderWay { waiting, .. } if !waiting.is_empty())
    }

    /// Wakes everyone who waits; returns whether anyone did.
    pub(super) fn wake_waiting(&self) -> bool {
        let waiting = match &*lock(&self.state) {
            State::UnderWay { waiting, .. } => waiting.clone(),
            State::Landed(_) => Vec::new(),
        };
        for (_, waker) in &waiting {
            waker.wake_by_ref();
        }
        !waiting.is_empty()
    }
}

/// How waiting ended.
#[derive(Debug)]
pub(crate) enum Landing {
    /// With a value.
    Value(EntryRef),
    /// Without one: the leader failed, panicked or was cancelled. Try for yourself.
    Nothing,
    /// It has taken too long. Compute for yourself.
    TimedOut,
}

/// Waits until a flight has landed, or until it is late.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    flight: &'a Arc<Flight>,
    clock: &'a dyn Clock,
    until: Moment,
    place: Option<u64>,
}

impl<'a> Wait<'a> {
    pub(crate) fn new(flight: &'a Arc<Flight>, clock: &'a dyn Clock, until: Moment) -> Self {
        Self { flight, clock, until, place: None }
    }
}

impl Future for Wait<'_> {
    type Output = Landing;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Landing> {
        let Self { flight, clock, until, ref mut place } = *self;
        let is_late = clock.now() >= until;
        // Cloned before the lock, and the one it replaces dropped behind it: a waker is code of the executor's.
        let mut waker = context.waker().clone();
        match &mut *lock(&flight.state) {
            State::Landed(Some(entry)) => Poll::Ready(Landing::Value(entry.clone())),
            State::Landed(None) => Poll::Ready(Landing::Nothing),
            State::UnderWay { .. } if is_late => Poll::Ready(Landing::TimedOut),
            State::UnderWay { waiting, next } => {
                let place = *place.get_or_insert_with(|| mem::replace(next, *next + 1));
                match waiting.iter_mut().find(|(other, _)| *other == place) {
                    Some((_, before)) => mem::swap(before, &mut waker),
                    None => waiting.push((place, waker)),
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        let waker = match &mut *lock(&self.flight.state) {
            State::UnderWay { waiting, .. } => {
                waiting.iter().position(|(other, _)| *other == place).map(|at| waiting.swap_remove(at))
            }
            State::Landed(_) => None,
        };
        drop(waker);
    }
}

/// Polls a future to its end on this thread, which sleeps in between: no runtime is needed, and none is in the way.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// Wakes a thread.
struct Sleeper(thread::Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
