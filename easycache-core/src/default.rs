//! Free functions on the default cache.

use crate::{
    cache::{Hold, Invalidated, Targets},
    error::{Error, Result},
    policy::Policy,
    registry::default_cache,
    stats::Stats,
    ttl::IntoTtl,
    value::CacheValue,
};

/// [`Cache::get`](crate::Cache::get) on the default cache.
pub async fn get<T: CacheValue>(key: &str) -> Result<Option<T>> {
    default_cache().get(key).await
}

/// [`Cache::set`](crate::Cache::set) on the default cache.
pub async fn set<T: CacheValue>(key: &str, value: T, policy: Policy) -> Result<()> {
    default_cache().set(key, value, policy).await
}

/// [`Cache::get_or_compute`](crate::Cache::get_or_compute) on the default cache.
pub async fn get_or_compute<T, Fut>(key: &str, policy: Policy, compute: impl FnOnce() -> Fut) -> Result<T>
where
    T: CacheValue,
    Fut: Future<Output = T>,
{
    default_cache().get_or_compute(key, policy, compute).await
}

/// [`Cache::try_get_or_compute`](crate::Cache::try_get_or_compute) on the default cache.
pub async fn try_get_or_compute<T, E, Fut>(key: &str, policy: Policy, compute: impl FnOnce() -> Fut) -> Result<T, E>
where
    T: CacheValue,
    E: From<Error> + 'static,
    Fut: Future<Output = Result<T, E>>,
{
    default_cache().try_get_or_compute(key, policy, compute).await
}

/// [`Cache::get_or_refresh`](crate::Cache::get_or_refresh) on the default cache.
pub async fn get_or_refresh<T, Fut>(
    key: &str,
    policy: Policy,
    compute: impl FnOnce() -> Fut + Send + 'static,
) -> Result<T>
where
    T: CacheValue,
    Fut: Future<Output = T> + Send + 'static,
{
    default_cache().get_or_refresh(key, policy, compute).await
}

/// [`Cache::try_get_or_refresh`](crate::Cache::try_get_or_refresh) on the default cache.
pub async fn try_get_or_refresh<T, E, Fut>(
    key: &str,
    policy: Policy,
    compute: impl FnOnce() -> Fut + Send + 'static,
) -> Result<T, E>
where
    T: CacheValue,
    E: From<Error> + Send + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    default_cache().try_get_or_refresh(key, policy, compute).await
}

/// [`Cache::invalidate`](crate::Cache::invalidate) on the default cache.
pub async fn invalidate(targets: Targets) -> Result<Invalidated> {
    default_cache().invalidate(targets).await
}

/// [`Cache::invalidate_key`](crate::Cache::invalidate_key) on the default cache.
pub async fn invalidate_key(key: &str) -> Result<Invalidated> {
    default_cache().invalidate_key(key).await
}

/// [`Cache::invalidate_tags`](crate::Cache::invalidate_tags) on the default cache.
pub async fn invalidate_tags<I>(tags: I) -> Result<Invalidated>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    default_cache().invalidate(Targets::new().tags(tags)).await
}

/// [`Cache::invalidate_prefix`](crate::Cache::invalidate_prefix) on the default cache.
pub async fn invalidate_prefix(prefix: &str) -> Result<Invalidated> {
    default_cache().invalidate_prefix(prefix).await
}

/// [`Cache::hold`](crate::Cache::hold) on the default cache.
pub async fn hold(targets: Targets, at_most: impl IntoTtl) -> Result<Hold> {
    default_cache().hold(targets, at_most).await
}

/// [`Cache::clear`](crate::Cache::clear) on the default cache.
pub async fn clear() -> Result<()> {
    default_cache().clear().await
}

/// [`Cache::expire`](crate::Cache::expire) on the default cache.
pub async fn expire(targets: Targets) -> Result<Invalidated> {
    default_cache().expire(targets).await
}

/// [`Cache::expire_key`](crate::Cache::expire_key) on the default cache.
pub async fn expire_key(key: &str) -> Result<Invalidated> {
    default_cache().expire_key(key).await
}

/// [`Cache::expire_tags`](crate::Cache::expire_tags) on the default cache.
pub async fn expire_tags<I>(tags: I) -> Result<Invalidated>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    default_cache().expire(Targets::new().tags(tags)).await
}

/// [`Cache::expire_prefix`](crate::Cache::expire_prefix) on the default cache.
pub async fn expire_prefix(prefix: &str) -> Result<Invalidated> {
    default_cache().expire_prefix(prefix).await
}

/// [`Cache::expire_all`](crate::Cache::expire_all) on the default cache.
pub async fn expire_all() -> Result<()> {
    default_cache().expire_all().await
}

/// [`Cache::stats`](crate::Cache::stats) of the default cache.
#[must_use]
pub fn stats() -> Stats {
    default_cache().stats()
}

/// The same for callers that are not async.
pub mod blocking {
    use super::{CacheValue, Error, Hold, IntoTtl, Invalidated, Policy, Result, Targets, default_cache};

    pub use crate::{
        cache::Blocking,
        call::BlockingEntry,
        inside::{
            requests::blocking::{in_this_request, request_scope},
            scopes::blocking::{bypass, no_store_scope},
        },
        object::BlockingObjects,
    };

    /// [`Cache::get`](crate::Cache::get) on the default cache.
    pub fn get<T: CacheValue>(key: &str) -> Result<Option<T>> {
        default_cache().blocking().get(key)
    }

    /// [`Cache::set`](crate::Cache::set) on the default cache.
    pub fn set<T: CacheValue>(key: &str, value: T, policy: Policy) -> Result<()> {
        default_cache().blocking().set(key, value, policy)
    }

    /// [`Cache::get_or_compute`](crate::Cache::get_or_compute) on the default cache.
    pub fn get_or_compute<T: CacheValue>(key: &str, policy: Policy, compute: impl FnOnce() -> T) -> Result<T> {
        default_cache().blocking().get_or_compute(key, policy, compute)
    }

    /// [`Cache::try_get_or_compute`](crate::Cache::try_get_or_compute) on the default cache.
    pub fn try_get_or_compute<T: CacheValue, E: From<Error> + 'static>(
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        default_cache().blocking().try_get_or_compute(key, policy, compute)
    }

    /// [`Cache::get_or_refresh`](crate::Cache::get_or_refresh) on the default cache.
    pub fn get_or_refresh<T: CacheValue>(
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        default_cache().blocking().get_or_refresh(key, policy, compute)
    }

    /// [`Cache::try_get_or_refresh`](crate::Cache::try_get_or_refresh) on the default cache.
    pub fn try_get_or_refresh<T: CacheValue, E: From<Error> + Send + 'static>(
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        default_cache().blocking().try_get_or_refresh(key, policy, compute)
    }

    /// [`Cache::invalidate`](crate::Cache::invalidate) on the default cache.
    pub fn invalidate(targets: Targets) -> Result<Invalidated> {
        default_cache().blocking().invalidate(targets)
    }

    /// [`Cache::invalidate_key`](crate::Cache::invalidate_key) on the default cache.
    pub fn invalidate_key(key: &str) -> Result<Invalidated> {
        default_cache().blocking().invalidate_key(key)
    }

    /// [`Cache::invalidate_tags`](crate::Cache::invalidate_tags) on the default cache.
    pub fn invalidate_tags<I>(tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        default_cache().blocking().invalidate_tags(tags)
    }

    /// [`Cache::invalidate_prefix`](crate::Cache::invalidate_prefix) on the default cache.
    pub fn invalidate_prefix(prefix: &str) -> Result<Invalidated> {
        default_cache().blocking().invalidate_prefix(prefix)
    }

    /// [`Cache::hold`](crate::Cache::hold) on the default cache.
    pub fn hold(targets: Targets, at_most: impl IntoTtl) -> Result<Hold> {
        default_cache().blocking().hold(targets, at_most)
    }

    /// [`Cache::clear`](crate::Cache::clear) on the default cache.
    pub fn clear() -> Result<()> {
        default_cache().blocking().clear()
    }

    /// [`Cache::expire`](crate::Cache::expire) on the default cache.
    pub fn expire(targets: Targets) -> Result<Invalidated> {
        default_cache().blocking().expire(targets)
    }

    /// [`Cache::expire_key`](crate::Cache::expire_key) on the default cache.
    pub fn expire_key(key: &str) -> Result<Invalidated> {
        default_cache().blocking().expire_key(key)
    }

    /// [`Cache::expire_tags`](crate::Cache::expire_tags) on the default cache.
    pub fn expire_tags<I>(tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        default_cache().blocking().expire_tags(tags)
    }

    /// [`Cache::expire_prefix`](crate::Cache::expire_prefix) on the default cache.
    pub fn expire_prefix(prefix: &str) -> Result<Invalidated> {
        default_cache().blocking().expire_prefix(prefix)
    }

    /// [`Cache::expire_all`](crate::Cache::expire_all) on the default cache.
    pub fn expire_all() -> Result<()> {
        default_cache().blocking().expire_all()
    }
}
