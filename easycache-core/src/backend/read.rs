//! Reading.

use std::time::Duration;

use bytes::Bytes;

use super::{Grant, Names, Token};

/// A version of a stamp: 16 bytes that nobody can foresee and that never return.
///
/// A backend may report another one than it keeps, as long as two are equal just when those it keeps are, and are of
/// the same boot of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub [u8; 16]);

impl Version {
    /// What stands for no version where there is nothing to tell.
    pub const NONE: Self = Self([0; 16]);

    /// A fresh one, from the operating system: a generator in this process would be copied by a fork.
    ///
    /// # Panics
    ///
    /// If the operating system has no random bytes, without which nothing here is safe.
    #[must_use]
    pub fn mint() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(bytes)
    }

    /// The version that `bytes` are, if they are 16.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What.
    pub names: Names,
    /// What of it.
    pub want: Want,
    /// Whether to tell [how much longer](Seen::left) the value is kept. Asked of backends that are
    /// [soft](crate::Caps::soft) alone; the others need not tell.
    pub left: bool,
}

/// What of a lookup to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// Value and stamps, for a caller that will not compute.
    Peek,
    /// Stamps alone.
    Stamps,
    /// Value, stamps and lease, for a caller that computes what it does not find. A backend whose reads grant leases
    /// grants one for that long.
    Full {
        /// How long a lease granted here lives.
        lease: Duration,
    },
    /// As the others, for a caller that may have the value already and tells it by its first
    /// [`HEADER_LEN`](crate::HEADER_LEN) bytes: of the value no more is needed. A backend that cannot read a part of a
    /// value answers with all of it.
    Header {
        /// How long a lease granted here lives; none: no lease is wanted, nor told of.
        lease: Option<Duration>,
    },
}

impl Want {
    /// How long a lease lives that the read grants; none where leases are nothing to the caller.
    #[must_use]
    pub const fn lease(self) -> Option<Duration> {
        match self {
            Self::Full { lease } => Some(lease),
            Self::Header { lease } => lease,
            Self::Peek | Self::Stamps => None,
        }
    }

    /// Whether the value is asked for, or a part of it.
    #[must_use]
    pub const fn has_value(self) -> bool {
        !matches!(self, Self::Stamps)
    }
}

/// What was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The value.
    pub blob: Option<Bytes>,
    /// The versions of the stamps, in the order of their names; none where there is no stamp.
    pub stamps: Vec<Option<Version>>,
    /// What else the value depends on, if anything: the boot of the node that keeps it, or a stamp of its own. None: the
    /// value cannot be valid.
    pub origin: Option<Version>,
    /// How much longer the value is kept, from now. Told if [asked for](Read::left), and by a [`Watch`](crate::Watch). A
    /// value that is replaced during the read may be told with the time of the other.
    pub left: Option<Duration>,
    /// The token of the lease that somebody has. Told if asked for, and if the backend can.
    pub lease: Option<Token>,
    /// A lease that the read itself has granted to the caller.
    pub grant: Option<Grant>,
}
