//! Host and port.

use std::{fmt, str::FromStr, sync::Arc};

use crate::error::{Error, ErrorKind, Result};

/// Where a server listens: `host`, `host:port`, `[::1]:port`. The port is `PORT` unless it says otherwise.
///
/// ```
/// type Address = easycache_core::net::Address<6379>;
///
/// let address = "cache.internal".parse::<Address>()?;
/// assert_eq!(address.to_string(), "cache.internal:6379");
/// assert_eq!(Address::new("::1", 6380).to_string(), "[::1]:6380");
/// # Ok::<_, easycache_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address<const PORT: u16> {
    host: Arc<str>,
    port: u16,
}

impl<const PORT: u16> Address<PORT> {
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
    pub fn parse(text: &str, default_port: u16) -> Result<Self> {
        let bad = || {
            // What follows the colon is a password, where a URL has no host.
            let (shown, rest) = text.split_once(':').map_or((text, ""), |(shown, _)| (shown, ":…"));
            let message =
                format!("\"{}{rest}\" is not a host: write host, host:port or [::1]:port", shown.escape_debug());
            Error::new(ErrorKind::InvalidConfig, message)
        };
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

impl<const PORT: u16> FromStr for Address<PORT> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, PORT)
    }
}

impl<const PORT: u16> fmt::Display for Address<PORT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}
