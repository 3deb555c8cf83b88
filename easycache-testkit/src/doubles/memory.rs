//! [`MemoryBackend`]: the reference.

mod kept;
mod line;
mod shelf;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Clock, Deadline, Fill, Filled, Grant, Moment, NamePage, NameScan, Names,
    NodeRole, NodeState, NodeStatus, Read, Result, Seen, SystemClock, Target, Watch, Watching,
};

pub use self::line::Line;
use self::{kept::Kept, line::MemoryWatch};

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
        self.with(|kept, now| kept.values.iter(now).count())
    }

    /// How many stamps it keeps, those included that have expired and not been thrown out.
    #[must_use]
    pub fn stamps(&self) -> usize {
        self.with(|kept, _| kept.stamps.len())
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
            let bytes = kept.values.iter(now).map(|(_, blob)| blob.len() as u64).sum();
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

impl Default for MemoryBackend {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBackend").field("values", &self.values()).finish_non_exhaustive()
    }
}
