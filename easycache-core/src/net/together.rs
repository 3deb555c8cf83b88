//! Several things at once, in one task.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// Does all of these at once, and returns when the last is done. One alone costs nothing more than itself.
pub async fn together<F: Future>(all: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut all = all.into_iter();
    let Some(first) = all.next() else { return Vec::new() };
    let Some(second) = all.next() else { return vec![first.await] };
    let all = [first, second].into_iter().chain(all);
    let mut places = all.map(|work| Place::Running(Box::pin(work))).collect::<Vec<_>>();
    poll_fn(|context| {
        // Each is polled, also behind one that is not done.
        let running = places.iter_mut().map(|place| place.is_done(context)).filter(|done| !done).count();
        if running == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    places.into_iter().filter_map(Place::output).collect()
}

enum Place<F: Future> {
    Running(Pin<Box<F>>),
    Done(F::Output),
}

// What is done is moved out of its place, which nothing points to; what runs is pinned in a box of its own.
impl<F: Future> Unpin for Place<F> {}

impl<F: Future> Place<F> {
    fn is_done(&mut self, context: &mut Context<'_>) -> bool {
        if let Self::Running(work) = self
            && let Poll::Ready(output) = work.as_mut().poll(context)
        {
            *self = Self::Done(output);
        }
        matches!(self, Self::Done(_))
    }

    fn output(self) -> Option<F::Output> {
        match self {
            Self::Running(_) => None,
            Self::Done(output) => Some(output),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_done_in_their_order_and_at_once() {
        let turns = std::cell::Cell::new(3);
        let work = |number: u32| {
            let turns = &turns;
            poll_fn(move |context| {
                // Each waits until all others have begun.
                turns.set(turns.get() - 1);
                context.waker().wake_by_ref();
                if turns.get() <= 0 { Poll::Ready(number) } else { Poll::Pending }
            })
        };
        assert_eq!(pollster::block_on(together([1, 2, 3].map(work))), [1, 2, 3]);
        assert_eq!(pollster::block_on(together([4].map(|n| async move { n }))), [4]);
        assert_eq!(pollster::block_on(together(std::iter::empty::<std::future::Ready<()>>())), []);
    }
}
