//! Who calls whom: a computation that needs its own key must not wait for itself.

use std::{
    cell::RefCell,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Flight;
use crate::sync::thread_local;

thread_local! {
    /// The flights whose leaders are being polled on this thread, by address, innermost last.
    static POLLING: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Whether `flight`'s leader is further up this thread's stack.
pub(super) fn is_polling(flight: &Arc<Flight>) -> bool {
    POLLING.with(|polling| polling.borrow().contains(&address(flight)))
}

fn address(flight: &Arc<Flight>) -> usize {
    Arc::as_ptr(flight).addr()
}

pin_project! {
    /// The computation of a flight's leader: while it is polled, this thread knows of it.
    #[derive(Debug)]
    pub(crate) struct Polled<F> {
        flight: Option<Arc<Flight>>,
        #[pin]
        computation: F,
    }
}

impl<F> Polled<F> {
    pub(crate) fn new(flight: Option<Arc<Flight>>, computation: F) -> Self {
        Self { flight, computation }
    }
}

impl<F: Future> Future for Polled<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _frame = this.flight.as_ref().map(Frame::enter);
        this.computation.poll(context)
    }
}

/// One level of [`POLLING`]; left even if the computation panics.
struct Frame;

impl Frame {
    fn enter(flight: &Arc<Flight>) -> Self {
        POLLING.with(|polling| polling.borrow_mut().push(address(flight)));
        Self
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        POLLING.with(|polling| polling.borrow_mut().pop());
    }
}
