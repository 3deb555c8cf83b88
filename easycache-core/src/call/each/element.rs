//! What is stored of an element.

use std::marker::PhantomData;

use crate::{
    batch::Missing,
    call::{Outcome, Shape, Whole},
    error::Error,
    value::LocalValue,
};

/// Why an element has no value.
pub(super) enum Stop {
    Missing(Missing),
    /// The cache has failed.
    Failed(Error),
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// What is stored of an element: what the body returns for it, if anything.
pub(super) struct Element<V>(PhantomData<fn() -> V>);

impl<V> Clone for Element<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Element<V> {}

impl<V: 'static> Outcome for Element<V> {
    type Returned = Result<V, Stop>;
    type Stored = V;

    fn wrap(&self, stored: V) -> Result<V, Stop> {
        Ok(stored)
    }

    fn stored<'a>(&self, returned: &'a Result<V, Stop>) -> Option<&'a V> {
        returned.as_ref().ok()
    }

    fn split(&self, returned: Result<V, Stop>) -> Result<V, Result<V, Stop>> {
        returned.map_err(Err)
    }

    /// That there is none is no error: the last value must not be served in its place.
    fn is_error(&self, returned: &Result<V, Stop>) -> bool {
        !matches!(returned, Err(Stop::Missing(Missing::Absent)))
    }
}

/// What is to be known of one, where all of them have that shape.
pub(super) fn shape_of<V: LocalValue>(all: Shape<Whole<V>>, fails: bool) -> Shape<Element<V>> {
    Shape { outcome: Element(PhantomData), form: all.form, fail: fails.then_some(|error| Err(Stop::Failed(error))) }
}
