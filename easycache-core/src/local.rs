//! The local tier: typed values in this process, found without a lock, bounded, and swept.

mod burial;
mod entry;
mod ring;

use std::{any::Any, hash::Hash, sync::Arc, time::Duration};

use papaya::{Equivalent, Guard, HashMap};

use crate::{
    clock::Moment,
    identity::ByKey,
    key::{Short, ShortRef},
    stamp::moved,
    stats::Reason,
    sync::{Mutex, lock},
};

use self::ring::Ring;
pub(crate) use self::{
    burial::{EntryRef, section},
    entry::{Draft, Entry, Later, Schema, ValueOf},
    ring::Bound,
};

/// How many slots of the ring are looked at under one lock.
const SLICE: usize = 512;

/// All entries of a cache.
///
/// Two maps lead to them: one by the full key, one by the raw arguments of the function that filled the entry, which
/// spares a hit the making of its key. The ring holds each entry once, for eviction and sweeping. Whoever changes the
/// entry of a key holds the lock of that key's flights.
#[derive(Debug)]
pub(crate) struct LocalTier {
    by_key: HashMap<ByKey, EntryRef, foldhash::fast::RandomState>,
    by_arguments: HashMap<Short, EntryRef, foldhash::fast::RandomState>,
    ring: Mutex<Ring>,
    bound: Bound,
}

/// What a sweep has taken out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Swept {
    pub(crate) expired: usize,
    pub(crate) invalidated: usize,
    /// The whole ring has been seen.
    pub(crate) around: bool,
}

impl LocalTier {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { by_key: HashMap::default(), by_arguments: HashMap::default(), ring: Mutex::new(Ring::new(bound)), bound }
    }

    /// A copy of the value found by raw arguments, if it may be served.
    #[inline]
    pub(crate) fn by_arguments<V: Any + Clone>(&self, arguments: &[u64], now: Moment) -> Option<V> {
        let map = self.by_arguments.pin();
        map.get(&ShortRef(arguments))?.serve::<V>(now).ok().cloned()
    }

    /// The entry under `key`, if it `answers`, may be served and holds a `V`; else why not.
    pub(crate) fn by_key<V: Any>(
        &self,
        key: &str,
        now: Moment,
        answers: impl FnOnce(&EntryRef) -> Result<(), Reason>,
    ) -> Result<EntryRef, Reason> {
        let map = self.by_key.pin();
        let entry = map.get(key).ok_or(Reason::Absent)?;
        // In this order: an entry that is gone anyway is not a miss because of its names.
        entry.check(now)?;
        answers(entry)?;
        entry.look::<V>()?;
        Ok(entry.clone())
    }

    /// The entry under `key`, whether it may be served or not.
    pub(crate) fn any(&self, key: &str) -> Option<EntryRef> {
        self.by_key.pin().get(key).cloned()
    }

    /// The name of the stamp that the entry under `key` is a miss for.
    pub(crate) fn name_moved(&self, key: &str) -> Option<Box<str>> {
        let entry = self.any(key)?;
        moved(entry.stamps(), entry.born()).map(|stamp| stamp.name().into())
    }

    /// The entry under `key`, if it `answers`, may be served although it is not fresh, and holds a `V`; and how long its
    /// time has been over.
    pub(crate) fn overdue<V: Any>(
        &self,
        key: &str,
        now: Moment,
        answers: impl FnOnce(&EntryRef) -> Result<(), Reason>,
    ) -> Option<(EntryRef, Duration)> {
        let map = self.by_key.pin();
        let entry = map.get(key)?;
        let overdue = entry.overdue(now)?;
        answers(entry).ok()?;
        entry.look::<V>().ok()?;
        Some((entry.clone(), overdue))
    }

    /// Puts an entry in the place of whatever is there. Returns how many others it drove out.
    ///
    /// The caller holds the lock of the key's flights.
    pub(crate) fn insert(&self, entry: Arc<Entry>, arguments: Option<&Arc<[u64]>>) -> usize {
        let entry = EntryRef(entry);
        let old = self.by_key.pin().get(entry.identity().key()).cloned();
        if let Some(old) = &old {
            // First: who has read the new value by one map must not be given the old one by the other.
            old.kill();
        }
        self.by_key.pin().insert(ByKey(Arc::clone(entry.identity())), entry.clone());
        let victims = {
            let mut ring = lock(&self.ring);
            if let Some(old) = &old {
                ring.remove(old);
            }
            ring.add(entry.clone())
        };
        for victim in &victims {
            self.unlink(victim);
        }
        if let Some(arguments) = arguments {
            self.name(&entry, arguments);
        }
        if let Some(old) = &old {
            self.unlink(old);
        }
        if old.is_some() || !victims.is_empty() {
            self.give_back();
        }
        victims.len()
    }

    /// Lets an entry be found by raw arguments, too.
    pub(crate) fn name(&self, entry: &EntryRef, arguments: &Arc<[u64]>) {
        // One that has this name already was not found by it: another entry of the same key was there in between.
        if !entry.set_short(arguments) && entry.short() != Some(&**arguments) {
            return;
        }
        self.by_arguments.pin().insert(Short(Arc::clone(arguments)), entry.clone());
        // Whoever took it out meanwhile did not see the name yet.
        if entry.is_dead() {
            remove(&self.by_arguments, &ShortRef(arguments), entry);
        }
    }

    /// Lets nobody have the entry under `key` any more. Returns whether there was one that could be served.
    ///
    /// It stays where it is, dead, until it is replaced or swept: the maps are slow at taking out and putting back the
    /// same key over and over, which is what an invalidated hot key amounts to.
    ///
    /// The caller holds the lock of the key's flights.
    pub(crate) fn remove(&self, key: &str, now: Moment) -> bool {
        let map = self.by_key.pin();
        let Some(entry) = map.get(key) else { return false };
        let was_served = entry.check(now).is_ok();
        entry.kill();
        was_served
    }

    /// Lets nobody have the entry under `key` as a fresh one. Returns whether there was one that was.
    ///
    /// The caller holds the lock of the key's flights.
    pub(crate) fn expire(&self, key: &str, now: Moment) -> bool {
        let map = self.by_key.pin();
        let Some(entry) = map.get(key) else { return false };
        let was_fresh = entry.check(now).is_ok();
        entry.expire();
        was_fresh
    }

    /// Takes out what can never be served again: one slice of the ring, or all of it.
    pub(crate) fn sweep(&self, now: Moment, slots: usize) -> Swept {
        let mut swept = Swept::default();
        if slots == usize::MAX {
            // All of it, not what an earlier sweep has left.
            lock(&self.ring).start_over();
        }
        let mut left = slots;
        while left > 0 && !swept.around {
            let section = section();
            let (waste, around) = lock(&self.ring).sweep(SLICE.min(left), |entry| entry.is_over(now).is_some());
            for entry in &waste {
                match entry.is_over(now) {
                    Some(Reason::Expired) => swept.expired += 1,
                    _ => swept.invalidated += 1,
                }
                self.unlink(entry);
            }
            if !waste.is_empty() {
                self.give_back();
            }
            swept.around = around;
            left = left.saturating_sub(SLICE);
            drop(section);
        }
        swept
    }

    /// The keys that begin with that, among the slots from there on, and where to go on: about so many, as far as there are
    /// any. An entry that takes the place of another of the same key has its slot.
    pub(crate) fn keys(&self, beginning: &str, from: usize, count: usize, now: Moment) -> (Vec<String>, Option<usize>) {
        let (mut keys, mut next) = (Vec::new(), Some(from));
        while let Some(from) = next
            && keys.len() < count
        {
            let ring = lock(&self.ring);
            let slots = ring.slots(from, SLICE.min(count));
            let there = slots.iter().flatten().filter(|entry| entry.is_over(now).is_none());
            let found = there.map(|entry| entry.identity().key()).filter(|key| key.starts_with(beginning));
            keys.extend(found.map(ToOwned::to_owned));
            next = ring.behind(from, slots.len());
        }
        (keys, next)
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.ring).len()
    }

    pub(crate) fn weight(&self) -> u64 {
        lock(&self.ring).weight()
    }

    pub(crate) fn bound(&self) -> Bound {
        self.bound
    }

    /// Makes an entry that is out of the ring unfindable.
    fn unlink(&self, entry: &EntryRef) {
        entry.kill();
        remove(&self.by_key, entry.identity().key(), entry);
        if let Some(arguments) = entry.short() {
            remove(&self.by_arguments, &ShortRef(arguments), entry);
        }
    }

    /// Lets go of what was unlinked as soon as nobody reads it. Each thread has a list of that in each map, which would
    /// otherwise be kept until it is long enough: with the values on it and, through them, their stamps.
    fn give_back(&self) {
        self.by_key.guard().flush();
        self.by_arguments.guard().flush();
    }
}

/// Removes `key` if it leads to just that entry.
fn remove<K, Q>(map: &HashMap<K, EntryRef, foldhash::fast::RandomState>, key: &Q, entry: &EntryRef)
where
    K: Hash + Eq,
    Q: Hash + Equivalent<K> + ?Sized,
{
    // Either way it does not lead there any more.
    let _ = map.pin().remove_if(key, |_, other| Arc::ptr_eq(&other.0, &entry.0));
}
