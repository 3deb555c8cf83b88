//! A call of a function of many elements: answered from what is there and what the body computes of the rest.

use std::{future::ready, pin::Pin};

use super::{
    Each,
    answer::{Later, answer, refresh},
    waiting::{Hits, Waiting},
};
use crate::{
    batch::Keyed,
    cache::{apart, go_on},
    call::{Keep, Outcome, Shape, Whole},
    error::Error,
    flight::{Caller, block_on},
    value::LocalValue,
};

/// An error of the cache, as what the function returns.
pub(super) type Blame<O> = Option<fn(Error) -> <O as Outcome>::Returned>;

/// Answers with what is there, and what the body computes of the rest: more than once only if somebody else was to compute
/// an element and has failed.
pub async fn compute_each<O, V, Fut, P>(
    mut each: Each<O::Stored, P>,
    outcome: O,
    fail: Blame<O>,
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    P: FnOnce(&V, &mut Keep),
{
    let hits = std::mem::take(&mut each.answer);
    if each.missed.is_empty() {
        return outcome.wrap(hits);
    }
    answer(each, outcome, (fail, shape), &mut body, None, || hits).await
}

/// [`compute_each`] for a function that is not async.
pub fn compute_each_blocking<O, V, P>(
    each: Each<O::Stored, P>,
    outcome: O,
    fail: Blame<O>,
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> O::Returned,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone, Value = V>>,
    V: LocalValue,
    P: FnOnce(&V, &mut Keep),
{
    block_on(compute_each(each, outcome, fail, shape, |elements| ready(body(elements))))
}

/// [`compute_each`] of a body that borrows something, for a caller whose patience has an end: the body is dropped then.
pub async fn compute_each_within<O, V, Fut, P>(
    mut each: Each<O::Stored, P>,
    outcome: O,
    (fail, late): (Blame<O>, Blame<O>),
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone + Send + Sync, Value = V> + Send>,
    V: LocalValue,
    Fut: Future<Output = O::Returned>,
    P: FnOnce(&V, &mut Keep),
{
    let Some(waiting) = Waiting::of(&mut each, outcome, shape.form) else {
        return compute_each(each, outcome, fail, shape, body).await;
    };
    let hits = waiting.hits();
    let mut work =
        Box::pin(answer(each, outcome, (fail, shape), &mut body, None, move || hits.take().unwrap_or_default()));
    match waiting.in_time(&mut work, late).await {
        Ok(returned) | Err(returned) => returned,
    }
}

/// [`compute_each`] of a body that borrows nothing: what is to be refreshed it computes together, when the caller has its
/// answer; and it goes on when the caller's patience is at an end.
pub async fn compute_each_behind<O, V, Fut, P>(
    mut each: Each<O::Stored, P>,
    outcome: O,
    (fail, late): (Blame<O>, Blame<O>),
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> Fut + Send + 'static,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone + Send + Sync, Value = V> + Send, Returned: Send>,
    V: LocalValue,
    Fut: Future<Output = O::Returned> + Send + 'static,
    P: FnOnce(&V, &mut Keep) + Send + 'static,
{
    let (waiting, caller) = (Waiting::of(&mut each, outcome, shape.form), each.batch.caller());
    let hits = match &waiting {
        Some(waiting) => waiting.hits(),
        None if each.missed.is_empty() => return outcome.wrap(each.answer),
        None => Hits::of(std::mem::take(&mut each.answer)),
    };
    let work = async move {
        let later = Later::new();
        let returned =
            answer(each, outcome, (fail, shape), &mut body, Some(&later), move || hits.take().unwrap_or_default())
                .await;
        let due = later.take();
        if !due.is_empty() {
            go_on(caller, Box::pin(refresh(due, caller, outcome, shape, body)));
        }
        returned
    };
    let Some(waiting) = waiting else { return work.await };
    let work: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(work);
    let mut work = if caller == Caller::Async { work } else { apart(work) };
    match waiting.in_time(&mut work, late).await {
        Ok(returned) => returned,
        Err(instead) => {
            if caller == Caller::Async {
                go_on(caller, Box::pin(async move { drop(work.await) }));
            }
            instead
        }
    }
}

/// [`compute_each_behind`] for a function that is not async.
pub fn compute_each_blocking_behind<O, V, P>(
    each: Each<O::Stored, P>,
    outcome: O,
    fails: (Blame<O>, Blame<O>),
    shape: Shape<Whole<V>>,
    mut body: impl FnMut(Vec<<O::Stored as Keyed>::Key>) -> O::Returned + Send + 'static,
) -> O::Returned
where
    O: Outcome<Stored: Keyed<Key: Clone + Send + Sync, Value = V> + Send, Returned: Send>,
    V: LocalValue,
    P: FnOnce(&V, &mut Keep) + Send + 'static,
{
    block_on(compute_each_behind(each, outcome, fails, shape, move |elements| ready(body(elements))))
}
