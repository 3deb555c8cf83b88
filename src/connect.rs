//! `connect`, and the schemes that it knows.

use easycache_core::{Cache, Result, Scheme, Schemes};

/// What each feature adds.
pub(crate) static SCHEMES: Schemes = Schemes::new(&[
    redis::scheme("redis"),
    redis::scheme("redis+sentinel"),
    redis::scheme("redis+cluster"),
    redis::scheme("rediss"),
    redis::scheme("rediss+sentinel"),
    redis::scheme("rediss+cluster"),
    memcached::scheme("memcached"),
]);

/// The cache that a URL names: connects, and looks whether what is there will do.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> easycache::Result<()> {
/// let cache = easycache::connect("memory://?namespace=shop&max_entries=10000").await?;
/// easycache::register("default", cache); // functions use it from now on
/// # Ok(()) }
/// ```
///
/// # URLs
///
/// `scheme://[user:password@]host[:port][/database][?option=value&…]`
///
/// | scheme | values are kept | needs the feature |
/// |---|---|---|
/// | `memory` | in this process | |
/// | `memcached` | in memcached: one server, or several that are named, `memcached://host,host` | `memcached` |
/// | `redis` | in Redis or Valkey: one server | `redis` |
/// | `redis+sentinel` | the same, found through Sentinels: `redis+sentinel://host,host?master=mymaster` | `redis` |
/// | `redis+cluster` | in a cluster, of which some nodes are named: `redis+cluster://host,host` | `redis` |
/// | `rediss`, `rediss+sentinel`, `rediss+cluster` | the same, on encrypted connections | `redis`, `rustls` |
///
/// [`register_scheme`](crate::register_scheme) adds backends of your own.
///
/// | option | of | means | default |
/// |---|---|---|---|
/// | `namespace` | every cache | [`namespace`](crate::CacheBuilder::namespace): tells applications apart that share a server | empty; `ec` on a backend |
/// | `default_ttl` | every cache | [`default_ttl`](crate::CacheBuilder::default_ttl), like `5m`: where a function does not say | `30days` |
/// | `jitter` | every cache | [`jitter`](crate::CacheBuilder::jitter), from 0 to 1: by which fraction times to live vary | `0` in memory, else `0.1` |
/// | `coalesce_wait` | every cache | [`coalesce_wait`](crate::CacheBuilder::coalesce_wait): how long a caller waits for another's computation | `5s` |
/// | `max_entries` | `memory` | [`max_entries`](crate::CacheBuilder::max_entries) | `100000` |
/// | `deadline` | backends | [`deadline`](crate::CacheBuilder::deadline): how long a call waits for the server | `500ms` |
/// | `codec` | backends | [`codec`](crate::CacheBuilder::codec): `msgpack`, `json`, `postcard`; the last two are features | `msgpack` |
/// | `compression` | backends | [`compression`](crate::CacheBuilder::compression): `lz4`, `zstd` (both features), `off`. `lz4:4096`: values of so many bytes at least | `off`; from 1024 bytes on |
/// | `near` | backends | a [`Near`](crate::Near) tier of so many values, like `near=10000` | none |
/// | `freshness` | backends with `near` | its [`Freshness`](crate::Freshness): `tracked` (Redis), `strict`, `ttl:5s` | `tracked` |
/// | `connect_timeout` | memcached, Redis | how long making a connection may take | `1s` |
/// | `epoch=on` | Redis | after a restart of the server the cache is cold instead of, perhaps, stale | `off` |
/// | `wait`, `wait_timeout` | Redis | an invalidation waits for that many replicas, for so long | none, `500ms` |
/// | `replicas=read` | Redis | values come from replicas, what they depend on from the master | `off` |
/// | `stripes` | `memcached`, `redis+cluster` | copies of what many values depend on, to spread the load over nodes | `1` |
/// | `master` | `redis+sentinel` | the name that the Sentinels know the master by | |
/// | `sentinel_user`, `sentinel_password` | `redis+sentinel` | for the Sentinels themselves | none |
/// | `ca` | `rediss` | a PEM file: trusts these certificates and no others | those of the system |
///
/// On a cluster and on memcached, where tags come from the result (`tags_from`), the first computation of a key stores just
/// their names, and the second one its value.
///
/// Durations have a unit, like `200ms` or `1h 30m` (a space is `%20`); a `default_ttl` may be a number of seconds. What is special in a URL is
/// percent-encoded: a password `a/b?` is `a%2Fb%3F`, and `a&b` in an option is `a%26b`. An option that is not there, given
/// twice or out of range is an error that names it. No error repeats a password, nor what stands behind
/// `sentinel_password`, for it may be a part of it.
///
/// [`init_from_env`](crate::init_from_env) takes the URLs from variables of the environment, and
/// [`CachesConfig`](crate::CachesConfig) from files.
pub async fn connect(url: &str) -> Result<Cache> {
    SCHEMES.connect(url).await
}

/// [`connect`], but for the server: that is connected to when it is first used. For services that must start without it:
/// functions compute until it is there. An error if the URL is wrong.
pub fn connect_lazy(url: &str) -> Result<Cache> {
    SCHEMES.connect_lazy(url)
}

/// [`connect`](fn@crate::connect) for callers that are not async.
///
/// ```
/// easycache::register("default", easycache::blocking::connect("memory://")?);
/// # Ok::<_, easycache::Error>(())
/// ```
pub fn connect_blocking(url: &str) -> Result<Cache> {
    SCHEMES.connect_blocking(url)
}

#[cfg(feature = "memcached")]
mod memcached {
    use std::sync::Arc;

    use easycache_core::Backend;
    use easycache_memcached::{MemcachedBackend, MemcachedConfig};

    use super::Scheme;

    pub(super) const fn scheme(name: &'static str) -> Scheme {
        let lazy = Scheme::new(name, |url| Ok(Arc::new(MemcachedBackend::lazy(url)?)));
        let connect = lazy.connect(|url| {
            Box::pin(async move { Ok(Arc::new(MemcachedBackend::connect(&url).await?) as Arc<dyn Backend>) })
        });
        connect.options(MemcachedConfig::OPTIONS)
    }
}

#[cfg(not(feature = "memcached"))]
mod memcached {
    use super::Scheme;

    pub(super) const fn scheme(name: &'static str) -> Scheme {
        let advice = "enable the feature `memcached` of easycache, as with `cargo add easycache --features memcached`";
        Scheme::missing(name, advice)
    }
}

#[cfg(feature = "redis")]
mod redis {
    use std::sync::Arc;

    use easycache_core::Backend;
    use easycache_redis::{RedisBackend, RedisConfig};

    use super::Scheme;

    pub(super) const fn scheme(name: &'static str) -> Scheme {
        let lazy = Scheme::new(name, |url| Ok(Arc::new(RedisBackend::lazy(url)?)));
        let connect = lazy.connect(|url| {
            Box::pin(async move { Ok(Arc::new(RedisBackend::connect(&url).await?) as Arc<dyn Backend>) })
        });
        connect.options(RedisConfig::OPTIONS)
    }
}

#[cfg(not(feature = "redis"))]
mod redis {
    use super::Scheme;

    pub(super) const fn scheme(name: &'static str) -> Scheme {
        Scheme::missing(name, "enable the feature `redis` of easycache, as with `cargo add easycache --features redis`")
    }
}

#[cfg(all(test, feature = "memcached", feature = "redis"))]
mod tests {
    use easycache_memcached::MemcachedConfig;
    use easycache_redis::RedisConfig;

    use super::*;

    #[test]
    fn every_scheme_of_a_backend_is_in_the_table() {
        for scheme in MemcachedConfig::SCHEMES.iter().chain(RedisConfig::SCHEMES) {
            let complaint = SCHEMES.connect_lazy(&format!("{scheme}://?colour=red")).unwrap_err().to_string();
            assert!(complaint.starts_with(&format!("there is no option \"colour\" for {scheme}://")), "{complaint}");
        }
    }
}
