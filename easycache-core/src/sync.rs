//! Locks and atomics, in one place so that the model checker can take their part (`--cfg shuttle`).

#[cfg(not(shuttle))]
pub(crate) use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread, thread_local,
};

#[cfg(shuttle)]
pub(crate) use shuttle::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread, thread_local,
};

#[cfg(not(shuttle))]
pub(crate) use foldhash::fast::RandomState as HashState;

/// The model checker plays a schedule again, which has to meet the same shards and the same order.
#[cfg(shuttle)]
pub(crate) use foldhash::fast::FixedState as HashState;

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash},
    sync::{LockResult, PoisonError},
};

/// A map for use under a lock.
pub(crate) type Map<K, V> = HashMap<K, V, HashState>;

/// Locks, whoever panicked before: no critical section of ours leaves its data half changed, because none of them
/// runs code of the user.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// What [`lock`] does, for locks that the model checker does not take the part of.
pub(crate) fn unpoisoned<G>(locked: LockResult<G>) -> G {
    locked.unwrap_or_else(PoisonError::into_inner)
}

/// Values spread over independently locked shards by a hash of their name.
#[derive(Debug)]
pub(crate) struct Sharded<T> {
    shards: Box<[Mutex<T>]>,
    hasher: HashState,
}

impl<T: Default> Sharded<T> {
    pub(crate) fn new(shards: usize) -> Self {
        Self { shards: (0..shards).map(|_| Mutex::new(T::default())).collect(), hasher: HashState::default() }
    }
}

impl<T> Sharded<T> {
    /// The shard that `name` belongs to, locked.
    pub(crate) fn of(&self, name: &(impl Hash + ?Sized)) -> MutexGuard<'_, T> {
        let hash = self.hasher.hash_one(name);
        let at = (hash >> 32) as usize % self.shards.len();
        lock(&self.shards[at])
    }

    /// Every shard, unlocked, for work on all of them one after another.
    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &Mutex<T>> {
        self.shards.iter()
    }
}
