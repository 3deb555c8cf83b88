//! What to connect to, and how.

mod dsn;
mod secret;

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use easycache_core::{Error, Result};

use crate::{backend::RedisBackend, error, lane::Tls, watch::Ears};

pub(crate) use self::secret::Secret;

/// Where a server listens: `host`, `host:port`, `[::1]:port`. The port is 6379 unless it says otherwise.
///
/// ```
/// use easycache_redis::Address;
///
/// let address = "cache.internal".parse::<Address>()?;
/// assert_eq!(address.to_string(), "cache.internal:6379");
/// # Ok::<_, easycache_redis::Error>(())
/// ```
pub type Address = easycache_core::net::Address<6379>;

/// What to connect to, and how; the same as a URL, in types.
///
/// ```
/// use std::time::Duration;
/// use easycache_redis::RedisConfig;
///
/// let config = RedisConfig::single("cache.internal".parse()?)
///     .database(2)
///     .user("shop", "s3cret")
///     .connect_timeout(Duration::from_secs(1));
/// assert_eq!(config, "redis://shop:s3cret@cache.internal/2?connect_timeout=1s".parse()?);
/// # Ok::<_, easycache_redis::Error>(())
/// ```
///
/// # URLs
///
/// `scheme://[user:password@]host[:port][,host[:port]…][/database][?option=value&…]`
///
/// | scheme | hosts |
/// |---|---|
/// | `redis` | the server; with `replicas=read` its replicas may follow |
/// | `redis+sentinel` | the Sentinels, which know where the master is |
/// | `redis+cluster` | some nodes of the cluster, which know the others |
/// | `rediss`, `rediss+sentinel`, `rediss+cluster` | the same, encrypted; needs the feature `rustls` |
///
/// | option | for | means | default |
/// |---|---|---|---|
/// | `connect_timeout` | | how long making a connection may take, like `500ms` | `1s` |
/// | `epoch=on` | | [`epoch`](Self::epoch) | `off` |
/// | `wait`, `wait_timeout` | | [`wait`](Self::wait) for that many replicas, for so long | none, `500ms` |
/// | `replicas=read` | not Cluster | [`read_from_replicas`](Self::read_from_replicas) | `off` |
/// | `stripes` | Cluster | [`stripes`](Self::stripes) | `1` |
/// | `master` | Sentinel | the name that the Sentinels know the master by | |
/// | `sentinel_user`, `sentinel_password` | Sentinel | for the Sentinels themselves | none |
/// | `ca` | encrypted | [`ca`](Self::ca) | |
///
/// Durations have a unit, like `500ms`. What is special in a URL is percent-encoded: a password `a/b` is `a%2Fb`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RedisConfig {
    pub(crate) layout: Layout,
    pub(crate) hosts: Vec<Address>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    /// For the Sentinels themselves.
    pub(crate) sentinel_user: Option<String>,
    pub(crate) sentinel_password: Option<Secret>,
    pub(crate) database: u32,
    pub(crate) encrypted: bool,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) connect_timeout: Duration,
    pub(crate) epoch: bool,
    pub(crate) wait: Option<Wait>,
    pub(crate) read_from_replicas: bool,
    /// Those to read from; none: the master tells.
    pub(crate) replicas: Vec<Address>,
    pub(crate) stripes: u16,
}

/// How the servers are arranged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Single,
    Sentinel { master: String },
    Cluster,
}

/// How many replicas must have an invalidation before it has returned, and how long they may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) replicas: u32,
    pub(crate) timeout: Duration,
}

/// What a server should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Master,
    /// The master that Sentinels have told of: another one may take its place.
    Elected,
    Replica,
    Sentinel,
    /// A node of a cluster, whatever it is.
    Any,
    /// A node of a cluster that has slots.
    Owner,
}

/// What every connection is made with.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) database: i64,
    pub(crate) tls: Option<Tls>,
    pub(crate) connect_timeout: Duration,
    pub(crate) epoch: bool,
    pub(crate) role: Role,
    /// Who is told when what was read changes; none: nobody.
    pub(crate) ears: Option<Arc<Ears>>,
}

impl RedisConfig {
    /// The options of [URLs](Self#urls).
    pub const OPTIONS: &[&str] = &[
        "connect_timeout",
        "epoch",
        "wait",
        "wait_timeout",
        "replicas",
        "stripes",
        "master",
        "sentinel_user",
        "sentinel_password",
        "ca",
    ];

    /// The schemes of [URLs](Self#urls).
    pub const SCHEMES: &[&str] =
        &["redis", "redis+sentinel", "redis+cluster", "rediss", "rediss+sentinel", "rediss+cluster"];

    /// One server.
    pub fn single(server: Address) -> Self {
        Self::new(Layout::Single, vec![server])
    }

    /// The master of that name, which these Sentinels know the address of.
    ///
    /// User, password and database are the master's; the Sentinels may have a user and a password of their own. If
    /// encryption is asked for, all of them are encrypted.
    pub fn sentinel(master: impl Into<String>, sentinels: impl IntoIterator<Item = Address>) -> Self {
        let layout = Layout::Sentinel { master: master.into() };
        Self::new(layout, sentinels.into_iter().collect())
    }

    /// The cluster that these are some nodes of: one that answers is enough, masters and replicas alike. What a cluster
    /// does and does not do is said [here](crate#clusters).
    pub fn cluster(nodes: impl IntoIterator<Item = Address>) -> Self {
        Self::new(Layout::Cluster, nodes.into_iter().collect())
    }

    fn new(layout: Layout, hosts: Vec<Address>) -> Self {
        Self {
            layout,
            hosts,
            user: None,
            password: None,
            sentinel_user: None,
            sentinel_password: None,
            database: 0,
            encrypted: false,
            ca: None,
            connect_timeout: Duration::from_secs(1),
            epoch: false,
            wait: None,
            read_from_replicas: false,
            replicas: Vec::new(),
            stripes: 1,
        }
    }

    /// Logs in as that user.
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self.password(password)
    }

    /// Logs in as the default user.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Secret::new(password));
        self
    }

    /// Logs in to the Sentinels themselves as that user, where they ask for it.
    pub fn sentinel_user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.sentinel_user = Some(name.into());
        self.sentinel_password(password)
    }

    /// Logs in to the Sentinels themselves as the default user.
    pub fn sentinel_password(mut self, password: impl Into<String>) -> Self {
        self.sentinel_password = Some(Secret::new(password));
        self
    }

    /// Uses that database instead of 0. A cluster has just the one.
    pub fn database(mut self, number: u32) -> Self {
        self.database = number;
        self
    }

    /// Encrypts the connections, and trusts the certificates that the operating system does. Needs the feature `rustls`.
    pub fn encrypted(mut self) -> Self {
        self.encrypted = true;
        self
    }

    /// Encrypts the connections, and trusts the certificates in that PEM file and no others.
    pub fn ca(mut self, file: impl Into<PathBuf>) -> Self {
        self.ca = Some(file.into());
        self.encrypted()
    }

    /// How long making a connection may take at most, and asking a Sentinel; a call that has less time waits for less.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Makes values end with the run of the server that they were stored in.
    ///
    /// A server that was restarted from a file, or that has taken over from its master, may have forgotten
    /// invalidations that it had acknowledged. With this the cache is cold then, instead of stale. It costs nothing else.
    /// What it does not help against is [said here](crate#what-is-promised-where).
    pub fn epoch(mut self) -> Self {
        self.epoch = true;
        self
    }

    /// Has an invalidation return only when that many replicas have it, too. If they have not by `timeout` it is an error
    /// (the server itself has it all the same), which a cache repeats in the background. Let it be as many as there are:
    /// of fewer, one that has not got it may be the next master.
    pub fn wait(mut self, replicas: u32, timeout: Duration) -> Self {
        self.wait = Some(Wait { replicas, timeout });
        self
    }

    /// Reads values from the replicas that the master tells of, in turn. What they depend on is always asked of the master:
    /// a value that is outdated is recognised, [however far](crate#replicas) the replica is behind. Not for clusters,
    /// whose masters share the values.
    pub fn read_from_replicas(mut self) -> Self {
        self.read_from_replicas = true;
        self
    }

    /// Reads values from that replica, and from others that are named so, instead of those that the master tells of: for
    /// networks in which the addresses that replicas announce lead nowhere, and for an address that stands for all of them.
    /// They must take the same user and password.
    ///
    /// ```
    /// use easycache_redis::RedisConfig;
    ///
    /// let config = RedisConfig::single("writer.internal".parse()?).replica("reader.internal".parse()?);
    /// assert_eq!(config, "redis://writer.internal,reader.internal?replicas=read".parse()?);
    /// # Ok::<_, easycache_redis::Error>(())
    /// ```
    pub fn replica(mut self, server: Address) -> Self {
        self.replicas.push(server);
        self.read_from_replicas()
    }

    /// Keeps what many values depend on (prefixes, and the stamp of everything) in that many copies, so that a cluster's
    /// nodes share the load: a few times as many as there are masters. Each value depends on one copy, and an invalidation
    /// moves them all, in the same wave; it is done when all of them have moved. Every process must have the same number.
    pub fn stripes(mut self, copies: u16) -> Self {
        self.stripes = copies;
        self
    }

    /// Connects, and looks at the server: what is set up in a way that will surprise somebody is logged.
    pub async fn connect(self) -> Result<RedisBackend> {
        let mut backend = self.lazy()?;
        backend.check().await?;
        Ok(backend)
    }

    /// Connects when it is first used: for services that must start without the server. Whether it is there, and of
    /// which version, shows in the results of calls.
    pub fn lazy(self) -> Result<RedisBackend> {
        self.validate()?;
        RedisBackend::new(&self)
    }

    /// What every connection to a master is made with.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let tls = if self.encrypted { Some(Tls::new(self.ca.as_deref())?) } else { None };
        Ok(Settings {
            user: self.user.clone(),
            password: self.password.clone(),
            database: self.database.into(),
            tls,
            connect_timeout: self.connect_timeout,
            epoch: self.epoch,
            role: Role::Master,
            ears: None,
        })
    }

    /// What every connection to a Sentinel is made with.
    pub(crate) fn sentinel_settings(&self, of_master: &Settings) -> Settings {
        Settings {
            user: self.sentinel_user.clone(),
            password: self.sentinel_password.clone(),
            database: 0,
            epoch: false,
            role: Role::Sentinel,
            ..of_master.clone()
        }
    }

    fn validate(&self) -> Result<()> {
        let complaint = match self.layout {
            _ if self.hosts.is_empty() => "there is no host to connect to: name one",
            Layout::Single if self.hosts.len() > 1 => {
                "several hosts: say redis+sentinel:// or redis+cluster:// if that is what they are, add replicas=read if \
                 all but the first are its replicas, or name just one"
            }
            Layout::Sentinel { .. } | Layout::Cluster if !self.replicas.is_empty() => {
                "Sentinel and Cluster know which replicas there are: name none"
            }
            Layout::Sentinel { ref master } if master.is_empty() => {
                "the Sentinels are not told which master: add master=NAME"
            }
            Layout::Single | Layout::Cluster if self.sentinel_password.is_some() || self.sentinel_user.is_some() => {
                "sentinel_user and sentinel_password are for redis+sentinel://: leave them out"
            }
            _ if self.sentinel_user.is_some() && self.sentinel_password.is_none() => {
                "there is a sentinel_user without a sentinel_password: give both"
            }
            _ if self.ca.is_some() && !self.encrypted => "ca is for encrypted connections: connect with rediss://",
            Layout::Cluster if self.database != 0 => "a cluster has only database 0: leave the number out",
            _ if self.connect_timeout.is_zero() => "connect_timeout is zero: give it at least a millisecond",
            _ if self.stripes == 0 => "stripes is zero: it must be 1 at least",
            Layout::Single | Layout::Sentinel { .. } if self.stripes > 1 => "stripes are for clusters: leave them out",
            _ if self.wait.is_some_and(|wait| wait.replicas == 0) => {
                "wait is zero: leave it out, or wait for a replica"
            }
            _ if self.wait.is_some_and(|wait| wait.timeout.as_millis() == 0) => {
                "wait_timeout is zero: give it at least a millisecond"
            }
            _ => return Ok(()),
        };
        Err(error::invalid(complaint))
    }
}

impl FromStr for RedisConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let config = dsn::parse(url)?;
        config.validate()?;
        Ok(config)
    }
}
