//! Reading through for many keys, without the attributes.

use std::future::ready;

use crate::{
    batch::Keyed,
    call::{Each, Fallible, Keep, Miss, Mode, Whole, compute_each, compute_each_within, portable},
    error::{Error, Result},
    flight::block_on,
    policy::Policy,
    value::CacheValue,
};

use super::{Blocking, Cache, Call};

impl Cache {
    /// The values under these keys: what is there, and what `compute` returns for those that are missing. On a backend
    /// everything is read in one round trip, and stored in another.
    ///
    /// `compute` gets the missing keys, each once, and is not called if there are none; a key that it returns no value for
    /// is absent in the answer, and nothing is stored for it. It is called again only if other callers were to compute some
    /// of the keys and have failed. `policy` is that of each key; its [timeout](Policy::timeout) is one for all of them, at
    /// which the computation is dropped. What is to be refreshed is computed while the caller waits, or by another one.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use easycache_core::{Cache, Policy};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// cache.set("user:1", "Ann".to_owned(), Policy::new()).await?;
    ///
    /// let keys = ["user:1", "user:2", "user:3"];
    /// let users = cache.get_or_compute_many(keys, Policy::new(), async |missing: Vec<&'static str>| {
    ///     assert_eq!(missing, ["user:2", "user:3"]);
    ///     HashMap::from([("user:2", "Bob".to_owned())])
    /// });
    /// let users = users.await?;
    /// assert_eq!((users["user:1"].as_str(), users["user:2"].as_str()), ("Ann", "Bob"));
    /// assert_eq!(users.get("user:3"), None);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// If the policy, or one of the keys, cannot be used; with [`on_error`](Policy::on_error) also if the backend is in trouble.
    pub async fn get_or_compute_many<K, M, Fut>(
        &self,
        keys: impl IntoIterator<Item = K>,
        policy: Policy,
        mut compute: impl FnMut(Vec<K>) -> Fut,
    ) -> Result<M>
    where
        K: AsRef<str> + Clone + Send + Sync,
        M: Keyed<Key = K, Value: CacheValue> + Send + 'static,
        Fut: Future<Output = M>,
    {
        let compute = |missing| {
            let values = compute(missing);
            async { Ok(values.await) }
        };
        self.read_many(keys, policy, false, compute).await
    }

    /// [`get_or_compute_many`](Self::get_or_compute_many) for computations that can fail: then the whole call does, and
    /// nothing is stored.
    pub async fn try_get_or_compute_many<K, M, E, Fut>(
        &self,
        keys: impl IntoIterator<Item = K>,
        policy: Policy,
        compute: impl FnMut(Vec<K>) -> Fut,
    ) -> Result<M, E>
    where
        K: AsRef<str> + Clone + Send + Sync,
        M: Keyed<Key = K, Value: CacheValue> + Send + 'static,
        E: From<Error> + 'static,
        Fut: Future<Output = Result<M, E>>,
    {
        self.read_many(keys, policy, false, compute).await
    }

    async fn read_many<K, M, E, Fut>(
        &self,
        keys: impl IntoIterator<Item = K>,
        policy: Policy,
        blocking: bool,
        compute: impl FnMut(Vec<K>) -> Fut,
    ) -> Result<M, E>
    where
        K: AsRef<str> + Clone + Send + Sync,
        M: Keyed<Key = K, Value: CacheValue> + Send + 'static,
        E: From<Error> + 'static,
        Fut: Future<Output = Result<M, E>>,
    {
        let outcome = Fallible::<M, E>::NEW;
        let mut each = Each::new(&outcome, blocking, &Mode::Read);
        for key in keys {
            let mut call = Call { batch: Some(each.batch().clone()), ..Call::new(key.as_ref(), policy.clone())? };
            let here = self.core().recall(&mut call);
            match here.or_else(|| self.core().look_up_to_compute(&call)) {
                Some(value) => each.hit(key, value),
                None => each.miss(key, Miss::of(self, call), |_: &M::Value, _: &mut Keep| {}),
            }
        }
        let fail: Option<fn(Error) -> Result<M, E>> = Some(|error| Err(error.into()));
        if blocking {
            return compute_each(each, outcome, fail, portable(Whole::NEW), compute).await;
        }
        compute_each_within(each, outcome, (fail, fail), portable(Whole::NEW), compute).await
    }
}

impl Blocking<'_> {
    /// See [`Cache::get_or_compute_many`].
    pub fn get_or_compute_many<K, M>(
        &self,
        keys: impl IntoIterator<Item = K>,
        policy: Policy,
        mut compute: impl FnMut(Vec<K>) -> M,
    ) -> Result<M>
    where
        K: AsRef<str> + Clone + Send + Sync,
        M: Keyed<Key = K, Value: CacheValue> + Send + 'static,
    {
        block_on(self.cache.read_many(keys, policy, true, |missing| ready(Ok(compute(missing)))))
    }

    /// See [`Cache::try_get_or_compute_many`].
    pub fn try_get_or_compute_many<K, M, E>(
        &self,
        keys: impl IntoIterator<Item = K>,
        policy: Policy,
        mut compute: impl FnMut(Vec<K>) -> Result<M, E>,
    ) -> Result<M, E>
    where
        K: AsRef<str> + Clone + Send + Sync,
        M: Keyed<Key = K, Value: CacheValue> + Send + 'static,
        E: From<Error> + 'static,
    {
        block_on(self.cache.read_many(keys, policy, true, |missing| ready(compute(missing))))
    }
}
