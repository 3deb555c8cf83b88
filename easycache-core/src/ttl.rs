//! How long an entry lives: durations as people write them.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// Anything that says how long: a [`Duration`], a whole number of seconds, or text such as `"10m"` or `"1h 30m"`.
///
/// Zero means: do not store.
///
/// ```
/// use std::time::Duration;
/// use easycache_core::IntoTtl;
///
/// assert_eq!("10m".into_ttl()?, Duration::from_secs(600));
/// assert_eq!(3600.into_ttl()?, Duration::from_secs(3600));
/// assert_eq!(
///     "ten minutes".into_ttl().unwrap_err().to_string(),
///     "\"ten minutes\" is not a duration: write a number and a unit, such as \"90s\", \"10m\" or \"1h 30m\"",
/// );
/// # Ok::<_, easycache_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long",
    note = "give a `Duration`, a whole number of seconds, or text such as \"10m\""
)]
pub trait IntoTtl {
    /// How long that is. Fails on text that is no duration and on negative numbers.
    fn into_ttl(self) -> Result<Duration>;
}

impl IntoTtl for Duration {
    fn into_ttl(self) -> Result<Duration> {
        Ok(self)
    }
}

impl IntoTtl for &str {
    fn into_ttl(self) -> Result<Duration> {
        humantime::parse_duration(self).map_err(|source| {
            let message = format!(
                "{self:?} is not a duration: write a number and a unit, such as \"90s\", \"10m\" or \"1h 30m\""
            );
            Error::new(ErrorKind::InvalidDuration, message).with_source(source)
        })
    }
}

impl IntoTtl for String {
    fn into_ttl(self) -> Result<Duration> {
        self.as_str().into_ttl()
    }
}

impl IntoTtl for u64 {
    fn into_ttl(self) -> Result<Duration> {
        Ok(Duration::from_secs(self))
    }
}

impl IntoTtl for u32 {
    fn into_ttl(self) -> Result<Duration> {
        u64::from(self).into_ttl()
    }
}

impl IntoTtl for i32 {
    fn into_ttl(self) -> Result<Duration> {
        i64::from(self).into_ttl()
    }
}

impl IntoTtl for i64 {
    fn into_ttl(self) -> Result<Duration> {
        u64::try_from(self).map(Duration::from_secs).map_err(|source| {
            Error::new(ErrorKind::InvalidDuration, format!("{self} seconds is not a duration: it is negative"))
                .with_source(source)
        })
    }
}
