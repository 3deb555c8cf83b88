//! A computation while it is polled: who is inside of it, and what they leave.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tracing::Span;

use super::{Frame, Inherited, Notes, address};
use crate::flight::Flight;

pin_project! {
    /// A computation: while it is polled, this thread knows of it. Gives what it returns, and what was noted of it.
    #[derive(Debug)]
    pub(crate) struct Polled<F> {
        flight: Option<Arc<Flight>>,
        notes: Notes,
        span: Span,
        #[pin]
        computation: F,
    }
}

impl<F> Polled<F> {
    /// The computation of a flight's leader, if there is a flight.
    pub(crate) fn new(flight: Option<Arc<Flight>>, inherited: Option<Inherited>, computation: F) -> Self {
        let notes = Notes { no_store: false, inherited: inherited.map(Box::new) };
        Self { flight, notes, span: Span::none(), computation }
    }
}

impl<F> Polled<F> {
    /// Runs it in that span.
    pub(crate) fn inside_of(self, span: Span) -> Self {
        Self { span, ..self }
    }
}

impl<F: Future> Future for Polled<F> {
    type Output = (F::Output, Notes);

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = {
            let flight = this.flight.as_deref().map_or(0, address);
            let _span = this.span.enter();
            let _frame = Frame::computation(flight, this.notes);
            this.computation.poll(context)
        };
        polled.map(|output| (output, mem::take(this.notes)))
    }
}
