//! Host and port.

use std::{fmt, str::FromStr, sync::Arc};

use easycache_core::{Error, Result};

use crate::error;

/// Where a server listens: `host`, `host:port`, `[::1]:port`. The port is 6379 unless it says otherwise.
///
/// ```
/// use easycache_redis::Address;
///
/// let address = "cache.internal".parse::<Address>()?;
/// assert_eq!(address.to_string(), "cache.internal:6379");
/// assert_eq!(Address::new("::1", 6380).to_string(), "[::1]:6380");
/// # Ok::<_, easycache_redis::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    host: Arc<str>,
    port: u16,
}

impl Address {
    /// That host, at that port.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Its name or number.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Parses it, with another port if it names none.
    pub(crate) fn parse(text: &str, default_port: u16) -> Result<Self> {
        let bad = || error::invalid(format!("{text:?} is not a host: write host, host:port or [::1]:port"));
        let (host, port) = match text.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or_else(bad)?,
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_not_a_port| bad())?,
            None if port.is_empty() => default_port,
            None => return Err(bad()),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(bad());
        }
        Ok(Self::new(host, port))
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, 6379)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
