//! What the result itself, or an expression, says about being stored.

use std::time::Duration;

use crate::{error::Result, ttl::IntoTtl};

/// Takes down what a result says about being stored.
#[derive(Debug)]
pub struct Keep {
    kept: Kept,
}

/// What was taken down.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) declined: bool,
    pub(crate) ttl: Option<Result<Duration>>,
    pub(crate) tags: Vec<Box<str>>,
}

impl Keep {
    pub(crate) fn ask(ask: impl FnOnce(&mut Self)) -> Kept {
        let mut keep = Self { kept: Kept::default() };
        ask(&mut keep);
        keep.kept
    }

    /// Stores it only if every such condition holds.
    pub fn only_if(&mut self, yes: bool) {
        self.kept.declined |= !yes;
    }

    /// Stores it that long, whatever else was said before.
    pub fn ttl(&mut self, ttl: impl IntoTtl) {
        self.kept.ttl = Some(ttl.into_ttl());
    }

    /// Adds tags.
    pub fn tags<I>(&mut self, tags: I)
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.kept.tags.extend(tags.into_iter().map(|tag| tag.as_ref().into()));
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
    pub fn new(ttl: impl IntoTtl) -> Self {
        Self(Some(ttl.into_ttl()))
    }
}
