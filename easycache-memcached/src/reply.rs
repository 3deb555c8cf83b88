//! What a server answers.

use std::fmt;

use bytes::Bytes;

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It was there, or it was done.
    Done(Item),
    /// It was not there.
    Absent,
    /// There was something already, or nothing to replace.
    NotStored,
    /// It was another than the one that was meant.
    Exists,
    /// The answer to a command that does nothing.
    Nothing,
    /// What the server tells of itself, by name.
    Stats(Vec<(Box<str>, Box<str>)>),
    /// The server refuses that command. The others of the same wave have answers of their own.
    Refused(Refusal),
}

/// What is told of an item, as far as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) value: Option<Bytes>,
    /// Tells this state of the item from all others since the server was started.
    pub(crate) cas: u64,
    /// The seconds that are left of its life; none if it has no end.
    pub(crate) left: Option<u64>,
    /// What was noted beside it when it was stored; 0 is nothing.
    pub(crate) note: u64,
    /// How long its value is.
    pub(crate) size: u64,
    /// The caller, and nobody else, is to compute it.
    pub(crate) won: bool,
    /// Somebody else was told to compute it.
    pub(crate) taken: bool,
    /// It was marked as outdated.
    pub(crate) stale: bool,
}

/// Why a server does not do what it is asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    TooLarge,
    OutOfMemory,
    Other(Box<str>),
}

impl Refusal {
    /// What `SERVER_ERROR` is followed by.
    pub(crate) fn of(message: &str) -> Self {
        if message.contains("too large") {
            Self::TooLarge
        } else if message.contains("out of memory") {
            Self::OutOfMemory
        } else {
            Self::Other(message.into())
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "object too large for cache",
            Self::OutOfMemory => "out of memory",
            Self::Other(message) => message,
        })
    }
}
