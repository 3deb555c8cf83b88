//! [`RedisBackend`].

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, Names, Read, Result, Seen, Target,
};

use crate::{
    config::{Layout, RedisConfig},
    error,
    single::Single,
};

/// Keeps values, leases and stamps in Redis or Valkey.
///
/// ```no_run
/// use easycache_core::Backend;
/// use easycache_redis::RedisBackend;
///
/// # async fn example() -> easycache_redis::Result<()> {
/// let backend = RedisBackend::connect("redis://127.0.0.1:6379").await?;
/// assert!(backend.caps().lease);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct RedisBackend {
    single: Single,
    stripes: u16,
}

impl RedisBackend {
    /// Connects to what the [URL](RedisConfig#urls) names, and looks at the server.
    ///
    /// An error if it cannot be reached, does not let us in, or is too old. Something that is set up in a way that will
    /// surprise somebody is logged as a warning.
    pub async fn connect(url: &str) -> Result<Self> {
        url.parse::<RedisConfig>()?.connect().await
    }

    /// Connects when it is first used: for services that must start without the server. An error if the
    /// [URL](RedisConfig#urls) is wrong.
    pub fn lazy(url: &str) -> Result<Self> {
        url.parse::<RedisConfig>()?.lazy()
    }

    pub(crate) fn new(config: &RedisConfig) -> Result<Self> {
        let single = match config.layout {
            Layout::Single | Layout::Sentinel { .. } => Single::new(config)?,
            Layout::Cluster => return Err(error::invalid("Cluster is not there yet: connect to one server")),
        };
        Ok(Self { single, stripes: config.stripes })
    }

    pub(crate) async fn check(&mut self) -> Result<()> {
        self.single.check().await
    }
}

#[async_trait]
impl Backend for RedisBackend {
    fn caps(&self) -> Caps {
        Caps::new().max_value(self.single.max_value()).stripes(self.stripes)
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        if reads.is_empty() {
            return Vec::new();
        }
        self.single.read(reads, deadline).await
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        if acquires.is_empty() {
            return Vec::new();
        }
        self.single.acquire(acquires, deadline).await
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        if fills.is_empty() {
            return Vec::new();
        }
        self.single.fill(fills, deadline).await
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        self.single.renew(names, grant, deadline).await
    }

    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        self.single.release(names, grant, deadline).await
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        if targets.is_empty() {
            return Vec::new();
        }
        self.single.invalidate(targets, deadline).await
    }
}
