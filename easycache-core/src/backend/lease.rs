//! The right to fill.

use std::time::Duration;

use bytes::Bytes;

use super::{Names, Seen, Version};

/// Tells one lease from all others, ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Token(pub Bytes);

impl Token {
    /// A fresh one.
    #[must_use]
    pub fn mint() -> Self {
        Self(Bytes::copy_from_slice(&Version::mint().0))
    }
}

/// A lease to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acquire {
    /// For what. Its stamps are minted where they are missing.
    pub names: Names,
    /// When.
    pub on: On,
    /// How long the lease lives if nobody renews it.
    pub lease: Duration,
    /// How long the stamps must live on at least, counted from now.
    pub keep: Duration,
}

/// When a lease is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// If the value is still what the caller has seen (none: absent). Blobs are told apart by their bytes 8 to 15.
    Miss(Option<[u8; 8]>),
    /// The same, of a value that others may still be served: it stays as it is while it is computed anew, and whether or
    /// not anything comes of that.
    Due([u8; 8]),
    /// Whatever is stored, and whoever has the lease: it is taken over.
    Replace,
    /// Not at all: the caller wants the versions of the stamps, minted where they are missing. The grant has an empty token,
    /// and fills nothing.
    Never,
}

/// How an acquisition ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// With a grant.
    Granted(Grant),
    /// Somebody stored meanwhile: see whether it will do.
    Changed(Seen),
}

/// The right to fill, and what the value computed under it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The lease.
    pub token: Token,
    /// The versions of the stamps, in the order of their names, as they were when the lease was granted or before.
    pub versions: Vec<Version>,
    /// What else the value depends on; see [`Seen::origin`].
    pub origin: Version,
    /// Whether the lease is this caller's own. If not, somebody else is computing, and who fills first wins.
    pub leads: bool,
    /// The lease's life, for [`renew`](crate::Backend::renew).
    pub lease: Duration,
    /// Whatever else the backend needs to know.
    pub state: Bytes,
}
