//! A function of many elements: each is an entry of its own, and the body gets those that are missing.

mod answer;
mod element;
mod run;
mod waiting;
mod work;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, Hash},
};

use crate::{
    batch::{Batch, Keyed},
    error::Error,
};

pub use self::run::{
    compute_each, compute_each_behind, compute_each_blocking, compute_each_blocking_behind, compute_each_within,
};
use super::{Fails, Keep, Miss, Mode, Outcome, Timely, Whole};

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
    pub fn miss(&mut self, element: M::Key, miss: Miss, keep: P)
    where
        P: FnOnce(&M::Value, &mut Keep),
    {
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

/// What a function of many elements returns when the time of a call is over: it goes on waiting.
#[must_use]
pub const fn each_waits<O: Outcome>(_: &O) -> Option<fn(Error) -> O::Returned> {
    None
}

/// The same for one that returns an error then.
#[must_use]
pub fn each_times_out<O: Timely>(_: &O) -> Option<fn(Error) -> O::Returned> {
    Some(O::late)
}

/// What a function of many elements does with errors of the cache: nothing.
#[must_use]
pub const fn each_computes<O: Outcome>(_: &O) -> Option<fn(Error) -> O::Returned> {
    None
}

/// The same for one that returns them.
#[must_use]
pub fn each_fails<O: Fails>(_: &O) -> Option<fn(Error) -> O::Returned> {
    Some(O::fail)
}

/// What a function of many elements returns, for the type of a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no map from elements to values",
    label = "no `HashMap` or `BTreeMap`, nor a `Result` of one"
)]
pub trait EachReturned {
    /// The value of an element.
    type Value;
}

impl<M: Keyed, E> EachReturned for Result<M, E> {
    type Value = M::Value;
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> EachReturned for HashMap<K, V, S> {
    type Value = V;
}

impl<K: Ord, V> EachReturned for BTreeMap<K, V> {
    type Value = V;
}
