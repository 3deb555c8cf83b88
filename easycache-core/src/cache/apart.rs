//! Work that is done on threads of its own: whoever has asked for it does not wait, or not for ever.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
};

use tokio::sync::oneshot;

use crate::{
    flight::block_on,
    inside::{self, Around},
    sync::{Mutex, lock},
};

/// A piece of work that borrows nothing.
pub(crate) type Work<R = ()> = Pin<Box<dyn Future<Output = R> + Send>>;

/// Threads at the side of callers that block and whose patience has an end. Behind these a caller does its work itself, and
/// waits for as long as it takes: bodies that hang must not take all memory.
static ASIDE: Threads = Threads::new(512);

/// Has work done on a thread of its own, or by whoever waits for it where there is none to be had. It is inside of all that
/// its caller is inside of.
pub(crate) fn apart<R: Send + 'static>(work: Work<R>) -> Work<R> {
    let (sender, receiver) = oneshot::channel();
    let around = Around::awaited();
    let sending = Box::pin(async move {
        // Whoever has waited may be gone.
        let _gone = sender.send(around.drive(Box::pin(caught(work))).await);
    });
    let left = ASIDE.run(sending);
    Box::pin(async move {
        if let Some(sending) = left {
            sending.await;
        }
        let (returned, notes) = receiver.await.expect("whatever comes of it is sent");
        inside::take_over(&notes);
        returned.unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// The work, and its panic as a value: it is that of whoever waits.
async fn caught<R>(mut work: Work<R>) -> Result<R, Box<dyn Any + Send>> {
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// So many threads at once, and no more.
#[derive(Debug)]
pub(super) struct Threads {
    running: AtomicUsize,
    most: usize,
}

/// The place of one of them; given back when it is dropped.
struct Place(&'static Threads);

impl Threads {
    pub(super) const fn new(most: usize) -> Self {
        Self { running: AtomicUsize::new(0), most }
    }

    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Has work done on a new thread. Gives it back where there is none to be had.
    pub(super) fn run(&'static self, work: Work) -> Option<Work> {
        let Some(place) = self.place() else { return Some(work) };
        // A thread that cannot be started takes what it is given along.
        let given = Arc::new(Mutex::new(Some(work)));
        let taken = Arc::clone(&given);
        let run = move || {
            let work = lock(&taken).take();
            work.into_iter().for_each(block_on);
            drop(place);
        };
        match thread::Builder::new().name("easycache-aside".to_owned()).spawn(run) {
            Ok(_) => None,
            Err(error) => {
                tracing::error!(%error, "no thread can be started for a computation");
                lock(&given).take()
            }
        }
    }

    fn place(&'static self) -> Option<Place> {
        let more = |running| (running < self.most).then_some(running + 1);
        self.running.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok().map(|_| Place(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
