//! One cached value, with everything that decides whether it may still be served.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::{
    clock::Moment,
    identity::Identity,
    near::Node,
    stamp::{Stamp, Stamps, Version, invalidated, moved},
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
    /// Bits of a [`Moment`]: until then it is served without a second thought. [`DEAD`] and [`EXPIRED`] are before all of
    /// them.
    expires: AtomicU64,
    /// What comes after that moment, if anything does.
    later: Option<Box<Later>>,
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

/// The entry has been taken out.
const DEAD: u64 = Moment::ORIGIN.to_bits();
/// The entry was expired by hand.
const EXPIRED: u64 = DEAD + 1;

/// What may be done with an entry that is not served without a second thought any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Later {
    /// Until then it is fresh.
    pub(crate) fresh_until: Moment,
    /// Until then it may be served although it is not fresh.
    pub(crate) until: Moment,
    /// How long the value lives in all, as far as it is fresh.
    pub(crate) ttl: Duration,
    /// How long its computation took.
    pub(crate) took: Duration,
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
    pub(crate) later: Option<Box<Later>>,
    pub(crate) weight: u64,
    pub(crate) value_of: Option<ValueOf>,
    /// When it was stored, or read from where it is.
    pub(crate) stored: Moment,
}

impl<V> Entry<V> {
    pub(crate) fn new(draft: Draft, value: V) -> Self {
        Self {
            expires: AtomicU64::new(draft.expires.to_bits()),
            later: draft.later,
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
    /// The value, if the entry may be served at `now` without a second thought and holds one of that type.
    #[inline]
    pub(crate) fn serve<V: Any>(&self, now: Moment) -> Result<&V, Reason> {
        let expires = self.expires.load(Ordering::Acquire);
        if expires <= now.to_bits() {
            return Err(Reason::Expired);
        }
        self.stands(now)?;
        self.look()
    }

    /// The value, if it is one of that type. It counts as read.
    #[inline]
    pub(crate) fn look<V: Any>(&self) -> Result<&V, Reason> {
        let value = self.get().ok_or(Reason::Schema)?;
        if !self.visited.load(Ordering::Relaxed) {
            self.visited.store(true, Ordering::Relaxed);
        }
        Ok(value)
    }

    /// Whether the entry is fresh at `now`, or why not.
    #[inline]
    pub(crate) fn check(&self, now: Moment) -> Result<(), Reason> {
        let expires = self.expires.load(Ordering::Acquire);
        if expires <= now.to_bits() {
            let is_fresh = expires != EXPIRED && self.later.as_ref().is_some_and(|later| now < later.fresh_until);
            match expires {
                DEAD => return Err(Reason::Absent),
                _ if is_fresh => {}
                _ => return Err(Reason::Expired),
            }
        }
        self.stands(now)
    }

    /// Whether nothing that it depends on has moved, as far as that is known at `now`.
    #[inline]
    fn stands(&self, now: Moment) -> Result<(), Reason> {
        // Before the stamps: what had happened until a node was last fresh has moved them by then.
        if !self.nodes.iter().all(|node| node.is_fresh(now)) {
            return Err(Reason::Unreachable);
        }
        self.check_stamps()
    }

    #[inline]
    fn check_stamps(&self) -> Result<(), Reason> {
        match moved(&self.stamps, self.born) {
            None => Ok(()),
            Some(stamp) => Err(stamp.reason()),
        }
    }

    /// How long ago the entry's time was over, if it may be served although it is not fresh. One that was expired before its
    /// time is as good as one that has just expired.
    pub(crate) fn overdue(&self, now: Moment) -> Option<Duration> {
        let later = self.later.as_ref().filter(|later| now < later.until)?;
        let is_servable = !self.is_dead() && invalidated(&self.stamps, self.born).is_none();
        is_servable.then(|| now.since(later.fresh_until))
    }

    /// Whether nobody can be served with it any more, or why.
    pub(crate) fn is_over(&self, now: Moment) -> Option<Reason> {
        let reason = self.check(now).err()?;
        if reason == Reason::Unreachable && !self.nodes.iter().any(|node| node.is_flushed()) {
            // Silence may end.
            return self.check_stamps().err();
        }
        self.overdue(now).is_none().then_some(reason)
    }

    /// What there is to know of it when it is not served without a second thought.
    pub(crate) fn later(&self) -> Option<&Later> {
        self.later.as_deref()
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
        self.expires.store(DEAD, Ordering::SeqCst);
    }

    /// Ends its freshness.
    pub(super) fn expire(&self) {
        let unless_dead = |expires| (expires != DEAD).then_some(EXPIRED);
        // Dead or expired: either way it is not fresh.
        let _before = self.expires.fetch_update(Ordering::SeqCst, Ordering::SeqCst, unless_dead);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.expires.load(Ordering::SeqCst) == DEAD
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
