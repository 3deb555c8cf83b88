//! The elements of a call, computed together: for its caller, or when that has its answer.

use std::{future::poll_fn, sync::Arc, task::Poll};

use super::{
    Each,
    element::{Stop, shape_of},
    run::Blame,
    work::Work,
};
use crate::{
    batch::{Batch, Desk, Drive, Keyed, Missing},
    cache::{Call, Left},
    call::{
        Keep, Outcome, Shape, Whole,
        run::{Leaving, asked, drive_or_leave},
    },
    flight::Caller,
    sync::{Mutex, lock},
    value::LocalValue,
};

/// Elements that are computed when their caller has its answer.
pub(super) struct Later<K, V: LocalValue, P>(Mutex<Vec<Due<K, V, P>>>);

/// One of them, and what its value says about being stored.
pub(super) struct Due<K, V: LocalValue, P> {
    element: K,
    leaving: Leaving<V>,
    keep: P,
}

type LaterOf<M, P> = Later<<M as Keyed>::Key, <M as Keyed>::Value, P>;

impl<K, V: LocalValue, P> Later<K, V, P> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn take(&self) -> Vec<Due<K, V, P>> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// Answers with what is there and what the body computes. With `later`, what may be computed later is left to it.
pub(super) async fn answer<O, V, Fut, P>(
    each: Each<O::Stored, P>,
    outcome: O,
    (fail, shape): (Blame<O>, Shape<Whole<V>>),
    body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
    later: Option<&LaterOf<O::Stored, P>>,
    hits: impl FnOnce() -> O::Stored,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    P: FnOnce(&V, &mut Keep),
{
    let Each { batch, missed, .. } = each;
    let elements = missed.iter().map(|missed| missed.element.clone()).collect::<Vec<_>>();
    let (desk, caller, shape) = (Desk::new(), batch.caller(), shape_of(shape, fail.is_some()));
    let is_lenient = |call: &Call| call.rules.grace.is_lenient() && !call.refresh;
    let may_be_rescued = missed.iter().any(|missed| missed.miss.call().is_some_and(|(_, call)| is_lenient(call)));
    let calls = missed.into_iter().map(|missed| {
        let (desk, name, element) = (&desk, missed.miss.identity().cloned(), missed.element.clone());
        let value = async move { desk.ask(missed.element, name).await.map_err(Stop::from) };
        let leave = later.map(|later| move |leaving, keep| lock(&later.0).push(Due { element, leaving, keep }));
        drive_or_leave(missed.miss, caller, shape, value, missed.keep, leave)
    });
    let mut work = Work::new(&desk, outcome);
    let values = together(batch, calls, &mut work, body, may_be_rescued).await;
    let (mut answer, mut complete) = (hits(), true);
    for (element, value) in elements.into_iter().zip(values) {
        match (value, fail) {
            (Ok(value), _) => answer.put(element, value),
            (Err(Stop::Failed(error)), Some(fail)) => return fail(error),
            (Err(Stop::Missing(Missing::Failed)), _) => complete = false,
            (Err(Stop::Missing(Missing::Absent) | Stop::Failed(_)), _) => {}
        }
    }
    // An error of the body is that of all, unless there is a last value for each that it was to compute.
    match work.stopped {
        Some(returned) if !(complete && may_be_rescued) => returned,
        _ => outcome.wrap(answer),
    }
}

/// Computes what was left, unless somebody else does: all of it by one run of the body.
pub(super) async fn refresh<O, V, Fut, P>(
    due: Vec<Due<<O::Stored as Keyed>::Key, V, P>>,
    caller: Caller,
    outcome: O,
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
) where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    P: FnOnce(&V, &mut Keep),
{
    let batch = Batch::of_elements(caller != Caller::Async, false);
    let (desk, caller, shape) = (Desk::new(), batch.caller(), shape_of(shape, false));
    let calls = due.into_iter().map(|Due { element, leaving, keep }| {
        let Leaving { cache, site, call, due } = leaving;
        let (desk, name) = (&desk, Arc::clone(&call.identity));
        let value = async move { desk.ask(element, Some(name)).await.map_err(Stop::from) };
        let call = Call { batch: Some(batch.clone()), ..call };
        let left = Left { call, due, keep: move |value: &V| asked(site, |k| keep(value, k)) };
        async move { cache.core().take_up(left, caller, shape, value).await }
    });
    let calls = calls.collect::<Vec<_>>();
    let mut work = Work::new(&desk, outcome);
    together(batch, calls, &mut work, &mut body, false).await;
    if work.stopped.is_some() {
        tracing::warn!(
            "a refresh of several elements in the background has failed: it is tried again when one of them is read"
        );
    }
}

/// Drives these calls to their ends, with the body at work for them; or until it has failed, unless they go on then.
async fn together<O, V, Fut, F>(
    batch: Batch,
    calls: impl IntoIterator<Item = F>,
    work: &mut Work<'_, O, Fut>,
    body: &mut impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
    go_on: bool,
) -> Vec<F::Output>
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    F: Future,
{
    let mut calls = Drive::new(batch, calls);
    poll_fn(|context| {
        let values = calls.poll(context, |context, still| work.poll(context, still, &mut *body));
        if work.stopped.is_some() && !go_on { Poll::Ready(Vec::new()) } else { values }
    })
    .await
}
