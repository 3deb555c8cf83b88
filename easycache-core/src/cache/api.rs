//! Reading and writing without the attributes.

use std::sync::Arc;

use crate::{
    call::{Fallible, Kept, Outcome, Whole},
    error::{Error, Result},
    flight::Caller,
    identity::{Identity, check_key, join},
    policy::Policy,
    stats::Refusal,
    value::{CacheValue, LocalValue},
};

use super::{Cache, Call, Core, resolve::Ticket};

#[expect(clippy::unused_async, reason = "other backends answer over a network")]
impl Cache {
    /// The value under a full key (`key`, or `prefix|key`), whatever tags it has; `None` if there is none, or one of
    /// another type.
    pub async fn get<T: CacheValue>(&self, key: &str) -> Result<Option<T>> {
        self.core().get(key)
    }

    /// The values under these full keys, in their order.
    pub async fn get_many<T: CacheValue>(&self, keys: &[impl AsRef<str> + Sync]) -> Result<Vec<Option<T>>> {
        self.core().get_many(keys)
    }

    /// Stores a value in the place of whatever is there. What is being computed for that key now will not be stored.
    pub async fn set<T: CacheValue>(&self, key: &str, value: T, policy: Policy) -> Result<()> {
        self.core().set(&Call::new(key, policy)?, &value);
        Ok(())
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
        Ok(self.read(call, Caller::Async, Whole::NEW, compute).await)
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
        self.read(call, Caller::Async, Fallible::NEW, compute).await
    }

    /// Reads through: the one path of the plain API, async and blocking.
    pub(super) async fn read<O, Fut>(
        &self,
        call: Call,
        caller: Caller,
        outcome: O,
        compute: impl FnOnce() -> Fut,
    ) -> O::Returned
    where
        O: Outcome,
        O::Stored: LocalValue,
        Fut: Future<Output = O::Returned>,
    {
        if let Some(value) = self.core().look_up(&call) {
            return outcome.wrap(value);
        }
        let body = async { compute().await };
        self.core().resolve(call, caller, outcome, body, |_| Kept::default()).await
    }
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
        })
    }
}

impl Core {
    pub(super) fn get<T: CacheValue>(&self, key: &str) -> Result<Option<T>> {
        check_key(key)?;
        Ok(self.look_up_key(key))
    }

    pub(super) fn get_many<T: CacheValue>(&self, keys: &[impl AsRef<str>]) -> Result<Vec<Option<T>>> {
        keys.iter().try_for_each(|key| check_key(key.as_ref()))?;
        Ok(keys.iter().map(|key| self.look_up_key(key.as_ref())).collect())
    }

    pub(super) fn set<T: LocalValue>(self: &Arc<Self>, call: &Call, value: &T) {
        self.put_now(call, value, &Kept::default());
    }

    /// Stores a value that is there already, in the place of what is stored or under way.
    pub(crate) fn put_now<T: LocalValue>(self: &Arc<Self>, call: &Call, value: &T, kept: &Kept) {
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
