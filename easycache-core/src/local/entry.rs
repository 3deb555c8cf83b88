//! One cached value, with everything that decides whether it may still be served.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use crate::{
    clock::Moment,
    identity::Identity,
    near::Node,
    stamp::{Stamp, Stamps, Version, moved},
    stats::Reason,
    sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// What a value means besides its type. A value of another schema is a miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) name: Option<&'static str>,
    pub(crate) version: u32,
    /// The one function whose values these are, if its key was made automatically: two methods of one name, of two
    /// traits, have one path, and must not answer for each other. 0: whoever has the key.
    pub(crate) function: u32,
}

/// Finds the value in what is stored, for those who ask for another type than that of the stored.
pub(crate) type ValueOf = fn(&(dyn Any + Send + Sync)) -> Option<&dyn Any>;
impl Schema {
    /// Of a value that was found by its key alone: no function's.
    pub(crate) const OF_NOBODY: Self = Self { name: None, version: 0, function: u32::MAX };
}

/// A cached value. `V` is last, so that an entry of any type can stand among the others.
#[derive(Debug)]
pub(crate) struct Entry<V: ?Sized = dyn Any + Send + Sync> {
    /// Bits of a [`Moment`]; the origin means that the entry has been taken out.
    expires: AtomicU64,
    /// Where the sequence of versions stood before the value was computed.
    born: Version,
    stamps: Stamps,
    /// Of the backend, where it tells of changes to what was read there: not served unless each of them is fresh.
    nodes: Box<[Arc<Node>]>,
    /// Read since the hand of the ring came by.
    visited: AtomicBool,
    schema: Schema,
    pub(super) slot: AtomicUsize,
    weight: u64,
    value_of: Option<ValueOf>,
    stored: Moment,
    identity: Arc<Identity>,
    /// The raw arguments that it can be found by, too.
    short: OnceLock<Arc<[u64]>>,
    value: V,
}

/// What an entry is made of, besides its value.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) identity: Arc<Identity>,
    pub(crate) schema: Schema,
    pub(crate) stamps: Stamps,
    pub(crate) nodes: Box<[Arc<Node>]>,
    pub(crate) born: Version,
    pub(crate) expires: Moment,
    pub(crate) weight: u64,
    pub(crate) value_of: Option<ValueOf>,
    /// When it was stored, or read from where it is.
    pub(crate) stored: Moment,
}

impl<V> Entry<V> {
    pub(crate) fn new(draft: Draft, value: V) -> Self {
        Self {
            expires: AtomicU64::new(draft.expires.to_bits()),
            born: draft.born,
            stamps: draft.stamps,
            nodes: draft.nodes,
            visited: AtomicBool::new(false),
            schema: draft.schema,
            slot: AtomicUsize::new(usize::MAX),
            weight: draft.weight,
            value_of: draft.value_of,
            stored: draft.stored,
            identity: draft.identity,
            short: OnceLock::new(),
            value,
        }
    }
}

impl Entry {
    /// The value, if the entry may be served at `now` and holds one of that type.
    #[inline]
    pub(crate) fn serve<V: Any>(&self, now: Moment) -> Result<&V, Reason> {
        self.check(now)?;
        let value = self.get().ok_or(Reason::Schema)?;
        if !self.visited.load(Ordering::Relaxed) {
            self.visited.store(true, Ordering::Relaxed);
        }
        Ok(value)
    }

    /// Whether the entry may be served at `now`, or why not.
    #[inline]
    pub(crate) fn check(&self, now: Moment) -> Result<(), Reason> {
        let expires = self.expires.load(Ordering::Acquire);
        if expires <= now.to_bits() {
            return Err(if expires == Moment::ORIGIN.to_bits() { Reason::Absent } else { Reason::Expired });
        }
        // Before the stamps: what had happened until a node was last fresh has moved them by then.
        if !self.nodes.iter().all(|node| node.is_fresh(now)) {
            return Err(Reason::Unreachable);
        }
        match moved(&self.stamps, self.born) {
            None => Ok(()),
            Some(stamp) => Err(stamp.reason()),
        }
    }

    /// Whether the entry answers a lookup of that identity and schema: the key is known to be the same.
    pub(crate) fn answers(&self, identity: &Identity, schema: Schema) -> Result<(), Reason> {
        if self.identity.tags() != identity.tags() {
            return Err(Reason::Names);
        }
        if self.schema != schema {
            return Err(Reason::Schema);
        }
        Ok(())
    }

    /// A copy of the value, whether it may be served or not.
    pub(crate) fn value<V: Any + Clone>(&self) -> Option<V> {
        self.get().cloned()
    }

    /// The value, whether it may be served or not.
    #[inline]
    pub(crate) fn get<V: Any>(&self) -> Option<&V> {
        (&self.value as &dyn Any).downcast_ref().or_else(|| self.inner())
    }

    #[cold]
    fn inner<V: Any>(&self) -> Option<&V> {
        self.value_of?(&self.value)?.downcast_ref()
    }

    pub(crate) fn stamps(&self) -> &[Arc<Stamp>] {
        &self.stamps
    }

    pub(crate) fn stored(&self) -> Moment {
        self.stored
    }

    /// When its time is over.
    pub(crate) fn expires(&self) -> Moment {
        Moment::from_bits(self.expires.load(Ordering::Acquire))
    }

    pub(crate) fn born(&self) -> Version {
        self.born
    }

    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Takes it out: it is served to nobody any more, wherever it can still be found.
    pub(super) fn kill(&self) {
        self.expires.store(Moment::ORIGIN.to_bits(), Ordering::SeqCst);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.expires.load(Ordering::SeqCst) == Moment::ORIGIN.to_bits()
    }

    /// Whether it was read since this was last asked.
    pub(super) fn take_visited(&self) -> bool {
        self.visited.swap(false, Ordering::Relaxed)
    }

    pub(super) fn short(&self) -> Option<&[u64]> {
        self.short.get().map(AsRef::as_ref)
    }

    /// Gives it a short name, unless it has one: an entry has the short name of one function.
    pub(super) fn set_short(&self, short: &Arc<[u64]>) -> bool {
        self.short.set(Arc::clone(short)).is_ok()
    }
}
