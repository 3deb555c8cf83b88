//! What a value depends on besides what follows from its arguments.

use crate::identity::{Space, StampName};

/// A stamp that is known when the value is, and not before: a tag of the result, or what a cached function depends on
/// that was called to compute it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Extra {
    pub(crate) space: Space,
    pub(crate) name: Box<str>,
    /// Which copy of it, where it has several: those of another key are other ones.
    pub(crate) copy: u16,
}

impl Extra {
    /// A tag.
    pub(crate) fn tag(name: &str) -> Self {
        Self { space: Space::Tag, name: name.into(), copy: 0 }
    }

    pub(crate) fn stamp(&self) -> StampName<'_> {
        StampName { space: self.space, name: &self.name }
    }
}
