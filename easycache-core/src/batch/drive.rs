//! Drives the calls of a batch: as far as they come by themselves, then all their questions together.

use std::{
    future::poll_fn,
    mem,
    task::{Context, Poll},
};

use crate::remote::{Errand, carry_on};

use super::{Batch, crew::Crew};

/// How often in one go those are polled again who were woken meanwhile: somebody who wakes himself all the time must not
/// keep the others from the executor.
const ROUNDS: usize = 32;

/// The calls of a batch, under way.
pub(crate) struct Drive<F: Future> {
    batch: Batch,
    calls: Crew<F>,
    errands: Crew<Errand>,
    answers: Vec<Option<F::Output>>,
}

/// How a batch has come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Still {
    /// Nobody waits for an answer of a backend.
    Quiet,
    /// Somebody does.
    Asking,
}

impl<F: Future> Drop for Drive<F> {
    fn drop(&mut self) {
        drop(self.calls.disband().collect::<Vec<_>>());
        // In this order: what was sent may be an answer to somebody who goes on.
        if let Some(asked) = self.batch.close() {
            let sent = self.errands.disband().map(|errand| errand as Errand);
            sent.chain(asked).for_each(|errand| carry_on(self.batch.caller(), errand));
        }
    }
}

impl<F: Future> Drive<F> {
    pub(crate) fn new(batch: Batch, calls: impl IntoIterator<Item = F>) -> Self {
        let mut crew = Crew::new();
        let answers = calls.into_iter().map(|call| crew.push(call)).map(|()| None).collect();
        Self { batch, calls: crew, errands: Crew::new(), answers }
    }

    /// Drives all of them to their end.
    pub(crate) async fn run(mut self) -> Vec<F::Output> {
        poll_fn(|context| self.poll(context, |_, _| false)).await
    }

    /// `work` is what has to be done for the calls when they have come as far as they can: it returns whether any of them
    /// can go on.
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>, Still) -> bool,
    ) -> Poll<Vec<F::Output>> {
        for _ in 0..ROUNDS {
            let answers = &mut self.answers;
            let called = self.calls.round(|at, answer| answers[at] = Some(answer));
            if self.calls.is_done() {
                return Poll::Ready(mem::take(answers).into_iter().flatten().collect());
            }
            if self.errands.round(|_, ()| {}) || called || self.ask() {
                continue;
            }
            let still = if self.errands.is_done() { Still::Quiet } else { Still::Asking };
            let woken = work(context, still);
            let nobody = self.calls.watch(context.waker()) & self.errands.watch(context.waker());
            if nobody && !woken {
                return Poll::Pending;
            }
        }
        self.ask();
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Sends what the calls ask by now; returns whether they ask anything.
    fn ask(&mut self) -> bool {
        let errands = self.batch.errands();
        let any = !errands.is_empty();
        for errand in errands {
            self.errands.push(errand);
        }
        any
    }
}
