//! [`SlowBackend`].

use std::time::Duration;

use easycache_core::{Backend, Error, Result};
use tokio::sync::watch;

use super::{Call, Side, decorate::decorate};

/// A backend that takes its time: a while for each call, or until it is let go on. A caller whose deadline comes first
/// gets the error that it gets from a server that does not answer.
///
/// It is as quick as what it wraps until it is told otherwise. Needs a tokio runtime with time enabled.
#[derive(Debug)]
pub struct SlowBackend<B> {
    inner: B,
    pace: watch::Sender<Pace>,
}

#[derive(Clone, Copy, Debug)]
struct Pace {
    delay: Duration,
    held: bool,
    side: Side,
}

impl<B: Backend> SlowBackend<B> {
    /// `inner`, at its own pace.
    #[must_use]
    pub fn new(inner: B) -> Self {
        Self { inner, pace: watch::Sender::new(Pace { delay: Duration::ZERO, held: false, side: Side::Before }) }
    }

    /// From now on each call takes that much longer: on its way to the server, or on the way back.
    pub fn delay(&self, delay: Duration, side: Side) {
        self.pace.send_modify(|pace| (pace.delay, pace.side) = (delay, side));
    }

    /// From now on every call waits, before its work or after it, until [`resume`](Self::resume).
    pub fn hold(&self, side: Side) {
        self.pace.send_modify(|pace| (pace.held, pace.side) = (true, side));
    }

    /// Lets the calls that wait go on, and those to come.
    pub fn resume(&self) {
        self.pace.send_modify(|pace| pace.held = false);
    }

    /// What is slow.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        let late = |error: Error| (0..call.items).map(|_| Err(error.clone())).collect();
        if let Err(error) = self.wait(&call, Side::Before).await {
            return late(error);
        }
        let answers = work.await;
        match self.wait(&call, Side::After).await {
            Ok(()) => answers,
            Err(error) => late(error),
        }
    }

    async fn wait(&self, call: &Call, side: Side) -> Result<()> {
        let mut pace = self.pace.subscribe();
        let Pace { delay, held, side: slow } = *pace.borrow();
        if slow != side || (delay.is_zero() && !held) {
            return Ok(());
        }
        let waiting = async {
            tokio::time::sleep(delay).await;
            // An error would mean that the backend is gone, which is borrowed here.
            let _ = pace.wait_for(|pace| !pace.held).await;
            Ok(())
        };
        call.deadline.bound(waiting).await
    }
}

decorate!(SlowBackend<B> where B: Backend);
