//! [`RedisBackend`].

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, Names, Read, Result, Seen, Target,
};

use crate::{
    cluster::Cluster,
    config::{Layout, RedisConfig, Role, Settings},
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
    servers: Servers,
    stripes: u16,
}

/// How the servers are arranged.
#[derive(Debug)]
enum Servers {
    Single(Single),
    Cluster(Cluster),
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
        if matches!(config.layout, Layout::Cluster) {
            return Self::cluster(config);
        }
        Ok(Self { servers: Servers::Single(Single::new(config)?), stripes: config.stripes })
    }

    fn cluster(config: &RedisConfig) -> Result<Self> {
        if config.read_from_replicas {
            let message =
                "a cluster's values are read from its masters alone, which share them: leave out replicas=read";
            return Err(error::invalid(message));
        }
        // A node that has become a replica says itself who has its slots.
        let settings = Settings { role: Role::Any, ..config.settings()? };
        let servers = Servers::Cluster(Cluster::new(config.hosts.clone(), settings.into(), config.wait));
        Ok(Self { servers, stripes: config.stripes })
    }

    pub(crate) async fn check(&mut self) -> Result<()> {
        match &mut self.servers {
            Servers::Single(single) => single.check().await,
            Servers::Cluster(cluster) => cluster.check().await,
        }
    }
}

/// The same call of whatever there is. The longer way is in a box of its own, or one server would carry its weight.
macro_rules! dispatch {
    ($backend:ident.$method:ident($($argument:expr),*)) => {
        match &$backend.servers {
            Servers::Single(single) => single.$method($($argument),*).await,
            Servers::Cluster(cluster) => Box::pin(cluster.$method($($argument),*)).await,
        }
    };
}

#[async_trait]
impl Backend for RedisBackend {
    fn caps(&self) -> Caps {
        let caps = Caps::new().soft().stripes(self.stripes);
        match &self.servers {
            Servers::Single(single) => caps.max_value(single.max_value()),
            Servers::Cluster(cluster) => caps.max_value(cluster.max_value()).unordered(),
        }
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        if reads.is_empty() {
            return Vec::new();
        }
        dispatch!(self.read(reads, deadline))
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        if acquires.is_empty() {
            return Vec::new();
        }
        dispatch!(self.acquire(acquires, deadline))
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        if fills.is_empty() {
            return Vec::new();
        }
        dispatch!(self.fill(fills, deadline))
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        dispatch!(self.renew(names, grant, deadline))
    }

    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        dispatch!(self.release(names, grant, deadline))
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        if targets.is_empty() {
            return Vec::new();
        }
        dispatch!(self.invalidate(targets, deadline))
    }
}
