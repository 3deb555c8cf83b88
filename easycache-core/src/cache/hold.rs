//! Holding names back while a change to what they stand for is under way.

use std::time::Duration;

use crate::{
    clock::Moment,
    error::{Error, ErrorKind, Result},
    flight::{Caller, block_on},
    identity::{Space, StampName},
    sync::{Mutex, lock},
    ttl::IntoTtl,
};

use super::{Blocking, Cache, Core, Invalidated, Targets, Verb};

/// Tags and prefixes that are held, from [`Cache::hold`]: what depends on them is computed, neither served nor stored.
///
/// [`release`](Self::release) invalidates them, after the commit. Dropped without, they stay held until their time is over:
/// nobody knows whether the change was made.
#[derive(Debug)]
#[must_use = "a hold is to be released after the commit; dropped, it stays until its time is over"]
pub struct Hold {
    cache: Cache,
    targets: Targets,
}

impl Hold {
    /// Invalidates the names, which ends the hold. To be called after the commit; after a rollback as well.
    ///
    /// # Errors
    ///
    /// If the backend cannot be reached: then it is not done, and repeated in the background.
    pub async fn release(self) -> Result<Invalidated> {
        self.cache.core().release(&self.targets, Caller::Async).await
    }

    /// [`release`](Self::release) for callers that are not async.
    pub fn release_blocking(self) -> Result<Invalidated> {
        block_on(self.cache.core().release(&self.targets, Caller::Sync))
    }
}

impl Cache {
    /// Holds tags and prefixes while what they stand for is changed: from when this returns, everything that depends on them
    /// is computed, and neither served from the cache nor stored, until the hold is [released](Hold::release) after the
    /// commit.
    ///
    /// An invalidation after the commit is all it takes as long as the process lives. A hold is for what happens in between:
    /// if the process dies after the commit and before the invalidation, nothing old is served, because nothing that was
    /// computed since is stored, and what was stored before is not valid any more. After `at_most` the hold ends by itself,
    /// and the names begin anew: it has to be longer than the transaction.
    ///
    /// ```
    /// use easycache_core::{Cache, Targets};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let hold = cache.hold(Targets::new().tags(["account:7"]), "30s").await?;
    /// // begin; update …; commit;
    /// hold.release().await?;
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Limits
    ///
    /// Whoever else invalidates one of the names, or releases a hold of his own, ends this one for that name. The promise on
    /// invalidations holds all the same; what is lost is the protection against a crash. The memory of a process needs
    /// none: there a hold keeps others from storing what a transaction has not committed yet.
    ///
    /// # Errors
    ///
    /// If a name cannot be used, if there is a key among them, if `at_most` is zero, or if the backend cannot be reached: then
    /// do not begin the change, or go without a hold. Names that were held all the same end their hold after `at_most`.
    pub async fn hold(&self, targets: Targets, at_most: impl IntoTtl) -> Result<Hold> {
        let life = at_most.into_ttl()?;
        self.core().hold(&targets, life, Caller::Async).await?;
        Ok(Hold { cache: self.clone(), targets })
    }
}

impl Blocking<'_> {
    /// See [`Cache::hold`].
    pub fn hold(&self, targets: Targets, at_most: impl IntoTtl) -> Result<Hold> {
        let life = at_most.into_ttl()?;
        block_on(self.cache.core().hold(&targets, life, Caller::Sync))?;
        Ok(Hold { cache: self.cache.clone(), targets })
    }
}

/// What is held in this process, and until when.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<Vec<(Moment, Targets)>>);

impl Holds {
    /// Takes out those whose time is over.
    fn over(&self, now: Moment) -> Vec<Targets> {
        let mut holds = lock(&self.0);
        let over = holds.extract_if(.., |(until, _)| *until <= now);
        over.map(|(_, targets)| targets).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

impl Core {
    async fn hold(&self, targets: &Targets, life: Duration, caller: Caller) -> Result<()> {
        targets.check()?;
        if life.is_zero() {
            return Err(Error::new(
                ErrorKind::InvalidDuration,
                "a hold of no time holds nothing: give the longest time that the change may take, such as \"30s\"",
            ));
        }
        if !targets.keys.is_empty() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "a key cannot be held, only tags and prefixes can: give the entry a tag of its own, or invalidate the key after the commit",
            ));
        }
        if let Some(remote) = &self.remote {
            return remote.hold_back(targets, life, caller).await;
        }
        lock(&self.holds.0).push((self.now().after(life), targets.clone()));
        targets.stamps().for_each(|name| self.stamps.hold(name));
        self.forget_here(targets);
        self.rouse();
        Ok(())
    }

    async fn release(&self, targets: &Targets, caller: Caller) -> Result<Invalidated> {
        if self.remote.is_none() {
            lock(&self.holds.0).retain(|(_, held)| !held.stamps().eq(targets.stamps()));
        }
        self.invalidate(targets, caller).await
    }

    /// Ends the holds whose time is over.
    pub(super) fn end_holds(&self) {
        for targets in self.holds.over(self.now()) {
            self.apply_here(&targets, Verb::Invalidate);
        }
    }
}

impl Targets {
    /// The stamps of tags and prefixes.
    pub(super) fn stamps(&self) -> impl Iterator<Item = StampName<'_>> {
        let tags = self.tags.iter().map(|name| StampName { space: Space::Tag, name });
        tags.chain(self.prefixes.iter().map(|name| StampName { space: Space::Prefix, name }))
    }
}
