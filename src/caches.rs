//! Caches by name: from variables of the environment, and from files.

use std::ffi::OsString;

use easycache_core::{Caches, Result};
use serde::{Deserialize, Deserializer};

use crate::connect::SCHEMES;

/// Connects to the caches that variables of the environment name, and [registers](crate::register()) them: functions use
/// them from now on. Returns their names, sorted; none where no variable is set.
///
/// ```no_run
/// #[tokio::main]
/// async fn main() -> easycache::Result<()> {
///     easycache::init_from_env().await?;
///     // …
/// # Ok(())
/// }
/// ```
///
/// | variable | names |
/// |---|---|
/// | `EASYCACHE_URL` | the cache `default`, of all functions that name none |
/// | `EASYCACHE_URL_SESSIONS` | the cache `sessions`, of functions with `alias = "sessions"` |
/// | `EASYCACHE_URL_USER_DATA` | the cache `user_data` |
/// | `EASYCACHE_URL_USER__DATA` | the cache `user-data` |
///
/// Each is a URL as [`connect`](crate::connect()) takes it, options included. After `EASYCACHE_URL_` there are `A` to `Z`,
/// `0` to `9` and `_`; the name of the cache is the same in lower case, with `-` for `__`. (A cache whose name has capitals
/// or other characters is for [`CachesConfig`] or [`register`](crate::register()).) Caches that share a server need a
/// `namespace` each to be apart.
///
/// The environment is read by this call and at no other time: nothing here depends on it unless a line of the program says
/// so, nor does what a library caches change with the environment of whoever uses it.
///
/// # Errors
///
/// All or nothing: if one of them fails, none is registered, and the error begins with the variable, and does not repeat a
/// password. Fails if a variable is empty or no URL, if its name begins with `EASYCACHE_URL` and is none of the above, if two
/// name one cache, and if a server cannot be reached or refuses. Where the program must start without its servers, call
/// [`init_from_env_lazy`].
pub async fn init_from_env() -> Result<Vec<String>> {
    Ok(CachesConfig::from_env()?.connect().await?.register())
}

/// [`init_from_env`], but for the servers: they are connected to when they are first used, and until they are there,
/// functions compute. An error if a variable is wrong.
pub fn init_from_env_lazy() -> Result<Vec<String>> {
    Ok(CachesConfig::from_env()?.connect_lazy()?.register())
}

/// [`init_from_env`](fn@crate::init_from_env) for callers that are not async.
///
/// ```
/// # fn main() -> easycache::Result<()> {
/// easycache::blocking::init_from_env()?;
/// # Ok(()) }
/// ```
pub fn init_from_env_blocking() -> Result<Vec<String>> {
    Ok(CachesConfig::from_env()?.connect_blocking()?.register())
}

/// Which caches there are to be, by name: a part of the program's own configuration, in whichever format that is.
///
/// ```
/// use easycache::CachesConfig;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Settings {
///     #[serde(default)]
///     caches: CachesConfig,
/// }
///
/// let settings: Settings = toml::from_str(r#"
///     [caches]
///     default = "memory://?max_entries=10000"
///
///     [caches.sessions]
///     url = "memory://"
///     namespace = "sessions"
///     default_ttl = "30m"
/// "#)?;
///
/// let aliases = settings.caches.with_env()?.connect_blocking()?.register();
/// assert_eq!(aliases, ["default", "sessions"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// Each cache is a URL as [`connect`](crate::connect()) takes it, or a table of a `url` and of the same options, none of
/// them in both. In a table texts are as they are, and nothing is percent-encoded; durations are texts such as `"5m"`, a
/// `default_ttl` may be a number of seconds; what a URL has `on` and `off` may be `true` and `false`. `user` and `password` may stand beside the `url`, too:
///
/// ```toml
/// [caches.default]
/// url = "redis://cache.internal"
/// user = "shop"
/// password = "a/b?c#d"
/// namespace = "shop"
/// near = 10000
/// freshness = "tracked"
/// deadline = "200ms"
/// ```
///
/// What is wrong with a cache is said when it is connected to, not when the file is read: parsers print the line that they
/// complain about, and there may be a password in it. `Debug` prints names and schemes alone.
#[derive(Clone, Debug, Default)]
pub struct CachesConfig(easycache_core::CachesConfig);

impl CachesConfig {
    /// Those that variables of the environment name; [`init_from_env`] says which these are.
    pub fn from_env() -> Result<Self> {
        Self::default().with_env()
    }

    /// With those that variables of the environment name. One that is named in both is all as the variable says, its options
    /// included.
    pub fn with_env(self) -> Result<Self> {
        self.0.with_env().map(Self)
    }

    /// [`with_env`](Self::with_env) with other variables than those of this process.
    ///
    /// ```
    /// use easycache::CachesConfig;
    ///
    /// let config = CachesConfig::default().with_vars([("EASYCACHE_URL_SESSIONS", "memory://?namespace=sessions")])?;
    /// let caches = config.connect_lazy()?;
    /// assert_eq!(caches.get("sessions").unwrap().namespace(), "sessions");
    /// # Ok::<_, easycache::Error>(())
    /// ```
    pub fn with_vars<N: Into<OsString>, V: Into<OsString>>(
        self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        self.0.with_vars(variables).map(Self)
    }

    /// Connects to all of them, one after the other, and looks whether what is there will do. Whatever is wrong with one of
    /// them is said before anything is connected, and the error says which it is.
    pub async fn connect(&self) -> Result<Caches> {
        SCHEMES.connect_all(&self.0).await
    }

    /// [`connect`](Self::connect), but for the servers: they are connected to when they are first used.
    pub fn connect_lazy(&self) -> Result<Caches> {
        SCHEMES.connect_all_lazy(&self.0)
    }

    /// [`connect`](Self::connect) for callers that are not async.
    pub fn connect_blocking(&self) -> Result<Caches> {
        SCHEMES.connect_all_blocking(&self.0)
    }
}

impl<'de> Deserialize<'de> for CachesConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        easycache_core::CachesConfig::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests;
