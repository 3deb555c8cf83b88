//! Keeping errors, without the attributes.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    call::{Caught, Fallible, Keep, Kept, Shape, failing, portable_with_errors},
    error::{Error, Result},
    flight::{Caller, block_on},
    policy::Policy,
    ttl::IntoTtl,
    value::CacheValue,
};

use super::{Blocking, Cache, Call};

/// Which errors of a computation are kept, and for how long: what `cache_err` and `cache_err_if` are for functions.
///
/// It is no part of a [`Policy`], which says nothing of types: what keeps errors asks of them what it asks of values. See
/// [`Cache::try_get_or_compute_cache_err`].
pub struct CacheErr<E> {
    ttl: Result<Duration>,
    only_if: Option<Predicate<E>>,
}

type Predicate<E> = Arc<dyn Fn(&E) -> bool + Send + Sync>;

impl<E> CacheErr<E> {
    /// Keeps every error that long: a `Duration`, seconds, or text such as `"2s"`. A mistake is reported by the call that
    /// gets it.
    #[must_use]
    pub fn ttl(ttl: impl IntoTtl) -> Self {
        Self { ttl: ttl.into_ttl(), only_if: None }
    }

    /// Keeps those alone of which `predicate` says so: the others are their callers' own.
    #[must_use]
    pub fn only_if(mut self, predicate: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.only_if = Some(Arc::new(predicate));
        self
    }

    /// What there is to say of each result. Fails if the ttl is no duration.
    fn check<T>(self) -> Result<impl Fn(&Result<T, E>) -> Kept> {
        let (ttl, only_if) = (self.ttl?, self.only_if);
        Ok(move |stored: &Result<T, E>| match stored {
            Ok(_) => Kept::default(),
            Err(error) => {
                let yes = only_if.as_ref().is_none_or(|predicate| predicate(error));
                Keep::ask(|keep| keep.error(ttl, yes))
            }
        })
    }
}

impl<E> Clone for CacheErr<E> {
    fn clone(&self) -> Self {
        Self { ttl: self.ttl.clone(), only_if: self.only_if.clone() }
    }
}

impl<E> fmt::Debug for CacheErr<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheErr").field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

impl Cache {
    /// [`try_get_or_compute`](Self::try_get_or_compute) that keeps errors as well, for a time of their own: a key that is not
    /// there, or a service that is down, is not asked for by every caller anew.
    ///
    /// Kept errors are shared by callers, invalidated and expired like values. [`get`](Self::get) finds values alone.
    ///
    /// ```
    /// use easycache_core::{Cache, CacheErr, Error, Policy};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    /// enum Failure {
    ///     NotFound,
    ///     Other(String),
    /// }
    ///
    /// impl From<Error> for Failure {
    ///     fn from(error: Error) -> Self {
    ///         Self::Other(error.to_string())
    ///     }
    /// }
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let errors = CacheErr::ttl("2s").only_if(|error| *error == Failure::NotFound);
    /// let load = || async { Err::<u32, _>(Failure::NotFound) };
    /// for _ in 0..2 {
    ///     let answer = cache.try_get_or_compute_cache_err("user:9", Policy::ttl("10m"), errors.clone(), load).await;
    ///     assert_eq!(answer, Err(Failure::NotFound));
    /// }
    /// assert_eq!(cache.stats().hits, 1);
    /// # Ok::<_, Error>(()) }).unwrap();
    /// ```
    pub async fn try_get_or_compute_cache_err<T, E, Fut>(
        &self,
        key: &str,
        policy: Policy,
        errors: CacheErr<E>,
        compute: impl FnOnce() -> Fut,
    ) -> Result<T, E>
    where
        T: CacheValue,
        E: CacheValue + From<Error>,
        Fut: Future<Output = Result<T, E>>,
    {
        let (call, keep) = (Call::new(key, policy)?, errors.check()?);
        self.read(call, Caller::Async, shape(), compute, keep).await
    }

    /// [`try_get_or_refresh`](Self::try_get_or_refresh) that keeps errors as well: see
    /// [`try_get_or_compute_cache_err`](Self::try_get_or_compute_cache_err).
    pub async fn try_get_or_refresh_cache_err<T, E, Fut>(
        &self,
        key: &str,
        policy: Policy,
        errors: CacheErr<E>,
        compute: impl FnOnce() -> Fut + Send + 'static,
    ) -> Result<T, E>
    where
        T: CacheValue,
        E: CacheValue + From<Error>,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let (call, keep) = (Call::new(key, policy)?, errors.check()?);
        self.read_behind(call, Caller::Async, shape(), async move { compute().await }, keep).await
    }
}

impl Blocking<'_> {
    /// See [`Cache::try_get_or_compute_cache_err`].
    pub fn try_get_or_compute_cache_err<T: CacheValue, E: CacheValue + From<Error>>(
        &self,
        key: &str,
        policy: Policy,
        errors: CacheErr<E>,
        compute: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let (call, keep) = (Call::new(key, policy)?, errors.check()?);
        block_on(self.cache.read(call, Caller::Sync, shape(), || async { compute() }, keep))
    }

    /// See [`Cache::try_get_or_refresh_cache_err`] and [`get_or_refresh`](Self::get_or_refresh).
    pub fn try_get_or_refresh_cache_err<T: CacheValue, E: CacheValue + From<Error>>(
        &self,
        key: &str,
        policy: Policy,
        errors: CacheErr<E>,
        compute: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (call, keep) = (Call::new(key, policy)?, errors.check()?);
        block_on(self.cache.read_behind(call, Caller::Sync, shape(), async move { compute() }, keep))
    }
}

/// Of what is kept, errors included.
fn shape<T: CacheValue, E: CacheValue + From<Error>>() -> Shape<Caught<T, E>> {
    failing(portable_with_errors(Fallible::NEW))
}
