//! A call whose patience has an end: one for all of its elements.

use std::{pin::Pin, sync::Arc};

use super::{Each, run::Blame};
use crate::{
    batch::{Batch, Drive, Keyed},
    cache::{Cache, Call, LastValue},
    call::Outcome,
    clock::Moment,
    flight::Caller,
    policy::Grace,
    sync::{Mutex, lock},
    value::LocalValue,
    wire::Form,
};

/// The elements that were there: for whoever answers first.
pub(super) struct Hits<M>(Arc<Mutex<Option<M>>>);

impl<M> Hits<M> {
    pub(super) fn of(hits: M) -> Self {
        Self(Arc::new(Mutex::new(Some(hits))))
    }

    /// None: somebody else has them, and answers.
    pub(super) fn take(&self) -> Option<M> {
        lock(&self.0).take()
    }
}

/// An element, and the call for it with its cache; none if it has no name that can be used.
type Missed<K> = (K, Option<(Cache, Call)>);

/// What it takes to answer without those who compute.
pub(super) struct Waiting<O: Outcome<Stored: Keyed>, V> {
    outcome: O,
    form: Option<Form<V>>,
    caller: Caller,
    grace: Grace,
    began: Moment,
    hits: Hits<O::Stored>,
    cache: Cache,
    missed: Vec<Missed<<O::Stored as Keyed>::Key>>,
}

impl<O, V> Waiting<O, V>
where
    O: Outcome<Stored: Keyed<Key: Clone + Send + Sync, Value = V> + Send>,
    V: LocalValue,
{
    /// None: its patience has no end, or everything is there.
    pub(super) fn of<P>(each: &mut Each<O::Stored, P>, outcome: O, form: Option<Form<V>>) -> Option<Self> {
        let (cache, call) = each.missed.iter().find_map(|missed| missed.miss.call())?;
        let (cache, grace) = (cache.clone(), call.rules.grace);
        if !grace.is_timed() {
            return None;
        }
        let called = |(cache, call): (&Cache, &Call)| (cache.clone(), call.clone());
        let missed = each.missed.iter().map(|missed| (missed.element.clone(), missed.miss.call().map(called)));
        Some(Self {
            outcome,
            form,
            caller: each.batch.caller(),
            grace,
            began: cache.core().now(),
            missed: missed.collect(),
            hits: Hits::of(std::mem::take(&mut each.answer)),
            cache,
        })
    }

    pub(super) fn hits(&self) -> Hits<O::Stored> {
        Hits(Arc::clone(&self.hits.0))
    }

    /// What comes of the work in time, or `Err` with what there was last.
    pub(super) async fn in_time<Fut>(
        &self,
        work: &mut Pin<Box<Fut>>,
        late: Blame<O>,
    ) -> Result<O::Returned, O::Returned>
    where
        Fut: Future<Output = O::Returned> + ?Sized,
    {
        let last = || -> LastValue<'_, _> { Box::pin(self.last()) };
        // The elements are driven together, but not by who waits: that is one call, on a thread of its own if it blocks.
        let caller = if self.caller == Caller::Async { Caller::Async } else { Caller::Sync };
        self.cache.core().in_time(self.grace, caller, self.began, work, &last, late).await
    }

    /// The last values of all elements, read together; nothing if one of them has none.
    async fn last(&self) -> Option<O::Returned> {
        let batch = Batch::of_elements(self.caller != Caller::Async, false);
        let (caller, form) = (batch.caller(), self.form);
        let reads = self.missed.iter().map(|(_, called)| {
            let asked =
                called.as_ref().map(|(cache, call)| (cache, Call { batch: Some(batch.clone()), ..call.clone() }));
            async move {
                let (cache, call) = asked?;
                cache.core().last_value(&call, caller, form).await
            }
        });
        let reads = reads.collect::<Vec<_>>();
        let values = Drive::new(batch, reads).run().await.into_iter().collect::<Option<Vec<_>>>()?;
        let mut answer = self.hits.take()?;
        for ((element, called), (value, is_late)) in self.missed.iter().zip(values) {
            if let (true, Some((cache, _))) = (is_late, called) {
                cache.core().count_stale();
            }
            answer.put(element.clone(), value);
        }
        Some(self.outcome.wrap(answer))
    }
}
