//! One kind of what is kept.

use std::{collections::HashMap, time::Duration};

use easycache_core::Moment;

/// What is kept of one kind, each until some moment.
pub(super) struct Shelf<T> {
    by_name: HashMap<Box<str>, (T, Moment)>,
    /// How many there may be before the expired ones are thrown out.
    until_purge: usize,
}

impl<T: Clone> Shelf<T> {
    /// What there is, by name.
    pub(super) fn iter(&self, now: Moment) -> impl Iterator<Item = (&str, &T)> {
        self.by_name.iter().filter(move |(_, (_, until))| *until > now).map(|(name, (kept, _))| (&**name, kept))
    }

    /// How many there are, those included that have expired and not been thrown out.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn get(&self, name: &str, now: Moment) -> Option<T> {
        self.by_name.get(name).filter(|(_, until)| *until > now).map(|(kept, _)| kept.clone())
    }

    pub(super) fn get_mut(&mut self, name: &str, now: Moment) -> Option<&mut (T, Moment)> {
        self.by_name.get_mut(name).filter(|(_, until)| *until > now)
    }

    /// How much longer it is kept.
    pub(super) fn left(&self, name: &str, now: Moment) -> Option<Duration> {
        self.by_name.get(name).filter(|(_, until)| *until > now).map(|(_, until)| until.since(now))
    }

    pub(super) fn put(&mut self, name: &str, kept: T, ttl: Duration, now: Moment) {
        self.by_name.insert(name.into(), (kept, now.after(ttl)));
        if self.by_name.len() > self.until_purge {
            self.by_name.retain(|_, (_, until)| *until > now);
            self.until_purge = 2 * self.by_name.len() + 64;
        }
    }

    pub(super) fn remove(&mut self, name: &str, now: Moment) -> bool {
        self.by_name.remove(name).is_some_and(|(_, until)| until > now)
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), until_purge: 0 }
    }
}
