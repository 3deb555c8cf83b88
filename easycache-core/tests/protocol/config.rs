//! What is modelled in one run: which server, who takes part, what may go wrong, and which rule is broken, if any.

use crate::{
    event::Event,
    state::{CLOCK, OWN, PREFIX, RESULT, SLOTS, TAG, TWIN},
    variants::Broken,
};

/// What the values are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One server. READ, ACQUIRE and FILL are one step each; an invalidation's messages are done in their order.
    Single,
    /// One master, and a replica that lags as it likes. Bodies come from the replica, headers and stamps from the
    /// master.
    Replicated,
    /// Value with lease, and each stamp, on nodes of their own: every message is a step, in any order. The fill looks
    /// at the lease alone.
    Cluster,
    /// A plain store under `Stamped`: no leases, and one more stamp for each value. Every item is a step, in any order.
    Stamped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    /// Computes although a value is stored, and takes the lease over.
    Refresher,
}

/// What a writer invalidates after its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Covers {
    Key,
    Tag,
    /// A tag and a prefix: two stamps.
    TagAndPrefix,
    /// A tag that only the result tells.
    ResultTag,
    /// Nothing: it expires what has the tag, which promises nothing.
    Expiry,
}

/// How the stamps of a result's tags are read after the computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recheck {
    /// Clock and stamps read, and missing stamps minted, at one instant.
    AtOnce,
    /// Missing stamps minted first; then clock and stamps read at one instant.
    MintThenRead,
}

/// A promise that is checked, as a bit.
pub(crate) const G: u8 = 1;
pub(crate) const M: u8 = 2;
pub(crate) const RYI: u8 = 4;

#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the world that is there or not")]
pub(crate) struct Config {
    pub name: &'static str,
    pub kind: Kind,
    /// What the readers do, and in which process.
    pub readers: &'static [(Role, u8)],
    /// Calls that each reader makes.
    pub reads: u8,
    /// What the writers invalidate, and in which process.
    pub writers: &'static [(Covers, u8)],
    /// Whether values have a prefix beside the tag.
    pub prefix: bool,
    /// How tags known only from the result are treated, if there are any.
    pub result_tags: Option<Recheck>,
    /// Whether readers may serve what has expired and was not invalidated. Then the place of the prefix is that of the tag's
    /// hard twin.
    pub window: bool,
    /// Whether calls in one process share computations.
    pub coalesce: bool,
    /// How often one thing that is stored is lost: evicted, or expired.
    pub losses: u8,
    /// How often an answer to an invalidation is lost.
    pub failures: u8,
    /// How often a caller ends in the middle of a call, or a writer between its commit and its invalidation.
    pub crashes: u8,
    /// Whether writers hold their tag before they commit.
    pub holds: bool,
    /// What is checked.
    pub promises: u8,
    /// What must have happened in some state: a model that does nothing keeps every promise.
    pub must: &'static [Event],
    pub broken: Option<Broken>,
}

impl Config {
    /// Two readers of two calls each, one invalidation by tag and one by key, on one server that loses nothing.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            readers: &[(Role::Reader, 0), (Role::Reader, 1)],
            reads: 2,
            writers: &[(Covers::Tag, 2), (Covers::Key, 2)],
            prefix: false,
            result_tags: None,
            window: false,
            coalesce: false,
            losses: 0,
            failures: 0,
            crashes: 0,
            holds: false,
            promises: G | M | RYI,
            must: &[Event::Hit],
            broken: None,
        }
    }

    /// Whether two readers differ in name alone. In which process they are matters to flights and to quarantine.
    pub(crate) fn interchangeable(&self, one: usize, other: usize) -> bool {
        let ((role, home), (other_role, other_home)) = (self.readers[one], self.readers[other]);
        role == other_role && (home == other_home || !self.coalesce && self.failures == 0)
    }

    pub(crate) fn has_leases(&self) -> bool {
        self.kind != Kind::Stamped
    }

    /// Whether each message of a step is a step of its own, in any order.
    pub(crate) fn is_spread(&self) -> bool {
        matches!(self.kind, Kind::Cluster | Kind::Stamped)
    }

    pub(crate) fn has_replica(&self) -> bool {
        self.kind == Kind::Replicated
    }

    /// Whether a value depends on this stamp, and that is known before it is computed.
    pub(crate) fn known(&self, slot: usize) -> bool {
        match slot {
            TAG => true,
            PREFIX => self.prefix || self.window,
            OWN => self.kind == Kind::Stamped,
            _ => false,
        }
    }

    /// Whether a value depends on this stamp.
    pub(crate) fn depends(&self, slot: usize) -> bool {
        self.known(slot) || (slot == RESULT && self.result_tags.is_some())
    }

    /// Whether a value is fresh only as long as this stamp has not moved: the twin moves for an invalidation alone, and
    /// then the stamp has moved as well.
    pub(crate) fn is_fresh_by(&self, slot: usize) -> bool {
        self.depends(slot) && !(self.window && slot == TWIN)
    }

    /// Whether an ACQUIRE reports this stamp: those known, and the clock if tags are to come with the result.
    pub(crate) fn acquires(&self, slot: usize) -> bool {
        self.known(slot) || (slot == CLOCK && self.result_tags.is_some())
    }

    /// Whether this stamp takes part at all.
    pub(crate) fn uses(&self, slot: usize) -> bool {
        self.depends(slot) || self.acquires(slot)
    }

    pub(crate) fn slots(&self, wanted: impl Fn(&Self, usize) -> bool) -> impl Iterator<Item = usize> {
        (0..SLOTS).filter(move |&slot| wanted(self, slot))
    }
}
