//! [`MemcachedBackend`].

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Deadline, Error, ErrorKind, Fill, Filled, Grant, NamePage, NameScan, Names,
    NodeStatus, Read, Result, Seen, Target, collections::Collections,
};

use crate::{config::MemcachedConfig, fleet::Fleet, inspect, steps::Steps};

/// Keeps values, leases and stamps in memcached.
///
/// ```no_run
/// use easycache_core::Backend;
/// use easycache_memcached::MemcachedBackend;
///
/// # async fn example() -> easycache_memcached::Result<()> {
/// let backend = MemcachedBackend::connect("memcached://cache-1,cache-2").await?;
/// assert!(backend.caps().lease);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct MemcachedBackend {
    steps: Steps,
}

impl MemcachedBackend {
    /// Connects to the servers that the [URL](MemcachedConfig#urls) names, and looks at them.
    ///
    /// An error if one of them cannot be reached, or is none that will do: it is too old, or has no CAS. Something that
    /// is set up in a way that will surprise somebody is logged as a warning.
    pub async fn connect(url: &str) -> Result<Self> {
        url.parse::<MemcachedConfig>()?.connect().await
    }

    /// Connects when it is first used: for services that must start without the servers. An error if the
    /// [URL](MemcachedConfig#urls) is wrong.
    pub fn lazy(url: &str) -> Result<Self> {
        url.parse::<MemcachedConfig>()?.lazy()
    }

    pub(crate) fn new(config: &MemcachedConfig) -> Self {
        Self { steps: Steps::new(config) }
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        self.steps.fleet()
    }

    pub(crate) async fn check(&mut self) -> Result<()> {
        self.steps.check().await
    }
}

#[async_trait]
impl Backend for MemcachedBackend {
    fn caps(&self) -> Caps {
        self.steps.caps()
    }

    fn kind(&self) -> &'static str {
        "memcached"
    }

    async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
        inspect::status(self.fleet().nodes(), deadline).await
    }

    async fn scan(&self, _: &NameScan, _: Deadline) -> Result<NamePage> {
        let message = "memcached has no command that lists keys: look up one at a time";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    fn collections(&self) -> Option<&dyn Collections> {
        Some(self)
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        self.steps.read(reads, deadline).await
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        self.steps.acquire(acquires, deadline).await
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        self.steps.fill(fills, deadline).await
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        self.steps.renew(names, grant, deadline).await
    }

    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        self.steps.release(names, grant, deadline).await
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        self.steps.invalidate(targets, deadline).await
    }
}
