//! Invalidation in the backend: acknowledged, or repeated until it is.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Remote, near::lose, quarantine::Due, runtime};
use crate::{
    backend::{Names, Target},
    cache::{Invalidated, Targets, Verb},
    error::{Error, ErrorKind, Result},
    flight::Caller,
};

/// How long a repetition waits for the next, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// How many names are repeated in one round trip.
const BATCH: usize = 500;

impl Remote {
    /// Invalidates these names, which were checked, in one round trip.
    pub(crate) async fn invalidate(self: &Arc<Self>, targets: &Targets, caller: Caller) -> Result<Invalidated> {
        let (wire, owners): (Vec<_>, Vec<_>) = self.layout.targets(targets, Verb::Invalidate).into_iter().unzip();
        let answers = self.send(wire, caller).await?;
        Ok(told(targets, &owners, &answers))
    }

    /// Expires these names, which were checked, in one round trip. What fails is not repeated: a value that is still taken
    /// for fresh breaks no promise.
    pub(crate) async fn expire(&self, targets: &Targets, caller: Caller) -> Result<Invalidated> {
        let (wire, owners): (Vec<_>, Vec<_>) = self.layout.targets(targets, Verb::Expire).into_iter().unzip();
        let answers = self.bump(&mut self.asker(caller), wire).await.into_iter().collect::<Result<Vec<_>>>()?;
        Ok(told(targets, &owners, &answers))
    }

    /// Expires everything.
    pub(crate) async fn expire_all(&self, caller: Caller) -> Result<()> {
        let answers = self.bump(&mut self.asker(caller), self.layout.everything(Verb::Expire)).await;
        answers.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// Invalidates everything.
    pub(crate) async fn clear(self: &Arc<Self>, caller: Caller) -> Result<()> {
        self.send(self.layout.everything(Verb::Invalidate), caller).await.map(drop)
    }

    /// Treats these names as invalid in this process, from now on and until an invalidation sent after now is
    /// acknowledged; and sees to that in the background.
    pub(crate) fn hold(self: &Arc<Self>, targets: &Targets) {
        self.hold_wire(self.layout.targets(targets, Verb::Invalidate).into_iter().map(|(target, _)| target));
    }

    /// Treats these names as invalid in this process, from now on and until an invalidation sent after now is
    /// acknowledged: the caller sends it. What is still held when the answer is dropped is seen to in the background.
    pub(crate) fn hold_meanwhile(self: &Arc<Self>, targets: &Targets) -> Holding {
        let targets = self.layout.targets(targets, Verb::Invalidate).into_iter().map(|(target, _)| target);
        self.add_held(&targets.collect::<Vec<_>>());
        Holding { remote: Arc::clone(self) }
    }

    fn hold_wire(self: &Arc<Self>, targets: impl IntoIterator<Item = Target>) {
        self.add_held(&targets.into_iter().collect::<Vec<_>>());
        self.attend();
    }

    /// In this order: what is read from now on is not believed, what was read before is not kept.
    fn add_held(&self, targets: &[Target]) {
        self.quarantine.add(targets.iter().cloned());
        lose(self.layout.namespace(), targets);
        if self.quarantine.holds(&Names::default()) {
            lose(self.layout.namespace(), &self.layout.everything(Verb::Invalidate));
        }
    }

    fn attend(self: &Arc<Self>) {
        if self.quarantine.attend() && runtime::detach(repeat(Arc::downgrade(self))).is_none() {
            self.quarantine.leave();
        }
    }

    async fn send(self: &Arc<Self>, targets: Vec<Target>, caller: Caller) -> Result<Vec<bool>> {
        let failures = self.quarantine.failures();
        // Dropped on the way, nobody knows whether it has arrived.
        let mut sending = Sending { remote: self, targets };
        let answers = self.bump(&mut self.asker(caller), sending.targets.clone()).await;
        if failures > 0 {
            // What was held before it was sent, as a mutation does with its names, need not wait for the repetition.
            let done = sending.targets.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
            done.for_each(|(target, _)| self.quarantine.lift(target, failures));
        }
        let mut failed = answers.iter().map(Result::is_err);
        sending.targets.retain(|_| failed.next().unwrap_or(true));
        let first = answers.iter().find_map(|answer| answer.as_ref().err()).cloned();
        match first {
            None => Ok(answers.into_iter().flatten().collect()),
            Some(source) => Err(not_done(source)),
        }
    }
}

/// Names that are held while they are being invalidated.
pub(crate) struct Holding {
    remote: Arc<Remote>,
}

impl Drop for Holding {
    fn drop(&mut self) {
        if self.remote.quarantine.len() > 0 {
            self.remote.attend();
        }
    }
}

/// An invalidation on its way. What is left of it when it is dropped is held, and repeated.
struct Sending<'a> {
    remote: &'a Arc<Remote>,
    targets: Vec<Target>,
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.targets.is_empty() {
            self.remote.hold_wire(std::mem::take(&mut self.targets));
        }
    }
}

/// What the answers to wire names say of the names that they belong to.
fn told(targets: &Targets, owners: &[Option<usize>], answers: &[bool]) -> Invalidated {
    let names = targets.len();
    let known = (0..names)
        .filter(|name| owners.iter().zip(answers).any(|(owner, was_there)| *owner == Some(*name) && *was_there));
    Invalidated { names, known: known.count() }
}

fn not_done(source: Error) -> Error {
    let message = format!(
        "the invalidation is not done: {source}; it is repeated in the background, and until it is acknowledged this \
         process computes what depends on these names"
    );
    Error::new(if source.kind() == ErrorKind::Refused { ErrorKind::Refused } else { ErrorKind::Unavailable }, message)
        .with_source(source)
}

/// Repeats what has failed until all of it is acknowledged, or the cache is gone.
async fn repeat(remote: Weak<Remote>) {
    let (mut pause, mut repeated) = (PAUSE.0, false);
    loop {
        tokio::time::sleep(pause).await;
        let Some(remote) = remote.upgrade() else { return };
        let due = remote.quarantine.due(BATCH);
        if matches!(due, Due::Nothing) {
            if repeated {
                tracing::info!("every invalidation that had failed is acknowledged");
            }
            return;
        }
        repeated = true;
        pause = if remote.try_again(due).await { Duration::ZERO } else { (2 * pause).clamp(PAUSE.0, PAUSE.1) };
    }
}

impl Remote {
    /// Whether all that was due is acknowledged.
    async fn try_again(self: &Arc<Self>, due: Due) -> bool {
        let mut asker = self.asker(Caller::Async);
        match due {
            Due::Nothing => true,
            Due::Everything(failure) => {
                let answers = self.bump(&mut asker, self.layout.everything(Verb::Invalidate)).await;
                let done = answers.iter().all(Result::is_ok);
                if done {
                    self.quarantine.lift_all(failure);
                }
                done
            }
            Due::Names(names) => {
                let targets = names.iter().map(|(target, _)| target.clone()).collect();
                let answers = self.bump(&mut asker, targets).await;
                for ((target, failure), answer) in names.iter().zip(&answers) {
                    if answer.is_ok() {
                        self.quarantine.lift(target, *failure);
                    }
                }
                answers.iter().all(Result::is_ok)
            }
        }
    }
}
