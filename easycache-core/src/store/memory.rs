//! [`MemoryStore`]: the reference.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::Store;
use crate::{
    backend::Deadline,
    clock::{Clock, Moment, SystemClock},
    error::Result,
    sync::unpoisoned,
};

/// A [`Store`] in this process: the reference for authors of other stores, and a stand-in for a server in tests.
///
/// It has no bound but time: what has expired is thrown out as it grows.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Box<str>, (Bytes, Moment)>,
    /// How many there may be before the expired ones are thrown out.
    until_purge: usize,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store that takes the time from that clock.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, entries: Mutex::default() }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Entries, Moment) -> R) -> R {
        let now = self.clock.now();
        let mut entries = unpoisoned(self.entries.lock());
        f(&mut entries, now)
    }
}

impl Entries {
    fn get(&self, key: &str, now: Moment) -> Option<Bytes> {
        self.by_key.get(key).filter(|(_, until)| *until > now).map(|(value, _)| value.clone())
    }

    fn set(&mut self, key: &str, value: Bytes, until: Moment, now: Moment) {
        self.by_key.insert(key.into(), (value, until));
        if self.by_key.len() > self.until_purge {
            self.by_key.retain(|_, (_, until)| *until > now);
            self.until_purge = 2 * self.by_key.len() + 64;
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("entries", &self.with(|entries, _| entries.by_key.len())).finish()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get_many(&self, keys: &[&str], _: Deadline) -> Result<Vec<Option<Bytes>>> {
        Ok(self.with(|entries, now| keys.iter().map(|key| entries.get(key, now)).collect()))
    }

    async fn set_many(&self, items: &[(&str, Bytes, Duration)], _: Deadline) -> Result<()> {
        self.with(|entries, now| {
            for (key, value, ttl) in items {
                entries.set(key, value.clone(), now.after(*ttl), now);
            }
        });
        Ok(())
    }

    async fn delete_many(&self, keys: &[&str], _: Deadline) -> Result<()> {
        self.with(|entries, _| {
            for key in keys {
                entries.by_key.remove(*key);
            }
        });
        Ok(())
    }

    async fn add(&self, key: &str, value: Bytes, ttl: Duration, _: Deadline) -> Result<Bytes> {
        Ok(self.with(|entries, now| {
            entries.get(key, now).unwrap_or_else(|| {
                entries.set(key, value.clone(), now.after(ttl), now);
                value
            })
        }))
    }
}
