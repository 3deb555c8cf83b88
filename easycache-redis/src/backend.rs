//! [`RedisBackend`].

use std::sync::Arc;

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, NamePage, NameScan, Names, NodeStatus, Read,
    Result, Seen, Target, Watch, Watching, collections::Collections,
};

use crate::{
    cluster::Cluster,
    config::{Address, Layout, RedisConfig, Role, Settings},
    error,
    node::Whereabouts,
    reply::Reply,
    single::Single,
    watch::{Part, RedisWatch},
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

/// The same call of whatever there is. The longer way is in a box of its own, or one server would carry its weight.
macro_rules! dispatch {
    ($servers:expr, $method:ident($($argument:expr),*)) => {
        match $servers {
            Servers::Single(single) => single.$method($($argument),*).await,
            Servers::Cluster(cluster) => Box::pin(cluster.$method($($argument),*)).await,
        }
    };
}

/// How the servers are arranged.
#[derive(Clone, Debug)]
pub(crate) enum Servers {
    Single(Single),
    Cluster(Cluster),
}

impl Servers {
    /// How connections to them are made.
    pub(crate) fn settings(&self) -> &Settings {
        match self {
            Self::Single(single) => single.settings(),
            Self::Cluster(cluster) => cluster.settings(),
        }
    }

    /// Which of them have these names.
    pub(crate) fn parts(&self, names: &[&str]) -> Vec<Part> {
        match self {
            Self::Single(single) => single.parts(names),
            Self::Cluster(cluster) => cluster.parts(names),
        }
    }

    /// Takes note of what the one at `asked` has said about a name, if that is that another one has it. Whether it is.
    pub(crate) fn moved(&self, asked: &Address, name: &str, refusal: &Reply) -> bool {
        match self {
            Self::Single(_) => false,
            Self::Cluster(cluster) => cluster.moved(asked, name, refusal),
        }
    }

    /// Whether that is one of them.
    pub(crate) fn has(&self, server: &Whereabouts) -> bool {
        match self {
            Self::Single(_) => true,
            Self::Cluster(cluster) => cluster.has(server),
        }
    }

    pub(crate) async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        dispatch!(self, read(reads, deadline))
    }
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

    pub(crate) fn servers(&self) -> &Servers {
        &self.servers
    }

    pub(crate) async fn check(&mut self) -> Result<()> {
        match &mut self.servers {
            Servers::Single(single) => single.check().await,
            Servers::Cluster(cluster) => cluster.check().await,
        }
    }
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

    fn kind(&self) -> &'static str {
        match &self.servers {
            Servers::Single(single) => single.kind(),
            Servers::Cluster(_) => "redis+cluster",
        }
    }

    async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
        dispatch!(&self.servers, status(deadline))
    }

    async fn scan(&self, scan: &NameScan, deadline: Deadline) -> Result<NamePage> {
        dispatch!(&self.servers, scan(scan, deadline))
    }

    fn collections(&self) -> Option<&dyn Collections> {
        Some(self)
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        if reads.is_empty() {
            return Vec::new();
        }
        dispatch!(&self.servers, read(reads, deadline))
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        if acquires.is_empty() {
            return Vec::new();
        }
        dispatch!(&self.servers, acquire(acquires, deadline))
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        if fills.is_empty() {
            return Vec::new();
        }
        dispatch!(&self.servers, fill(fills, deadline))
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        dispatch!(&self.servers, renew(names, grant, deadline))
    }

    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        dispatch!(&self.servers, release(names, grant, deadline))
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        if targets.is_empty() {
            return Vec::new();
        }
        dispatch!(&self.servers, invalidate(targets, deadline))
    }

    fn watch(&self, watching: Watching) -> Result<Arc<dyn Watch>> {
        Ok(Arc::new(RedisWatch::new(self.servers.clone(), watching)))
    }
}
