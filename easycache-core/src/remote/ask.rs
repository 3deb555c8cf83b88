//! Asking the backend, within the time there is for one call.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Remote, runtime};
use crate::{
    backend::{Acquire, Acquired, Deadline, Fill, Filled, Grant, Names, Read, Seen, Target},
    error::{Error, ErrorKind, Result},
    flight::Caller,
};

/// Who asks, and how much time there is left for it. What is computed in between does not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) caller: Caller,
    left: Duration,
}

impl Asker {
    /// The same caller, with as much time as there was in the beginning.
    pub(super) fn afresh(self, remote: &Remote) -> Self {
        remote.asker(self.caller)
    }
}

impl Remote {
    pub(super) fn asker(&self, caller: Caller) -> Asker {
        Asker { caller, left: self.settings.deadline }
    }

    /// Reads one thing.
    pub(super) async fn read(self: &Arc<Self>, asker: &mut Asker, read: Read) -> Result<Seen> {
        let (backend, stamps) = (Arc::clone(&self.backend), read.names.stamps.len());
        let mut seen = self.ask(asker, |deadline| async move { only(backend.read(&[read], deadline).await) }).await?;
        // What is not answered is not there.
        seen.stamps.resize(stamps, None);
        Ok(seen)
    }

    /// Reads many things in one round trip.
    pub(super) async fn read_all(self: &Arc<Self>, asker: &mut Asker, reads: Vec<Read>) -> Result<Vec<Result<Seen>>> {
        let backend = Arc::clone(&self.backend);
        self.ask(asker, |deadline| async move { Ok(backend.read(&reads, deadline).await) }).await
    }

    pub(super) async fn acquire(self: &Arc<Self>, asker: &mut Asker, acquire: Acquire) -> Result<Acquired> {
        let backend = Arc::clone(&self.backend);
        self.ask(asker, |deadline| async move { only(backend.acquire(&[acquire], deadline).await) }).await
    }

    pub(super) async fn store(self: &Arc<Self>, asker: &mut Asker, fill: Fill) -> Result<Filled> {
        let backend = Arc::clone(&self.backend);
        self.ask(asker, |deadline| async move { only(backend.fill(&[fill], deadline).await) }).await
    }

    /// Invalidates in one round trip; tells of each whether it was done.
    pub(super) async fn bump(self: &Arc<Self>, asker: &mut Asker, targets: Vec<Target>) -> Vec<Result<bool>> {
        let (backend, count) = (Arc::clone(&self.backend), targets.len());
        let work = |deadline| async move { Ok(backend.invalidate(&targets, deadline).await) };
        match self.ask(asker, work).await {
            Ok(mut answers) => {
                // What is not answered is not known to be done.
                answers.resize_with(count, || Err(unanswered()));
                self.note(answers.iter().find_map(|answer| answer.as_ref().err()));
                answers
            }
            Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
        }
    }

    /// Prolongs a lease.
    pub(super) async fn renew(&self, names: &Names, grant: &mut Grant) -> Result<bool> {
        self.backend.renew(names, grant, Deadline::after(self.settings.deadline)).await
    }

    /// Ends a lease.
    pub(super) async fn release(&self, names: &Names, grant: &Grant) -> Result<()> {
        self.backend.release(names, grant, Deadline::after(self.settings.deadline)).await
    }

    async fn ask<T, Fut>(&self, asker: &mut Asker, work: impl FnOnce(Deadline) -> Fut) -> Result<T>
    where
        T: Send + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let deadline = Deadline::after(asker.left);
        let answer = runtime::run(asker.caller, work(deadline)).await.and_then(|answer| answer);
        asker.left = deadline.left();
        self.note(answer.as_ref().err());
        answer
    }

    /// Says in the log when trouble begins, and when it is over.
    fn note(&self, error: Option<&Error>) {
        let was_in_trouble = self.in_trouble.load(Ordering::Relaxed);
        // Swapped only where it changes: a cache line that nobody writes to is shared by all.
        if was_in_trouble == error.is_some()
            || self.in_trouble.swap(error.is_some(), Ordering::Relaxed) != was_in_trouble
        {
            return;
        }
        match error {
            None => tracing::info!(backend = ?self.backend, "the backend answers again"),
            Some(error) => {
                tracing::warn!(backend = ?self.backend, %error, "the backend is in trouble: values are computed");
            }
        }
    }
}

/// The answer to the one thing that was asked.
fn only<T>(answers: Vec<Result<T>>) -> Result<T> {
    answers.into_iter().next().unwrap_or_else(|| Err(unanswered()))
}

pub(super) fn unanswered() -> Error {
    Error::new(ErrorKind::Refused, "the backend answers fewer things than it was asked: it breaks its contract")
}
