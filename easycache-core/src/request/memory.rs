//! The values that one request remembers.

use std::sync::Arc;

use crate::{
    clock::Moment,
    identity::ByKey,
    local::{EntryRef, section},
    sync::{Map, Mutex, lock},
};

/// What a request has read, by cache and full key. Bounded: when it is full of what still stands, it remembers no more.
#[derive(Debug)]
pub(crate) struct Memory {
    bound: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_cache: Map<u64, Map<ByKey, EntryRef>>,
    /// Of all caches together.
    count: usize,
    /// How many more have to come before it is worth looking again for what no longer stands.
    patience: usize,
}

/// What part of all has to come anew between two searches for what no longer stands: so that one that comes costs a few
/// looks on the average, however full it is.
const PATIENCE: usize = 8;

impl Memory {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, kept: Mutex::default() }
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.kept).count
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let _section = section();
        *lock(&self.kept) = Kept::default();
    }

    /// What is remembered under that key, if nothing it depends on was changed since, and it `answers`.
    pub(super) fn get(
        &self,
        cache: u64,
        key: &str,
        now: Moment,
        answers: impl FnOnce(&EntryRef) -> bool,
    ) -> Option<EntryRef> {
        let _section = section();
        lock(&self.kept).standing(cache, key, now).filter(|entry| answers(entry)).cloned()
    }

    /// Remembers what was found; unless something is remembered that `answers`, which is returned: a request that has
    /// been answered with one value is not answered with another that was found at the same time.
    pub(super) fn keep(
        &self,
        cache: u64,
        entry: EntryRef,
        now: Moment,
        answers: impl FnOnce(&EntryRef) -> bool,
    ) -> Option<EntryRef> {
        let _section = section();
        let mut kept = lock(&self.kept);
        if let Some(other) = kept.standing(cache, entry.identity().key(), now).filter(|other| answers(other)) {
            return Some(other.clone());
        }
        kept.insert(cache, entry, (self.bound, now));
        None
    }

    /// Remembers what was computed and stored. Where something is remembered that was found meanwhile, nobody can tell
    /// which is newer: then neither is remembered.
    pub(super) fn keep_computed(&self, cache: u64, entry: EntryRef, now: Moment) {
        let _section = section();
        let mut kept = lock(&self.kept);
        if kept.standing(cache, entry.identity().key(), now).is_some() {
            kept.remove(cache, entry.identity().key());
        } else {
            kept.insert(cache, entry, (self.bound, now));
        }
    }
}

impl Kept {
    /// The entry under a key, if nothing it depends on was changed.
    fn standing(&mut self, cache: u64, key: &str, now: Moment) -> Option<&EntryRef> {
        let stands = self.by_cache.get(&cache)?.get(key)?.check(now).is_ok();
        if !stands {
            self.remove(cache, key);
            return None;
        }
        self.by_cache.get(&cache)?.get(key)
    }

    fn remove(&mut self, cache: u64, key: &str) {
        let removed = self.by_cache.get_mut(&cache).and_then(|entries| entries.remove(key));
        self.count -= usize::from(removed.is_some());
    }

    /// Puts it in the place of what is there, if it stands itself and there is room.
    fn insert(&mut self, cache: u64, entry: EntryRef, (bound, now): (usize, Moment)) {
        if entry.check(now).is_err() {
            return;
        }
        // The old name goes with the old entry.
        self.remove(cache, entry.identity().key());
        if !self.has_room((bound, now)) {
            return;
        }
        self.count += 1;
        let key = ByKey(Arc::clone(entry.identity()));
        self.by_cache.entry(cache).or_default().insert(key, entry);
    }

    /// Whether one more can be remembered; drops what no longer stands if that makes room.
    fn has_room(&mut self, (bound, now): (usize, Moment)) -> bool {
        if self.count >= bound && self.patience == 0 {
            self.by_cache.values_mut().for_each(|entries| entries.retain(|_, entry| entry.check(now).is_ok()));
            self.count = self.by_cache.values().map(Map::len).sum();
            self.patience = bound / PATIENCE;
        }
        self.patience = self.patience.saturating_sub(1);
        self.count < bound
    }
}
