//! [`MemoryBackend`]: the reference.

mod line;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{
    Acquire, Acquired, BLOB_EXPIRED, BLOB_FLAGS, Backend, Caps, Clock, Deadline, Fill, Filled, Grant, HEADER_LEN,
    Moment, NamePage, NameScan, Names, NodeRole, NodeState, NodeStatus, On, Read, Result, Seen, SystemClock, Target,
    Token, Version, Want, Watch, Watching,
};

pub use self::line::Line;
use self::line::MemoryWatch;

/// A backend in this process that keeps every clause: the reference for authors of other backends, and the server that
/// several caches of one test share, through an [`Arc`].
///
/// It has no bound but time: what has expired is thrown out as it grows. It tells of changes; when that arrives, tests
/// decide by its [`lines`](Self::lines).
pub struct MemoryBackend {
    caps: Caps,
    server: Arc<Server>,
}

struct Server {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    values: Shelf<Bytes>,
    leases: Shelf<Token>,
    stamps: Shelf<Version>,
    /// What has changed, and nobody was told of.
    changed: Vec<Box<str>>,
    /// Those who are to be told.
    lines: Vec<Line>,
}

/// What is kept of one kind, each until some moment.
struct Shelf<T> {
    by_name: HashMap<Box<str>, (T, Moment)>,
    /// How many there may be before the expired ones are thrown out.
    until_purge: usize,
}

impl MemoryBackend {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty one that takes the time from that clock.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { caps: Caps::new().soft(), server: Arc::new(Server { clock, kept: Mutex::default() }) }
    }

    /// It takes no values that are larger.
    #[must_use]
    pub fn max_value(mut self, bytes: usize) -> Self {
        self.caps = self.caps.max_value(bytes);
        self
    }

    /// It has stamps that many values share in that many copies, as a cluster does.
    #[must_use]
    pub fn stripes(mut self, copies: u16) -> Self {
        self.caps = self.caps.stripes(copies);
        self
    }

    /// Loses what is under that wire name, as a server does that needs the space.
    pub fn evict(&self, name: &str) {
        self.with(|kept, now| {
            kept.values.remove(name, now);
            kept.leases.remove(name, now);
            kept.stamps.remove(name, now);
            kept.changed.push(name.into());
        });
    }

    /// Loses everything, as a server does that starts again.
    pub fn flush(&self) {
        self.with(|kept, _| {
            let lines = std::mem::take(&mut kept.lines);
            lines.iter().for_each(Line::flush);
            *kept = Kept { lines, ..Kept::default() };
        });
    }

    /// The connections that it is watched through, in the order in which the caches were built.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        self.with(|kept, _| kept.lines.clone())
    }

    /// How many values there are.
    #[must_use]
    pub fn values(&self) -> usize {
        self.with(|kept, now| kept.values.by_name.values().filter(|(_, until)| *until > now).count())
    }

    /// How many stamps it keeps, those included that have expired and not been thrown out.
    #[must_use]
    pub fn stamps(&self) -> usize {
        self.with(|kept, _| kept.stamps.by_name.len())
    }

    fn with<R>(&self, f: impl FnOnce(&mut Kept, Moment) -> R) -> R {
        self.server.with(f)
    }

    /// Does `f` to each item: each at an instant of its own.
    fn each<I, R>(&self, items: &[I], mut f: impl FnMut(&mut Kept, Moment, &I) -> R) -> Vec<Result<R>> {
        items.iter().map(|item| Ok(self.with(|kept, now| f(kept, now, item)))).collect()
    }
}

impl Server {
    /// Does `f` at one instant, and tells of what it has changed.
    fn with<R>(&self, f: impl FnOnce(&mut Kept, Moment) -> R) -> R {
        let now = self.clock.now();
        let (answer, lines) = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = f(&mut kept, now);
            (answer, kept.tell())
        };
        lines.iter().for_each(Line::deliver);
        answer
    }
}

impl<T: Clone> Shelf<T> {
    fn get(&self, name: &str, now: Moment) -> Option<T> {
        self.by_name.get(name).filter(|(_, until)| *until > now).map(|(kept, _)| kept.clone())
    }

    fn get_mut(&mut self, name: &str, now: Moment) -> Option<&mut (T, Moment)> {
        self.by_name.get_mut(name).filter(|(_, until)| *until > now)
    }

    /// How much longer it is kept.
    fn left(&self, name: &str, now: Moment) -> Option<Duration> {
        self.by_name.get(name).filter(|(_, until)| *until > now).map(|(_, until)| until.since(now))
    }

    fn put(&mut self, name: &str, kept: T, ttl: Duration, now: Moment) {
        self.by_name.insert(name.into(), (kept, now.after(ttl)));
        if self.by_name.len() > self.until_purge {
            self.by_name.retain(|_, (_, until)| *until > now);
            self.until_purge = 2 * self.by_name.len() + 64;
        }
    }

    fn remove(&mut self, name: &str, now: Moment) -> bool {
        self.by_name.remove(name).is_some_and(|(_, until)| until > now)
    }
}

impl Kept {
    /// Sends word of what has changed. Returns those who may have something to take to their caches.
    fn tell(&mut self) -> Vec<Line> {
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

    fn see(&self, names: &Names, want: Want, left: bool, now: Moment) -> Seen {
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

    fn acquire(&mut self, acquire: &Acquire, now: Moment) -> Acquired {
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

    fn fill(&mut self, fill: &Fill, largest: usize, now: Moment) -> Filled {
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

    fn renew(&mut self, names: &Names, grant: &Grant, now: Moment) -> bool {
        let lease = self.leases.get_mut(&names.lease, now).filter(|(token, _)| *token == grant.token);
        lease.map(|(_, until)| *until = now.after(grant.lease)).is_some()
    }

    fn release(&mut self, names: &Names, grant: &Grant, now: Moment) {
        if self.leases.get(&names.lease, now).as_ref() == Some(&grant.token) {
            self.leases.remove(&names.lease, now);
            self.changed.push(names.lease.clone());
        }
    }

    fn invalidate(&mut self, target: &Target, now: Moment) -> bool {
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

#[async_trait]
impl Backend for MemoryBackend {
    fn caps(&self) -> Caps {
        self.caps
    }

    async fn read(&self, reads: &[Read], _: Deadline) -> Vec<Result<Seen>> {
        self.each(reads, |kept, now, read| kept.see(&read.names, read.want, read.left, now))
    }

    async fn acquire(&self, acquires: &[Acquire], _: Deadline) -> Vec<Result<Acquired>> {
        self.each(acquires, |kept, now, acquire| kept.acquire(acquire, now))
    }

    async fn fill(&self, fills: &[Fill], _: Deadline) -> Vec<Result<Filled>> {
        self.each(fills, |kept, now, fill| kept.fill(fill, self.caps.max_value, now))
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, _: Deadline) -> Result<bool> {
        Ok(self.with(|kept, now| kept.renew(names, grant, now)))
    }

    async fn release(&self, names: &Names, grant: &Grant, _: Deadline) -> Result<()> {
        self.with(|kept, now| kept.release(names, grant, now));
        Ok(())
    }

    async fn invalidate(&self, targets: &[Target], _: Deadline) -> Vec<Result<bool>> {
        self.each(targets, |kept, now, target| kept.invalidate(target, now))
    }

    fn kind(&self) -> &'static str {
        "memory"
    }

    async fn status(&self, _: Deadline) -> Vec<NodeStatus> {
        let (entries, bytes) = self.with(|kept, now| {
            let values = kept.values.by_name.values().filter(|(_, until)| *until > now);
            let bytes = values.map(|(blob, _)| blob.len() as u64).sum();
            (kept.names(now).count() as u64, bytes)
        });
        let state = NodeState::Up { round_trip: Duration::ZERO };
        vec![NodeStatus::new("memory", state).role(NodeRole::Master).entries(entries).bytes(bytes)]
    }

    async fn scan(&self, scan: &NameScan, _: Deadline) -> Result<NamePage> {
        self.with(|kept, now| {
            // In the order of their names, behind the one that was looked at last.
            let last = scan.from.as_deref().unwrap_or_default();
            let mut names = kept.names(now).filter(|name| name.as_bytes() > last).collect::<Vec<_>>();
            names.sort_unstable();
            let rest = names.len().saturating_sub(scan.count as usize);
            names.truncate(scan.count as usize);
            let next = names.last().filter(|_| rest > 0).map(|last| Bytes::copy_from_slice(last.as_bytes()));
            names.retain(|name| name.starts_with(&*scan.prefix));
            Ok(NamePage::new(names.into_iter().map(Into::into).collect(), next))
        })
    }

    fn watch(&self, watching: Watching) -> Result<Arc<dyn Watch>> {
        let line = Line::new(watching);
        self.with(|kept, _| kept.lines.push(line.clone()));
        Ok(Arc::new(MemoryWatch { server: Arc::clone(&self.server), line }))
    }
}

impl Kept {
    /// What has a name, and has not expired.
    fn names(&self, now: Moment) -> impl Iterator<Item = &str> {
        let values = self.values.by_name.iter().map(|(name, (_, until))| (name, *until));
        let leases = self.leases.by_name.iter().map(|(name, (_, until))| (name, *until));
        let stamps = self.stamps.by_name.iter().map(|(name, (_, until))| (name, *until));
        let all = values.chain(leases).chain(stamps);
        all.filter(move |(_, until)| *until > now).map(|(name, _)| &**name)
    }
}

impl Default for MemoryBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), until_purge: 0 }
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").field("values", &self.values()).finish_non_exhaustive()
    }
}
