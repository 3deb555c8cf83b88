//! What to connect to, and how.

mod dsn;

use std::{collections::HashSet, str::FromStr, time::Duration};

use easycache_core::{Error, Result};

use crate::{backend::MemcachedBackend, error};

/// Where a server listens: `host`, `host:port`, `[::1]:port`. The port is 11211 unless it says otherwise.
///
/// ```
/// use easycache_memcached::Address;
///
/// let address = "cache.internal".parse::<Address>()?;
/// assert_eq!(address.to_string(), "cache.internal:11211");
/// # Ok::<_, easycache_memcached::Error>(())
/// ```
pub type Address = easycache_core::net::Address<11211>;

/// What to connect to, and how; the same as a URL, in types.
///
/// ```
/// use std::time::Duration;
/// use easycache_memcached::MemcachedConfig;
///
/// let config = MemcachedConfig::servers(["cache-1".parse()?, "cache-2:11212".parse()?])
///     .connect_timeout(Duration::from_millis(500));
/// assert_eq!(config, "memcached://cache-1,cache-2:11212?connect_timeout=500ms".parse()?);
/// # Ok::<_, easycache_memcached::Error>(())
/// ```
///
/// # URLs
///
/// `memcached://host[:port][,host[:port]…][?option=value&…]`
///
/// | option | means | default |
/// |---|---|---|
/// | `connect_timeout` | [`connect_timeout`](Self::connect_timeout), like `500ms` | `1s` |
/// | `stripes` | [`stripes`](Self::stripes) | `1` |
///
/// Every process must name the same servers in the same words: where a thing is kept follows from the words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct MemcachedConfig {
    pub(crate) servers: Vec<Address>,
    pub(crate) connect_timeout: Duration,
    pub(crate) stripes: u16,
}

impl MemcachedConfig {
    /// The options of [URLs](Self#urls).
    pub const OPTIONS: &[&str] = &["connect_timeout", "stripes"];

    /// The schemes of [URLs](Self#urls).
    pub const SCHEMES: &[&str] = &["memcached"];

    /// These servers, in any order.
    pub fn servers(servers: impl IntoIterator<Item = Address>) -> Self {
        Self { servers: servers.into_iter().collect(), connect_timeout: Duration::from_secs(1), stripes: 1 }
    }

    /// How long making a connection may take at most; a call that has less time waits for less.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Keeps what many values depend on (prefixes, and the stamp of everything) in that many copies, so that the servers
    /// share the load. An invalidation moves them all. Every process must have the same number.
    pub fn stripes(mut self, copies: u16) -> Self {
        self.stripes = copies;
        self
    }

    /// Connects to every server, and looks at it: what is set up in a way that will surprise somebody is logged.
    pub async fn connect(self) -> Result<MemcachedBackend> {
        let mut backend = self.lazy()?;
        backend.check().await?;
        Ok(backend)
    }

    /// Connects when it is first used: for services that must start without the servers. Whether they are there, and of
    /// which version, shows in the results of calls. Values of more than a megabyte are not stored, for it is not known
    /// whether the servers take them.
    pub fn lazy(self) -> Result<MemcachedBackend> {
        self.validate()?;
        Ok(MemcachedBackend::new(&self))
    }

    fn validate(&self) -> Result<()> {
        let mut known = HashSet::new();
        if let Some(twice) = self.servers.iter().find(|server| !known.insert(*server)) {
            return Err(error::invalid(format!("{twice} is named twice: name each server once")));
        }
        let complaint = match self {
            _ if self.servers.is_empty() => "there is no server to connect to: name one",
            _ if self.connect_timeout.is_zero() => "connect_timeout is zero: give it at least a millisecond",
            _ if self.stripes == 0 => "stripes is zero: it must be 1 at least",
            _ => return Ok(()),
        };
        Err(error::invalid(complaint))
    }
}

impl FromStr for MemcachedConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        let config = dsn::parse(url)?;
        config.validate()?;
        Ok(config)
    }
}
