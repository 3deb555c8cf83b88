//! Reading and writing without the attributes.

use std::sync::Arc;

use crate::{
    call::{Fallible, Kept, Outcome, Shape, failing, portable},
    error::{Error, Result},
    flight::Caller,
    identity::{Identity, check_key, join},
    inside,
    observe::{Advice, Who},
    policy::Policy,
    remote::{Looked, SoughtKey},
    stats::{Reason, Refusal},
    value::{CacheValue, LocalValue},
    wire::Form,
};

use super::{Cache, Call, Core, permit::Ticket};

impl Cache {
    /// The value under a full key (`key`, or `prefix|key`), whatever tags it has; `None` if there is none, or one of
    /// another type.
    pub async fn get<T: CacheValue>(&self, key: &str) -> Result<Option<T>> {
        self.core().get(key, Caller::Async).await
    }

    /// The values under these full keys, in their order.
    pub async fn get_many<T: CacheValue>(&self, keys: &[impl AsRef<str> + Sync]) -> Result<Vec<Option<T>>> {
        self.core().get_many(keys, Caller::Async).await
    }

    /// The value that was stored under `key` with the tags and the prefix of `policy`; `None` if there is none. In a
    /// backend it takes one round trip, where [`get`](Self::get) has to find out first what the value depends on.
    ///
    /// ```
    /// use easycache_core::{Cache, Policy};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let policy = Policy::ttl("10m").tags(["users"]).prefix("tenant:1");
    /// cache.set("user:42", "Ann".to_owned(), policy.clone()).await?;
    /// assert_eq!(cache.get_with::<String>("user:42", policy).await?.as_deref(), Some("Ann"));
    /// assert_eq!(cache.get_with::<String>("user:42", Policy::new()).await?, None, "that would be another entry");
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    pub async fn get_with<T: CacheValue>(&self, key: &str, policy: Policy) -> Result<Option<T>> {
        Ok(self.core().get_many_with(&[key], &policy, Caller::Async).await?.pop().flatten())
    }

    /// [`get_with`](Self::get_with) for many keys, in their order: one round trip for all of them.
    pub async fn get_many_with<T: CacheValue>(
        &self,
        keys: &[impl AsRef<str> + Sync],
        policy: Policy,
    ) -> Result<Vec<Option<T>>> {
        self.core().get_many_with(keys, &policy, Caller::Async).await
    }

    /// Stores a value in the place of whatever is there. What is being computed for that key now will not be stored.
    ///
    /// It is `Ok`, too, when somebody else has stored or invalidated in between: then theirs counts. Where an old value must
    /// not be found any more, [invalidate](Self::invalidate_key) it.
    pub async fn set<T: CacheValue>(&self, key: &str, value: T, policy: Policy) -> Result<()> {
        self.core().set(&Call::new(key, policy)?, Caller::Async, &value).await
    }

    /// The value under `key`, computed and stored if there is none. Callers of one key share one computation.
    ///
    /// The lookup is by key *and* tags: a value that was stored with other tags is a miss.
    pub async fn get_or_compute<T, Fut>(&self, key: &str, policy: Policy, compute: impl FnOnce() -> Fut) -> Result<T>
    where
        T: CacheValue,
        Fut: Future<Output = T>,
    {
        let call = Call::new(key, policy)?;
        self.read(call, Caller::Async, values_alone(), async || Ok(compute().await), as_it_is).await
    }

    /// [`get_or_compute`](Self::get_or_compute) for computations that can fail: only `Ok` is stored, and errors are
    /// not shared with other callers.
    pub async fn try_get_or_compute<T, E, Fut>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Fut,
    ) -> Result<T, E>
    where
        T: CacheValue,
        E: From<Error> + 'static,
        Fut: Future<Output = Result<T, E>>,
    {
        let call = Call::new(key, policy)?;
        self.read(call, Caller::Async, values_alone(), compute, as_it_is).await
    }

    /// [`get_or_compute`](Self::get_or_compute) for computations that borrow nothing: those that its policy's
    /// [`stale_while_revalidate`](Policy::stale_while_revalidate) and [`early_refresh`](Policy::early_refresh) ask for run
    /// in the background, on the caller's tokio runtime, or on a thread of ours where there is none.
    ///
    /// ```
    /// use easycache_core::{Cache, Policy};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let policy = Policy::ttl("1m").stale_while_revalidate("10m");
    /// let user = 42;
    /// let name = move || async move { format!("the name of {user}") };
    /// assert_eq!(cache.get_or_refresh("user:42", policy, name).await?, "the name of 42");
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    pub async fn get_or_refresh<T, Fut>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Fut + Send + 'static,
    ) -> Result<T>
    where
        T: CacheValue,
        Fut: Future<Output = T> + Send + 'static,
    {
        let call = Call::new(key, policy)?;
        self.read_behind(call, Caller::Async, values_alone(), async move { Ok(compute().await) }, as_it_is).await
    }

    /// [`get_or_refresh`](Self::get_or_refresh) for computations that can fail: only `Ok` is stored. What fails in the
    /// background is logged, and tried again when the value is read.
    pub async fn try_get_or_refresh<T, E, Fut>(
        &self,
        key: &str,
        policy: Policy,
        compute: impl FnOnce() -> Fut + Send + 'static,
    ) -> Result<T, E>
    where
        T: CacheValue,
        E: From<Error> + Send + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let call = Call::new(key, policy)?;
        self.read_behind(call, Caller::Async, values_alone(), async move { compute().await }, as_it_is).await
    }

    /// What is there in this process already, unless it is to be computed beside that.
    #[inline]
    fn at_once<O: Outcome<Stored: LocalValue>>(&self, call: &mut Call) -> Option<O::Stored> {
        call.rules.value_of = O::VALUE_OF;
        if let Some(value) = self.core().recall(call) {
            return Some(value);
        }
        call.audit = self.core().is_sampled();
        if call.audit { None } else { self.core().look_up_to_compute(call) }
    }

    /// Reads through, with a computation that may run behind its caller's back.
    pub(super) async fn read_behind<O, K>(
        &self,
        mut call: Call,
        caller: Caller,
        shape: Shape<O>,
        body: impl Future<Output = O::Returned> + Send + 'static,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome<Returned: Send, Stored: LocalValue>,
        K: FnOnce(&O::Stored) -> Kept + Send + 'static,
    {
        if let Some(value) = self.at_once::<O>(&mut call) {
            return shape.outcome.wrap(value);
        }
        self.core().resolve_timed(call, caller, shape, body, keep).await
    }

    /// Reads through: the one path of the plain API, async and blocking.
    pub(super) async fn read<O, Fut, K>(
        &self,
        mut call: Call,
        caller: Caller,
        shape: Shape<O>,
        compute: impl FnOnce() -> Fut,
        keep: K,
    ) -> O::Returned
    where
        O: Outcome<Stored: LocalValue>,
        Fut: Future<Output = O::Returned>,
        K: FnOnce(&O::Stored) -> Kept,
    {
        if let Some(value) = self.at_once::<O>(&mut call) {
            return shape.outcome.wrap(value);
        }
        let body = async { compute().await };
        if caller == Caller::Async && !call.rules.grace.hard.is_zero() {
            return Box::pin(self.core().resolve_within(call, shape, body, keep)).await;
        }
        if call.rules.grace.is_timed() {
            self.core().advise(call.who(), Advice::NotTimed);
        }
        // In a box: what it takes to compute is no part of every read.
        Box::pin(self.core().resolve(call, caller, shape, body, keep)).await
    }
}

/// Of what is kept, which no error is.
pub(super) fn values_alone<T: CacheValue, E: From<Error> + 'static>() -> Shape<Fallible<T, E>> {
    failing(portable(Fallible::NEW))
}

/// Nothing besides its policy says how a value is kept.
pub(super) fn as_it_is<T>(_: &T) -> Kept {
    Kept::default()
}

impl Call {
    pub(super) fn new(key: &str, policy: Policy) -> Result<Self> {
        let policy = policy.check()?;
        let key = join(policy.prefix.as_deref(), key);
        Ok(Self {
            identity: Identity::new(key, policy.tags)?,
            arguments: None,
            rules: policy.rules,
            ttl: policy.ttl,
            refresh: false,
            audit: false,
            batch: None,
            visit: None,
        })
    }
}

impl Core {
    pub(super) async fn get<T: CacheValue>(&self, key: &str, caller: Caller) -> Result<Option<T>> {
        check_key(key)?;
        match &self.remote {
            Some(_) => Ok(self.get_many(&[key], caller).await?.pop().flatten()),
            None => Ok(self.look_up_key(key)),
        }
    }

    pub(super) async fn get_many<T: CacheValue>(
        &self,
        keys: &[impl AsRef<str> + Sync],
        caller: Caller,
    ) -> Result<Vec<Option<T>>> {
        keys.iter().try_for_each(|key| check_key(key.as_ref()))?;
        let Some(remote) = self.remote.as_ref().filter(|_| !inside::bypasses()) else {
            return Ok(keys.iter().map(|key| self.look_up_key(key.as_ref())).collect());
        };
        let mut values = Vec::with_capacity(keys.len());
        let mut sought = Vec::new();
        for key in keys.iter().map(AsRef::as_ref) {
            values.push(match self.recall_key(key) {
                Ok(value) => Some(value),
                Err(visit) => {
                    sought.push(SoughtKey { key, visit });
                    None
                }
            });
        }
        // Each of them in its place: what is not remembered, in its order.
        let open = values.iter().enumerate().filter(|(_, value)| value.is_none()).map(|(at, _)| at).collect::<Vec<_>>();
        let looked = remote.get_keys(self, &sought, caller, Form::new()).await?;
        let looked = self.count_looks(sought.iter().map(|sought| Who::of_key(sought.key)), looked);
        open.into_iter().zip(looked).for_each(|(at, value)| values[at] = value);
        Ok(values)
    }

    pub(super) async fn get_many_with<T: CacheValue>(
        &self,
        keys: &[impl AsRef<str> + Sync],
        policy: &Policy,
        caller: Caller,
    ) -> Result<Vec<Option<T>>> {
        let calls = keys.iter().map(|key| Call::new(key.as_ref(), policy.clone())).collect::<Result<Vec<_>>>()?;
        self.look_up_many(calls, caller, Some(Form::new())).await
    }

    /// The values of these calls, in their order: those of a backend in one round trip. Counts hits and misses.
    pub(crate) async fn look_up_many<T: LocalValue>(
        &self,
        calls: Vec<Call>,
        caller: Caller,
        form: Option<Form<T>>,
    ) -> Result<Vec<Option<T>>> {
        if self.remote.is_some() && inside::bypasses() {
            return Ok(calls.iter().map(|call| self.count_look(call.who(), Err(Reason::Bypass))).collect());
        }
        let mut values = Vec::with_capacity(calls.len());
        let mut open = Vec::new();
        for mut call in calls {
            let recalled = self.recall(&mut call);
            if recalled.is_none() {
                open.push((values.len(), call));
            }
            values.push(recalled);
        }
        let (places, calls): (Vec<_>, Vec<_>) = open.into_iter().unzip();
        let found = match &self.remote {
            Some(remote) => {
                let looked = remote.peek(self, &calls, caller, form).await?;
                self.count_looks(calls.iter().map(Call::who), looked)
            }
            None => calls.iter().map(|call| self.look_up(call)).collect(),
        };
        places.into_iter().zip(found).for_each(|(at, value)| values[at] = value);
        Ok(values)
    }

    /// Counts hits and misses.
    fn count_looks<'a, T>(&self, who: impl Iterator<Item = Who<'a>>, looked: Vec<Looked<T>>) -> Vec<Option<T>> {
        who.zip(looked).map(|(who, looked)| self.count_looked(who, looked)).collect()
    }

    /// Counts a hit or a miss.
    pub(super) fn count_looked<T>(&self, who: Who<'_>, looked: Looked<T>) -> Option<T> {
        match looked {
            Ok((value, place)) => {
                self.hit(who, place);
                Some(value)
            }
            Err(reason) => {
                self.missed(who, reason);
                None
            }
        }
    }

    pub(super) async fn set<T: CacheValue>(self: &Arc<Self>, call: &Call, caller: Caller, value: &T) -> Result<()> {
        if inside::stores_nothing() {
            return Ok(());
        }
        if let Some(remote) = &self.remote {
            return remote.put(self, call, caller, Some(Form::new()), (value, Kept::default())).await;
        }
        self.put_now(call, value, &Kept::default());
        Ok(())
    }

    /// Stores a value that is there already, in the place of what is stored or under way.
    pub(crate) fn put_now<T: LocalValue>(self: &Arc<Self>, call: &Call, value: &T, kept: &Kept) {
        let _replacing = self.replacing(call);
        // Whatever the value's `Clone` does, who waits for it is not left waiting.
        let ticket = Ticket::leader(self, self.flights.replace(self.plan::<T>(call, Caller::Sync)));
        match self.fill(&ticket, call, value, kept) {
            // Somebody else has stored, or invalidated, since.
            Ok(()) | Err(Refusal::Lost) => {}
            // What was there before is not what the caller wants to be found.
            Err(_) => {
                self.flights.revoke(call.identity.key(), || self.tier.remove(call.identity.key(), self.now()));
            }
        }
    }
}
