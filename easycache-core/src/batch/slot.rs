//! A place for one answer, and for who waits for it.
//!
//! Not a channel of the runtime's: those make a task pause after some hundred answers, and a batch would fall apart into
//! several.

use std::{
    future::poll_fn,
    mem,
    task::{Poll, Waker},
};

use crate::sync::{Mutex, lock};

/// Filled once, and waited for by one.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
enum State<T> {
    Empty(Option<Waker>),
    Full(T),
    Taken,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State::Empty(None)) }
    }
}

impl<T> Slot<T> {
    /// Gives the answer; the first counts.
    pub(crate) fn fill(&self, value: T) {
        let waker = match &mut *lock(&self.state) {
            state @ State::Empty(_) => match mem::replace(state, State::Full(value)) {
                State::Empty(waker) => waker,
                State::Full(_) | State::Taken => None,
            },
            State::Full(_) | State::Taken => return,
        };
        // Outside the lock: a waker is code of the executor's.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits for the answer.
    pub(crate) async fn wait(&self) -> T {
        poll_fn(|context| {
            let mut waker = Some(context.waker().clone());
            let state = &mut *lock(&self.state);
            match state {
                State::Full(_) => match mem::replace(state, State::Taken) {
                    State::Full(value) => Poll::Ready(value),
                    State::Empty(_) | State::Taken => Poll::Pending,
                },
                State::Empty(before) => {
                    // The old one is dropped behind the lock.
                    mem::swap(before, &mut waker);
                    Poll::Pending
                }
                State::Taken => Poll::Pending,
            }
        })
        .await
    }
}
