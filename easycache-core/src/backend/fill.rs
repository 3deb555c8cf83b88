//! Storing.

use std::time::Duration;

use bytes::Bytes;

use super::{Grant, Names, Version};

/// A value to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Under what. The stamps are those that the value depends on.
    pub names: Names,
    /// The versions of the stamps, in their order, that the value was computed under.
    pub versions: Vec<Version>,
    /// The right to store it.
    pub grant: Grant,
    /// The value, as the cache has encoded it.
    pub blob: Bytes,
    /// How long it lives.
    pub ttl: Duration,
}

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filled {
    /// It is stored.
    Stored,
    /// The lease was gone: the value was invalidated, somebody else has stored, or the lease's time was over.
    Lost,
    /// A stamp has moved meanwhile. The lease is ended.
    Doomed,
    /// It is too large for the server. The lease is ended.
    TooLarge,
}
