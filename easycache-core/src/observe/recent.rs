//! The last invalidations of this process, for people who wonder what happens.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    cache::{Core, TargetKind, Targets, Verb},
    clock::wall_time,
    error::{Error, ErrorKind, Result},
    sync::unpoisoned,
};

/// How many are kept.
const KEPT: usize = 64;
/// How many names of each are told.
const NAMES: usize = 8;
/// How much of a name is told, in characters.
const LONGEST: usize = 256;

/// One invalidation or expiry that this process has called, from
/// [`Cache::recent_invalidations`](crate::Cache::recent_invalidations).
///
/// As data for other programs it is a map of `at_ms` (since the beginning of 1970), `verb`, `names` (maps of `kind`, `name` and
/// `bytes`), `more` and `error`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recent {
    /// When it was called, as the clock on the wall had it.
    pub at: SystemTime,
    /// Whether it was invalidated or expired.
    pub verb: Verb,
    /// The first names, at most 8.
    pub names: Vec<RecentName>,
    /// How many names there were besides.
    pub more: usize,
    /// Why it may not be done, where it has failed.
    pub error: Option<Error>,
}

/// A name that was invalidated or expired.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecentName {
    /// What it is the name of.
    pub kind: TargetKind,
    /// The name; of one that is very long, the beginning; empty for everything.
    pub name: Box<str>,
    /// How long the whole name is, in bytes: more than `name` has where that is just the beginning.
    pub bytes: usize,
}

/// The last invalidations. Behind a lock that the model checker does not take the part of: nothing depends on what is in it.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<Recent>>);

impl History {
    /// The latest first.
    pub(crate) fn read(&self) -> Vec<Recent> {
        self.kept().iter().rev().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Recent>> {
        unpoisoned(self.0.lock())
    }

    fn add(&self, recent: Recent) {
        // Dropped behind the lock.
        let _oldest = {
            let mut kept = self.kept();
            let oldest = if kept.len() == KEPT { kept.pop_front() } else { None };
            kept.push_back(recent);
            oldest
        };
    }
}

/// An invalidation under way, of which is told how it ends.
#[derive(Debug)]
pub(crate) struct Telling<'a> {
    core: &'a Core,
    recent: Option<Recent>,
}

impl Core {
    /// Names are about to be invalidated or expired; everything, where there are none.
    pub(crate) fn invalidating(&self, verb: Verb, targets: Option<&Targets>) -> Telling<'_> {
        let count = targets.map_or(1, Targets::len);
        self.counters.outdated(verb).add(count);
        let names = match targets {
            Some(targets) => targets.names().take(NAMES).map(|(kind, name)| RecentName::new(kind, name)).collect(),
            None => vec![RecentName::new(TargetKind::Everything, "")],
        };
        let more = count.saturating_sub(NAMES);
        let recent = (count > 0).then(|| Recent { at: wall_time(), verb, names, more, error: None });
        Telling { core: self, recent }
    }
}

impl Telling<'_> {
    /// It has ended so.
    pub(crate) fn ended<T>(mut self, outcome: Result<T>) -> Result<T> {
        if let Some(recent) = self.recent.take() {
            self.core.history.add(Recent { error: outcome.as_ref().err().cloned(), ..recent });
        }
        outcome
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        if let Some(recent) = self.recent.take() {
            let error = Error::new(ErrorKind::Unavailable, "its caller has given up before it was answered");
            self.core.history.add(Recent { error: Some(error), ..recent });
        }
    }
}

impl RecentName {
    fn new(kind: TargetKind, name: &str) -> Self {
        let told = name.char_indices().nth(LONGEST).map_or(name, |(end, _)| &name[..end]);
        Self { kind, name: told.into(), bytes: name.len() }
    }
}

impl Serialize for Recent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("at_ms", &u64::try_from(at.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("verb", self.verb.name())?;
        map.serialize_entry("names", &self.names)?;
        map.serialize_entry("more", &self.more)?;
        map.serialize_entry("error", &self.error.as_ref().map(ToString::to_string))?;
        map.end()
    }
}

impl Serialize for RecentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("kind", self.kind.name())?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("bytes", &self.bytes)?;
        map.end()
    }
}
