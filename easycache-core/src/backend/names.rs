//! What things are called on the wire.

use std::time::Duration;

#[cfg(doc)]
use super::Version;

/// The wire names of one lookup. What they mean is the cache's business; that of the value and that of its lease have the
/// same part in braces, which is what a cluster places a key by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Names {
    /// Of the value.
    pub value: Box<str>,
    /// Of the value's lease.
    pub lease: Box<str>,
    /// Of the stamps that the value depends on, each once.
    pub stamps: Vec<Box<str>>,
}

/// What to invalidate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// A value, with its lease.
    Value {
        /// The value's name.
        value: Box<str>,
        /// Its lease's name.
        lease: Box<str>,
    },
    /// A stamp.
    Stamp(Box<str>),
    /// A stamp that somebody holds from now on: it gets a fresh version that [says so](Version::is_held), whether it is there
    /// or not, and is absent after `life`, which nobody prolongs. Invalidated before, it is as any other.
    Hold {
        /// The stamp's name.
        stamp: Box<str>,
        /// How long it is held at most.
        life: Duration,
    },
    /// A value that is to stay, marked: [`BLOB_EXPIRED`](crate::BLOB_EXPIRED) is set in its flags. Its lease is ended. Sent
    /// to backends that are [soft](crate::Caps::soft) alone.
    Expire {
        /// The value's name.
        value: Box<str>,
        /// Its lease's name.
        lease: Box<str>,
    },
}

impl Target {
    /// The name that a call would read.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Value { value, .. } | Self::Expire { value, .. } => value,
            Self::Stamp(name) | Self::Hold { stamp: name, .. } => name,
        }
    }
}
