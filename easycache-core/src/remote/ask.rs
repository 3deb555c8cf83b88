//! Asking the backend, within the time there is for one call.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Remote,
    near::{Sighting, lose},
    quarantine::Hidden,
    runtime,
    wave::Wave,
};
use crate::{
    backend::{Acquire, Acquired, Deadline, Fill, Filled, Grant, Names, Read, Seen, Target, Watch, Watched},
    batch::Batch,
    error::{Error, ErrorKind, Result},
    flight::Caller,
    near,
};

/// Who asks, and how much time there is left for it. What is computed in between does not count.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) caller: Caller,
    left: Duration,
    /// What it asks goes together with what others of its batch ask.
    wave: Option<Arc<Wave>>,
}

impl Asker {
    pub(super) fn new(caller: Caller, left: Duration) -> Self {
        Self { caller, left, wave: None }
    }

    /// The same caller, with as much time as there was in the beginning.
    pub(super) fn refreshed(&mut self, remote: &Remote) {
        self.left = remote.settings.deadline;
    }
}

impl Remote {
    pub(super) fn asker(&self, caller: Caller) -> Asker {
        Asker::new(caller, self.settings.deadline)
    }

    /// The same for a call that may be one of a batch.
    pub(super) fn asker_among(self: &Arc<Self>, caller: Caller, batch: Option<&Batch>) -> Asker {
        Asker { wave: batch.map(|batch| batch.wave(self)), ..self.asker(caller) }
    }

    /// Reads one thing, of which its sighting takes note.
    pub(super) async fn read(&self, asker: &mut Asker, sighting: &mut Option<Sighting>, read: Read) -> Result<Seen> {
        let read = match &asker.wave {
            Some(wave) => match wave.read(&mut asker.left, sighting, read).await {
                Ok(answer) => return answer,
                Err(read) => read,
            },
            None => read,
        };
        only(self.read_all(asker, sighting.as_mut_slice(), vec![read]).await)
    }

    /// Reads many things in one round trip, of each of which its sighting takes note, where there are any. What this
    /// process treats as invalid is not there.
    pub(super) async fn read_all(
        &self,
        asker: &mut Asker,
        sightings: &mut [Sighting],
        reads: Vec<Read>,
    ) -> Vec<Result<Seen>> {
        if let Some(near) = &self.near {
            sightings.iter_mut().zip(&reads).for_each(|(sighting, read)| near.expect(sighting, read));
        }
        let views = reads.iter().map(|read| self.view(&read.names)).collect::<Vec<_>>();
        let answers = if let Some(watch) = self.near.as_ref().and_then(|near| near.watch()) {
            Box::pin(self.read_watched(asker, sightings, Arc::clone(watch), reads)).await
        } else {
            let backend = Arc::clone(&self.backend);
            self.ask(asker, views.len(), |deadline| async move { backend.read(&reads, deadline).await }).await
        };
        answers.into_iter().zip(views).map(|(seen, view)| Ok(view.of(seen?))).collect()
    }

    /// The same through a watch, whose connections are at home in our runtime.
    async fn read_watched(
        &self,
        asker: &mut Asker,
        sightings: &mut [Sighting],
        watch: Arc<dyn Watch>,
        reads: Vec<Read>,
    ) -> Vec<Result<Seen>> {
        let things = reads.len();
        let work = |deadline| async move { watch.read(&reads, deadline).await };
        let answers = self.ask_from(Caller::Sync, asker, things, work).await;
        let mut sightings = sightings.iter_mut();
        let noted = answers.into_iter().map(|watched: Result<Watched>| {
            let sighting = sightings.next();
            let Watched { seen, nodes } = watched?;
            if let Some(sighting) = sighting {
                sighting.note(nodes);
            }
            Ok(seen)
        });
        noted.collect()
    }

    /// Asks for a lease.
    pub(super) async fn acquire(&self, asker: &mut Asker, acquire: Acquire) -> Result<Acquired> {
        let acquire = match &asker.wave {
            Some(wave) => match wave.acquire(&mut asker.left, acquire).await {
                Ok(answer) => return answer,
                Err(acquire) => acquire,
            },
            None => acquire,
        };
        only(self.acquire_all(asker, vec![acquire]).await)
    }

    /// Asks for leases in one round trip. What this process treats as invalid is not there.
    pub(super) async fn acquire_all(&self, asker: &mut Asker, acquires: Vec<Acquire>) -> Vec<Result<Acquired>> {
        let backend = Arc::clone(&self.backend);
        let views = acquires.iter().map(|acquire| self.view(&acquire.names)).collect::<Vec<_>>();
        let work = |deadline| async move { backend.acquire(&acquires, deadline).await };
        let answers = self.ask(asker, views.len(), work).await;
        let answers = answers.into_iter().zip(views).map(|(acquired, view)| {
            Ok(match acquired? {
                Acquired::Changed(seen) => Acquired::Changed(view.of(seen)),
                granted @ Acquired::Granted(_) => granted,
            })
        });
        answers.collect()
    }

    /// Stores one thing.
    pub(super) async fn store(&self, asker: &mut Asker, fill: Fill) -> Result<Filled> {
        let fill = match &asker.wave {
            Some(wave) => match wave.fill(&mut asker.left, fill).await {
                Ok(answer) => return answer,
                Err(fill) => fill,
            },
            None => fill,
        };
        only(self.store_all(asker, vec![fill]).await)
    }

    /// Stores many things in one round trip.
    pub(super) async fn store_all(&self, asker: &mut Asker, fills: Vec<Fill>) -> Vec<Result<Filled>> {
        let values = fills.iter().map(|fill| fill.names.value.clone()).collect::<Vec<_>>();
        let backend = Arc::clone(&self.backend);
        let work = |deadline| async move { backend.fill(&fills, deadline).await };
        let filled = self.ask(asker, values.len(), work).await;
        // Stored or not: nobody knows where there was no answer.
        let namespace = self.layout.namespace();
        near::everywhere(namespace, |tickets| values.iter().for_each(|value| tickets.lose(value)));
        filled
    }

    /// Invalidates in one round trip; tells of each whether it was done.
    pub(super) async fn bump(&self, asker: &mut Asker, targets: Vec<Target>) -> Vec<Result<bool>> {
        // Before, for who keeps what was read before; and after, for what was read in between.
        lose(self.layout.namespace(), &targets);
        let (backend, sent) = (Arc::clone(&self.backend), targets.clone());
        let work = |deadline| async move { backend.invalidate(&sent, deadline).await };
        let answers = self.ask(asker, targets.len(), work).await;
        lose(self.layout.namespace(), &targets);
        answers
    }

    /// Prolongs a lease.
    pub(super) async fn renew(&self, names: &Names, grant: &mut Grant) -> Result<bool> {
        self.backend.renew(names, grant, Deadline::after(self.settings.deadline)).await
    }

    /// Ends a lease.
    pub(super) async fn release(&self, names: &Names, grant: &Grant) -> Result<()> {
        self.backend.release(names, grant, Deadline::after(self.settings.deadline)).await
    }

    /// What may be seen of these names. To be called before they are read: what is acknowledged later was perhaps read
    /// before.
    fn view(&self, names: &Names) -> View {
        View { stamps: names.stamps.len(), hidden: self.quarantine.hidden(names) }
    }

    /// An answer to each of so many things.
    async fn ask<T, Fut>(&self, asker: &mut Asker, things: usize, work: impl FnOnce(Deadline) -> Fut) -> Vec<Result<T>>
    where
        T: Send + 'static,
        Fut: Future<Output = Vec<Result<T>>> + Send + 'static,
    {
        self.ask_from(asker.caller, asker, things, work).await
    }

    /// The same, with the work done where it would be for that caller.
    async fn ask_from<T, Fut>(
        &self,
        place: Caller,
        asker: &mut Asker,
        things: usize,
        work: impl FnOnce(Deadline) -> Fut,
    ) -> Vec<Result<T>>
    where
        T: Send + 'static,
        Fut: Future<Output = Vec<Result<T>>> + Send + 'static,
    {
        let deadline = Deadline::after(asker.left);
        let answers = runtime::run(place, work(deadline)).await;
        asker.left = deadline.left();
        let answers = match answers {
            Ok(mut answers) => {
                // What is not answered is not known to be done.
                answers.resize_with(things, || Err(unanswered()));
                answers
            }
            Err(error) => (0..things).map(|_| Err(error.clone())).collect(),
        };
        self.note(answers.iter().find_map(|answer| answer.as_ref().err()));
        answers
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

/// What a caller may see of what it reads.
struct View {
    /// How many stamps it reads.
    stamps: usize,
    hidden: Option<Hidden>,
}

impl View {
    fn of(&self, mut seen: Seen) -> Seen {
        // What is not answered is not there.
        seen.stamps.resize(self.stamps, None);
        if let Some(hidden) = &self.hidden {
            hidden.take_from(&mut seen);
        }
        seen
    }
}

/// The answer to the one thing that was asked.
fn only<T>(answers: Vec<Result<T>>) -> Result<T> {
    answers.into_iter().next().unwrap_or_else(|| Err(unanswered()))
}

fn unanswered() -> Error {
    Error::new(ErrorKind::Refused, "the backend answers fewer things than it was asked: it breaks its contract")
}
