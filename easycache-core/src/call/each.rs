//! A function of many elements: each is an entry of its own, and the body gets those that are missing.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{
    batch::{Absent, Asked, Batch, Desk, Drive, Keyed, Still},
    error::Error,
    flight::block_on,
    inside::{Leader, Notes, poll_for},
    value::LocalValue,
};

use super::{Fallible, Keep, Miss, Mode, Outcome, Shape, Whole, run::drive};

/// The elements of one call.
#[derive(Debug)]
pub struct Each<M: Keyed, P> {
    batch: Batch,
    answer: M,
    missed: Vec<Missed<M::Key, P>>,
}

/// An element that is not there, and what its value says about being stored.
#[derive(Debug)]
struct Missed<K, P> {
    element: K,
    miss: Miss,
    keep: P,
}

impl<M: Keyed, P> Each<M, P> {
    /// No elements yet, of a function that returns that outcome.
    #[must_use]
    pub fn new<O: Outcome<Stored = M>>(_: &O, blocking: bool, mode: &Mode) -> Self {
        let batch = Batch::of_elements(blocking, matches!(mode, Mode::Refresh));
        Self { batch, answer: M::default(), missed: Vec::new() }
    }

    pub(crate) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// In what mode each element is looked for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Mode::Many(self.batch.clone())
    }

    /// This one is there.
    pub fn hit(&mut self, element: M::Key, value: M::Value) {
        self.answer.put(element, value);
    }

    /// This one is not, as far as one can tell in process.
    pub fn miss(&mut self, element: M::Key, miss: Miss, keep: P) {
        self.missed.push(Missed { element, miss, keep });
    }
}

/// What is stored of a function of many elements: the value of each.
#[must_use]
pub const fn each_value<O>(_: &O) -> Whole<<O::Stored as Keyed>::Value>
where
    O: Outcome<Stored: Keyed<Value: 'static>>,
{
    Whole::NEW
}

/// Why an element has no value.
enum Stop {
    Absent,
    Failed(Error),
}

impl From<Absent> for Stop {
    fn from(_: Absent) -> Self {
        Self::Absent
    }
}

/// Answers with what is there, and what the body computes of the rest: more than once only if somebody else was to compute
/// an element and has failed.
pub async fn compute_each<O, V, Fut, P>(
    each: Each<O::Stored, P>,
    outcome: O,
    fail: Option<fn(Error) -> O::Returned>,
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    P: FnOnce(&V, &mut Keep),
{
    let Each { batch, mut answer, missed } = each;
    if missed.is_empty() {
        return outcome.wrap(answer);
    }
    let elements = missed.iter().map(|missed| missed.element.clone()).collect::<Vec<_>>();
    let (desk, caller) = (Desk::new(), batch.caller());
    let shape = Shape {
        outcome: Fallible::<V, Stop>::NEW,
        form: shape.form,
        fail: fail.map(|_| (|error| Err(Stop::Failed(error))) as fn(Error) -> Result<V, Stop>),
    };
    let calls = missed.into_iter().map(|Missed { element, miss, keep }| {
        let (desk, name) = (&desk, miss.identity().cloned());
        let value = async move { desk.ask(element, name).await.map_err(Stop::from) };
        drive(miss, caller, shape, value, keep)
    });
    let (mut calls, mut work) =
        (Drive::new(batch, calls), Work { desk: &desk, outcome, under_way: None, stopped: None });
    let values = poll_fn(|context| {
        let values = calls.poll(context, |context, still| work.poll(context, still, &mut body));
        match work.stopped.take() {
            Some(returned) => Poll::Ready(Err(returned)),
            None => values.map(Ok),
        }
    });
    let values = match values.await {
        Ok(values) => values,
        Err(returned) => return returned,
    };
    for (element, value) in elements.into_iter().zip(values) {
        match (value, fail) {
            (Ok(value), _) => answer.put(element, value),
            (Err(Stop::Failed(error)), Some(fail)) => return fail(error),
            (Err(Stop::Absent | Stop::Failed(_)), _) => {}
        }
    }
    outcome.wrap(answer)
}

/// [`compute_each`] for a function that is not async.
pub fn compute_each_blocking<O, V, P>(
    each: Each<O::Stored, P>,
    outcome: O,
    fail: Option<fn(Error) -> O::Returned>,
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> O::Returned,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    P: FnOnce(&V, &mut Keep),
{
    block_on(compute_each(each, outcome, fail, shape, |elements| std::future::ready(body(elements))))
}

type DeskOf<M> = Desk<<M as Keyed>::Key, <M as Keyed>::Value>;

/// The body at work: on everything that lies on the desk when nobody asks the backend any more.
struct Work<'a, O: Outcome<Stored: Keyed>, Fut> {
    desk: &'a DeskOf<O::Stored>,
    outcome: O,
    under_way: Option<UnderWay<O::Stored, Fut>>,
    /// What the body has returned instead of values.
    stopped: Option<O::Returned>,
}

struct UnderWay<M: Keyed, Fut> {
    asked: Vec<Asked<M::Key, M::Value>>,
    leaders: Vec<Leader>,
    notes: Notes,
    body: Pin<Box<Fut>>,
}

impl<O, V, Fut> Work<'_, O, Fut>
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
{
    /// Goes on; returns whether there are values for those who wait.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        still: Still,
        body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
    ) -> bool {
        if self.under_way.is_none() && still == Still::Quiet {
            self.begin(body);
        }
        let Some(UnderWay { leaders, notes, body, .. }) = &mut self.under_way else { return false };
        let Poll::Ready(returned) = poll_for(leaders, notes, || body.as_mut().poll(context)) else { return false };
        let Some(UnderWay { asked, notes, .. }) = self.under_way.take() else { return false };
        let notes = Arc::new(notes);
        match self.outcome.split(returned) {
            Err(returned) => self.stopped = Some(returned),
            Ok(mut values) => {
                for asked in asked {
                    let value = values.take(&asked.element);
                    self.desk.answer(asked, value.as_ref(), &notes);
                }
            }
        }
        true
    }

    fn begin(&mut self, body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut) {
        let asked = self.desk.take();
        if asked.is_empty() {
            return;
        }
        let leaders = asked.iter().filter_map(|asked| asked.leader).collect::<Vec<_>>();
        let elements = asked.iter().map(|asked| asked.element.clone()).collect();
        let mut notes = Leader::notes(&leaders);
        let body = Box::pin(poll_for(&leaders, &mut notes, || body(elements)));
        self.under_way = Some(UnderWay { asked, leaders, notes, body });
    }
}
