//! Everything that the backend keeps, and what is done to it at one instant.

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{
    Acquire, Acquired, BLOB_EXPIRED, BLOB_FLAGS, Fill, Filled, Grant, HEADER_LEN, Moment, Names, On, Seen, Target,
    Token, Version, Want,
};

use super::{line::Line, shelf::Shelf};

#[derive(Default)]
pub(super) struct Kept {
    pub(super) values: Shelf<Bytes>,
    pub(super) leases: Shelf<Token>,
    pub(super) stamps: Shelf<Version>,
    /// What has changed, and nobody was told of.
    pub(super) changed: Vec<Box<str>>,
    /// Those who are to be told.
    pub(super) lines: Vec<Line>,
}

impl Kept {
    /// Sends word of what has changed. Returns those who may have something to take to their caches.
    pub(super) fn tell(&mut self) -> Vec<Line> {
        let changed = std::mem::take(&mut self.changed);
        if self.lines.is_empty() {
            return Vec::new();
        }
        self.lines.retain(Line::is_watched);
        for line in &self.lines {
            for name in &changed {
                line.lose(name);
            }
        }
        self.lines.clone()
    }

    pub(super) fn see(&self, names: &Names, want: Want, left: bool, now: Moment) -> Seen {
        let value = if want.has_value() { self.values.get(&names.value, now) } else { None };
        let blob = match want {
            Want::Header { .. } => value.map(|blob| blob.slice(..HEADER_LEN.min(blob.len()))),
            _ => value,
        };
        let lease = want.lease().and_then(|_| self.leases.get(&names.lease, now));
        let stamps = names.stamps.iter().map(|name| self.stamps.get(name, now)).collect();
        let left = if left && blob.is_some() { self.values.left(&names.value, now) } else { None };
        Seen { blob, stamps, origin: Some(Version::NONE), left, lease, ..Seen::default() }
    }

    pub(super) fn acquire(&mut self, acquire: &Acquire, now: Moment) -> Acquired {
        let Acquire { names, on, lease, keep } = acquire;
        let expected = match on {
            On::Miss(expected) => Some(*expected),
            On::Due(id) => Some(Some(*id)),
            On::Replace | On::Never => None,
        };
        if let Some(expected) = expected {
            let seen = self.see(names, Want::Full { lease: *lease }, false, now);
            if seen.blob.as_deref().map(blob_id) != expected {
                return Acquired::Changed(seen);
            }
        }
        let (token, leads) = match on {
            On::Never => (Token::default(), false),
            _ => self.lease(&names.lease, *on == On::Replace, *lease, now),
        };
        let versions = names.stamps.iter().map(|name| self.version(name, *keep, now)).collect();
        Acquired::Granted(Grant { token, versions, origin: Version::NONE, leads, lease: *lease, state: Bytes::new() })
    }

    /// The lease of that name, and whether it is a new one.
    fn lease(&mut self, name: &str, replace: bool, life: Duration, now: Moment) -> (Token, bool) {
        if let Some(there) = self.leases.get(name, now).filter(|_| !replace) {
            return (there, false);
        }
        let token = Token::mint();
        self.leases.put(name, token.clone(), life, now);
        self.changed.push(name.into());
        (token, true)
    }

    /// The version of a stamp, a fresh one if it is missing; it lives on for `keep`.
    fn version(&mut self, name: &str, keep: Duration, now: Moment) -> Version {
        if let Some((version, until)) = self.stamps.get_mut(name, now) {
            if !version.is_held() {
                *until = now.after(keep).max(*until);
            }
            return *version;
        }
        let version = Version::mint();
        self.stamps.put(name, version, keep, now);
        self.changed.push(name.into());
        version
    }

    pub(super) fn fill(&mut self, fill: &Fill, largest: usize, now: Moment) -> Filled {
        let Fill { names, versions, grant, blob, ttl } = fill;
        if self.leases.get(&names.lease, now).as_ref() != Some(&grant.token) {
            return Filled::Lost;
        }
        self.leases.remove(&names.lease, now);
        self.changed.push(names.lease.clone());
        if blob.len() > largest {
            return Filled::TooLarge;
        }
        let current = names.stamps.iter().map(|name| self.stamps.get(name, now));
        if !current.eq(versions.iter().map(|version| Some(*version))) {
            return Filled::Doomed;
        }
        self.values.put(&names.value, blob.clone(), *ttl, now);
        self.changed.push(names.value.clone());
        Filled::Stored
    }

    pub(super) fn renew(&mut self, names: &Names, grant: &Grant, now: Moment) -> bool {
        let lease = self.leases.get_mut(&names.lease, now).filter(|(token, _)| *token == grant.token);
        lease.map(|(_, until)| *until = now.after(grant.lease)).is_some()
    }

    pub(super) fn release(&mut self, names: &Names, grant: &Grant, now: Moment) {
        if self.leases.get(&names.lease, now).as_ref() == Some(&grant.token) {
            self.leases.remove(&names.lease, now);
            self.changed.push(names.lease.clone());
        }
    }

    pub(super) fn invalidate(&mut self, target: &Target, now: Moment) -> bool {
        let name = match target {
            Target::Value { value, .. } | Target::Expire { value, .. } => value,
            Target::Stamp(name) | Target::Hold { stamp: name, .. } => name,
            _ => unreachable!("a target of a kind that came after this was written"),
        };
        self.changed.push(name.clone());
        match target {
            Target::Value { value, lease } => self.values.remove(value, now) | self.leases.remove(lease, now),
            Target::Stamp(name) => {
                let stamp = self.stamps.get_mut(name, now);
                stamp.map(|(version, _)| *version = Version::mint()).is_some()
            }
            Target::Hold { stamp, life } => {
                let was_there = self.stamps.get(stamp, now).is_some();
                self.stamps.put(stamp, Version::mint_held(), *life, now);
                was_there
            }
            Target::Expire { value, lease } => {
                let marked = self.values.get_mut(value, now).map(|(blob, _)| *blob = marked(blob)).is_some();
                marked | self.leases.remove(lease, now)
            }
            _ => unreachable!("a target of a kind that came after this was written"),
        }
    }

    /// What has a name, and has not expired.
    pub(super) fn names(&self, now: Moment) -> impl Iterator<Item = &str> {
        let (values, leases, stamps) = (self.values.iter(now), self.leases.iter(now), self.stamps.iter(now));
        values.map(|(name, _)| name).chain(leases.map(|(name, _)| name)).chain(stamps.map(|(name, _)| name))
    }
}

/// The same value, expired. What is too short to have flags is none of a cache's.
fn marked(blob: &Bytes) -> Bytes {
    let mut blob = blob.to_vec();
    if let Some(flags) = blob.get_mut(BLOB_FLAGS) {
        *flags |= BLOB_EXPIRED;
    }
    blob.into()
}

/// What blobs are told apart by.
fn blob_id(blob: &[u8]) -> [u8; 8] {
    blob.get(8..16).and_then(|id| id.try_into().ok()).unwrap_or_default()
}
