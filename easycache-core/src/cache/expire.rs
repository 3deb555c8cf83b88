//! Expiry by hand: what was stored before is not fresh any more.

use crate::{
    error::Result,
    flight::{Caller, block_on},
};

use super::{Blocking, Cache, Invalidated, Targets};

/// To expire is the gentle way to invalidate: what was stored before is not fresh any more, but may be served where a
/// policy says so, until there is something newer or its time and window are over.
/// To every other call it is a miss. What is being computed when a key is expired is not stored.
///
/// An `Err` means that it may not be done, and it is not repeated: until it is, values are taken for fresh.
///
/// A backend that [cannot mark values](crate::Caps::soft) invalidates a key that is to be expired.
impl Cache {
    /// Expires all these names together. Fails, and does nothing, if one of them cannot be used.
    pub async fn expire(&self, targets: Targets) -> Result<Invalidated> {
        self.core().expire(&targets, Caller::Async).await
    }

    /// Expires one entry by its full key: `key`, or `prefix|key`, as [`Entry::key`](crate::Entry::key) prints it.
    pub async fn expire_key(&self, key: &str) -> Result<Invalidated> {
        self.core().expire(&Targets::new().key(key), Caller::Async).await
    }

    /// Expires every entry that has one of these tags, in one step however many entries that are.
    pub async fn expire_tags<I>(&self, tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.core().expire(&Targets::new().tags(tags), Caller::Async).await
    }

    /// Expires every entry below a prefix, in one step however many entries that are.
    pub async fn expire_prefix(&self, prefix: &str) -> Result<Invalidated> {
        self.core().expire(&Targets::new().prefix(prefix), Caller::Async).await
    }

    /// Expires everything, in one step.
    pub async fn expire_all(&self) -> Result<()> {
        self.core().expire_all(Caller::Async).await
    }
}

impl Blocking<'_> {
    /// See [`Cache::expire`].
    #[expect(clippy::needless_pass_by_value, reason = "the same signature as the async one")]
    pub fn expire(&self, targets: Targets) -> Result<Invalidated> {
        block_on(self.cache.core().expire(&targets, Caller::Sync))
    }

    /// See [`Cache::expire_key`].
    pub fn expire_key(&self, key: &str) -> Result<Invalidated> {
        self.expire(Targets::new().key(key))
    }

    /// See [`Cache::expire_tags`].
    pub fn expire_tags<I>(&self, tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.expire(Targets::new().tags(tags))
    }

    /// See [`Cache::expire_prefix`].
    pub fn expire_prefix(&self, prefix: &str) -> Result<Invalidated> {
        self.expire(Targets::new().prefix(prefix))
    }

    /// See [`Cache::expire_all`].
    pub fn expire_all(&self) -> Result<()> {
        block_on(self.cache.core().expire_all(Caller::Sync))
    }
}
