//! The same for callers that are not async.

use crate::{
    error::{Error, Result},
    flight::{Caller, block_on},
    policy::Policy,
    value::CacheValue,
};

use super::{
    Cache, Call, Invalidated, Targets,
    api::{as_it_is, values_alone},
};

/// The methods of [`Cache`] for callers that are not async, from [`Cache::blocking`].
///
/// Nothing here needs a runtime, or minds one: a thread that has to wait for another caller's computation sleeps.
///
/// ```
/// use easycache_core::{Cache, Policy};
///
/// let cache = Cache::builder().build()?;
/// let name = cache.blocking().get_or_compute("user:42", Policy::ttl("10m"), || "Ann".to_owned())?;
/// assert_eq!(name, "Ann");
/// cache.blocking().invalidate_key("user:42")?;
/// # Ok::<_, easycache_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Blocking<'a> {
    pub(super) cache: &'a Cache,
}

impl Cache {
    /// This cache for callers that are not async.
    #[must_use]
    pub fn blocking(&self) -> Blocking<'_> {
        Blocking { cache: self }
    }
}

impl Blocking<'_> {
    pub(super) fn cache(&self) -> &Cache {
        self.cache
    }

    /// See [`Cache::get`].
    pub fn get<T: CacheValue>(&self, key: &str) -> Result<Option<T>> {
        block_on(self.cache.core().get(key, Caller::Sync))
    }

    /// See [`Cache::get_many`].
    pub fn get_many<T: CacheValue>(&self, keys: &[impl AsRef<str> + Sync]) -> Result<Vec<Option<T>>> {
        block_on(self.cache.core().get_many(keys, Caller::Sync))
    }

    /// See [`Cache::get_with`].
    #[expect(clippy::needless_pass_by_value, reason = "the same signature as the async one")]
    pub fn get_with<T: CacheValue>(&self, key: &str, policy: Policy) -> Result<Option<T>> {
        Ok(block_on(self.cache.core().get_many_with(&[key], &policy, Caller::Sync))?.pop().flatten())
    }

    /// See [`Cache::get_many_with`].
    #[expect(clippy::needless_pass_by_value, reason = "the same signature as the async one")]
    pub fn get_many_with<T: CacheValue>(
        &self,
        keys: &[impl AsRef<str> + Sync],
        policy: Policy,
    ) -> Result<Vec<Option<T>>> {
        block_on(self.cache.core().get_many_with(keys, &policy, Caller::Sync))
    }

    /// See [`Cache::set`].
    #[expect(clippy::needless_pass_by_value, reason = "the same signature as the async one")]
    pub fn set<T: CacheValue>(&self, key: &str, value: T, policy: Policy) -> Result<()> {
        block_on(self.cache.core().set(&Call::new(key, policy)?, Caller::Sync, &value))
    }

    /// See [`Cache::get_or_compute`].
    pub fn get_or_compute<T: CacheValue>(&self, key: &str, policy: Policy, compute: impl FnOnce() -> T) -> Result<T> {
        let call = Call::new(key, policy)?;
        block_on(self.cache.read(call, Caller::Sync, values_alone(), || async { Ok(compute()) }, as_it_is))
    }

    /// See [`Cache::try_get_or_compute`].
    pub fn try_get_or_compute<T: CacheValue, E: From<Error> + 'static>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let call = Call::new(key, policy)?;
        block_on(self.cache.read(call, Caller::Sync, values_alone(), || async { compute() }, as_it_is))
    }

    /// See [`Cache::get_or_refresh`]: in the background it computes on a thread of its own, of which there are 16 at most;
    /// what is due then is left for the next reader.
    pub fn get_or_refresh<T: CacheValue>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let call = Call::new(key, policy)?;
        block_on(self.cache.read_behind(call, Caller::Sync, values_alone(), async move { Ok(compute()) }, as_it_is))
    }

    /// See [`Cache::try_get_or_refresh`] and [`get_or_refresh`](Self::get_or_refresh).
    pub fn try_get_or_refresh<T: CacheValue, E: From<Error> + Send + 'static>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let call = Call::new(key, policy)?;
        block_on(self.cache.read_behind(call, Caller::Sync, values_alone(), async move { compute() }, as_it_is))
    }

    /// See [`Cache::invalidate`].
    #[expect(clippy::needless_pass_by_value, reason = "the same signature as the async one")]
    pub fn invalidate(&self, targets: Targets) -> Result<Invalidated> {
        block_on(self.cache.core().invalidate(&targets, Caller::Sync))
    }

    /// See [`Cache::invalidate_key`].
    pub fn invalidate_key(&self, key: &str) -> Result<Invalidated> {
        self.invalidate(Targets::new().key(key))
    }

    /// See [`Cache::invalidate_tags`].
    pub fn invalidate_tags<I>(&self, tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.invalidate(Targets::new().tags(tags))
    }

    /// See [`Cache::invalidate_prefix`].
    pub fn invalidate_prefix(&self, prefix: &str) -> Result<Invalidated> {
        self.invalidate(Targets::new().prefix(prefix))
    }

    /// See [`Cache::clear`].
    pub fn clear(&self) -> Result<()> {
        block_on(self.cache.core().clear(Caller::Sync))
    }
}
