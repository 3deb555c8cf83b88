//! What the result itself, or an expression, says about being stored.

use std::time::Duration;

use super::TagList;
use crate::{
    error::Result,
    inside::{Inherited, Notes},
    ttl::IntoTtl,
};

/// Takes down what a result says about being stored.
#[derive(Debug)]
pub struct Keep {
    kept: Kept,
}

/// What was taken down.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) declined: bool,
    /// It is an error that is not to be kept: it is its caller's alone.
    pub(crate) withheld: bool,
    pub(crate) ttl: Option<Result<Duration>>,
    pub(crate) tags: Vec<Box<str>>,
    /// How long the computation took.
    pub(crate) took: Duration,
    /// It is an error, which is kept as such.
    pub(crate) failed: bool,
    /// What it has inherited, if it inherits.
    pub(crate) inherited: Option<Box<Inherited>>,
}

impl Kept {
    /// Adds what was noted while the result was computed.
    pub(crate) fn noted(mut self, notes: Notes) -> Self {
        self.declined |= notes.no_store;
        self.inherited = notes.inherited;
        self
    }
}

impl Keep {
    pub(crate) fn ask(ask: impl FnOnce(&mut Self)) -> Kept {
        let mut keep = Self { kept: Kept::default() };
        ask(&mut keep);
        keep.kept
    }

    /// Asks a value.
    pub fn of<T>(&mut self, value: &T, ask: impl FnOnce(&T, &mut Self)) {
        ask(value, self);
    }

    /// Stores it only if every such condition holds.
    pub fn only_if(&mut self, yes: bool) {
        self.kept.declined |= !yes;
    }

    /// Stores it that long, whatever else was said before.
    pub fn ttl(&mut self, ttl: impl IntoTtl) {
        self.kept.ttl = Some(ttl.into_ttl());
    }

    /// Stores an error, if it is one that is to be kept, that long.
    pub fn error(&mut self, ttl: impl IntoTtl, yes: bool) {
        self.kept.withheld = !yes;
        self.ttl(ttl);
    }

    /// Adds tags.
    pub fn tags(&mut self, tags: impl TagList) {
        tags.each_tag(|tag| self.kept.tags.push(tag.into()));
    }
}

/// A time to live, if one was given.
#[derive(Clone, Debug)]
pub struct Ttl(pub(crate) Option<Result<Duration>>);

impl Ttl {
    /// As the cache has it.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// That long.
    #[must_use]
    pub const fn new(ttl: Result<Duration>) -> Self {
        Self(Some(ttl))
    }
}
