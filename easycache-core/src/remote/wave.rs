//! The questions of many calls to one backend: what comes up at the same time goes together.

use std::{pin::Pin, sync::Arc, time::Duration};

use super::{Remote, ask::Asker, near::Sighting};
use crate::{
    backend::{Acquire, Acquired, Deadline, Fill, Filled, Read, Seen},
    batch::Slot,
    error::Result,
    flight::Caller,
    sync::{Mutex, lock},
};

/// Asks all questions of one kind, and gives everyone his answer.
pub(crate) type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the calls of a batch ask one backend.
#[derive(Debug)]
pub(crate) struct Wave {
    remote: Arc<Remote>,
    asked: Mutex<Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    /// Nobody takes down any more what is asked.
    closed: bool,
    reads: Vec<Question<Sought, Sighted>>,
    acquires: Vec<Question<Acquire, Acquired>>,
    fills: Vec<Question<Fill, Filled>>,
}

/// The answer to a question, or the question.
type Asking<Q, A> = std::result::Result<Result<A>, Q>;

/// What to read, and what takes note of it.
type Sought = (Read, Option<Sighting>);
/// What was seen, with that note.
type Sighted = (Seen, Option<Sighting>);

/// A question, how much time its call has left, and where its answer goes.
#[derive(Debug)]
struct Question<Q, A> {
    what: Q,
    left: Duration,
    answer: Arc<Slot<Result<A>>>,
}

impl Wave {
    pub(crate) fn new(remote: Arc<Remote>) -> Self {
        Self { remote, asked: Mutex::default() }
    }

    /// Whether it goes to that backend.
    pub(crate) fn is_of(&self, remote: &Arc<Remote>) -> bool {
        Arc::ptr_eq(&self.remote, remote)
    }

    /// From now on everyone asks for himself. What was asked and not taken down yet is.
    pub(crate) fn close(&self, caller: Caller) -> Vec<Errand> {
        lock(&self.asked).closed = true;
        self.errands(caller)
    }

    /// Each of these gives the question back where nobody takes it down.
    pub(super) async fn read(
        &self,
        left: &mut Duration,
        sighting: &mut Option<Sighting>,
        read: Read,
    ) -> Asking<Read, Seen> {
        match self.ask(left, (read, sighting.take()), |asked| &mut asked.reads).await {
            Ok(answer) => Ok(answer.map(|(seen, noted)| {
                *sighting = noted;
                seen
            })),
            Err((read, noted)) => {
                *sighting = noted;
                Err(read)
            }
        }
    }

    pub(super) async fn acquire(&self, left: &mut Duration, acquire: Acquire) -> Asking<Acquire, Acquired> {
        self.ask(left, acquire, |asked| &mut asked.acquires).await
    }

    pub(super) async fn fill(&self, left: &mut Duration, fill: Fill) -> Asking<Fill, Filled> {
        self.ask(left, fill, |asked| &mut asked.fills).await
    }

    async fn ask<Q, A>(
        &self,
        left: &mut Duration,
        what: Q,
        among: impl FnOnce(&mut Asked) -> &mut Vec<Question<Q, A>>,
    ) -> Asking<Q, A> {
        let answer = Arc::new(Slot::default());
        let question = Question { what, left: *left, answer: Arc::clone(&answer) };
        let deadline = Deadline::after(*left);
        {
            let mut asked = lock(&self.asked);
            if asked.closed {
                return Err(question.what);
            }
            among(&mut asked).push(question);
        }
        let answer = answer.wait().await;
        *left = deadline.left();
        Ok(answer)
    }

    /// Takes down what has been asked since.
    pub(crate) fn errands(&self, caller: Caller) -> Vec<Errand> {
        let Asked { reads, acquires, fills, .. } = {
            let asked = &mut *lock(&self.asked);
            let closed = asked.closed;
            std::mem::replace(asked, Asked { closed, ..Asked::default() })
        };
        [self.reading(caller, reads), self.acquiring(caller, acquires), self.filling(caller, fills)]
            .into_iter()
            .flatten()
            .collect()
    }

    fn reading(&self, caller: Caller, questions: Vec<Question<Sought, Sighted>>) -> Option<Errand> {
        let (sought, answers) = Answers::to(questions)?;
        let (remote, mut asker) = (Arc::clone(&self.remote), Asker::new(caller, answers.left));
        // All of them take notes, or none.
        let (reads, sightings) = sought.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        let mut sightings = sightings.into_iter().flatten().collect::<Vec<_>>();
        Some(Box::pin(async move {
            let seen = remote.read_all(&mut asker, &mut sightings, reads).await;
            let mut sightings = sightings.into_iter();
            let seen = seen.into_iter().map(|seen| (seen, sightings.next()));
            answers.give(seen.map(|(seen, sighting)| Ok((seen?, sighting))).collect());
        }))
    }

    fn acquiring(&self, caller: Caller, questions: Vec<Question<Acquire, Acquired>>) -> Option<Errand> {
        let (acquires, answers) = Answers::to(questions)?;
        let (remote, mut asker) = (Arc::clone(&self.remote), Asker::new(caller, answers.left));
        Some(Box::pin(async move { answers.give(remote.acquire_all(&mut asker, acquires).await) }))
    }

    fn filling(&self, caller: Caller, questions: Vec<Question<Fill, Filled>>) -> Option<Errand> {
        let (fills, answers) = Answers::to(questions)?;
        let (remote, mut asker) = (Arc::clone(&self.remote), Asker::new(caller, answers.left));
        Some(Box::pin(async move { answers.give(remote.store_all(&mut asker, fills).await) }))
    }
}

/// Where answers go.
struct Answers<A> {
    to: Vec<Arc<Slot<Result<A>>>>,
    /// The time of whoever has most: nobody is cut short.
    left: Duration,
}

impl<A> Answers<A> {
    /// The questions, and where their answers go; none if there are no questions.
    fn to<Q>(questions: Vec<Question<Q, A>>) -> Option<(Vec<Q>, Self)> {
        let left = questions.iter().map(|question| question.left).max()?;
        let (whats, to) = questions.into_iter().map(|question| (question.what, question.answer)).unzip();
        Some((whats, Self { to, left }))
    }

    fn give(self, answers: Vec<Result<A>>) {
        for (slot, answer) in self.to.iter().zip(answers) {
            slot.fill(answer);
        }
    }
}
