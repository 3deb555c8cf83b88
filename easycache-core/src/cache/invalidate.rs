//! Invalidation: what was stored before is never served again. And expiry: it is not fresh any more.

use crate::{
    error::{Error, Result},
    flight::Caller,
    identity::{Space, StampName, check_key, check_prefix, check_tag},
};

use super::{Cache, Core};

/// Names to invalidate together, with [`Cache::invalidate`], or to expire, with [`Cache::expire`].
///
/// ```
/// use easycache_core::Targets;
///
/// let targets = Targets::new().key("tenant:1|user:42").tags(["users", "team:2"]).prefix("shop:7");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Targets {
    pub(crate) keys: Vec<Box<str>>,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) prefixes: Vec<Box<str>>,
}

impl Targets {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One entry by its full key: `key`, or `prefix|key`.
    #[must_use]
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.keys.push(key.as_ref().into());
        self
    }

    /// Every entry with one of these tags.
    #[must_use]
    pub fn tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.tags.extend(tags.into_iter().map(|tag| tag.as_ref().into()));
        self
    }

    /// Every entry below a prefix.
    #[must_use]
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        self.prefixes.push(prefix.as_ref().into());
        self
    }

    /// Discards the names that cannot be used; returns what is wrong with the first.
    pub(crate) fn discard_unusable(&mut self) -> Option<Error> {
        let first = self.check().err();
        self.keys.retain(|key| check_key(key).is_ok());
        self.tags.retain(|tag| check_tag(tag).is_ok());
        self.prefixes.retain(|prefix| check_prefix(prefix).is_ok());
        first
    }

    /// How many names these are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len() + self.tags.len() + self.prefixes.len()
    }

    /// All of them, with what they are.
    pub(crate) fn names(&self) -> impl Iterator<Item = (TargetKind, &str)> {
        let keys = self.keys.iter().map(|key| (TargetKind::Key, &**key));
        let tags = self.tags.iter().map(|tag| (TargetKind::Tag, &**tag));
        let prefixes = self.prefixes.iter().map(|prefix| (TargetKind::Prefix, &**prefix));
        keys.chain(tags).chain(prefixes)
    }

    /// Whether every name can be used. Invalidating them asks first, and does nothing if one cannot; to ask beforehand is for
    /// those who want to know before they ask somebody else.
    ///
    /// ```
    /// use easycache_core::{ErrorKind, Targets};
    ///
    /// assert!(Targets::new().key("tenant:1|user:42").check().is_ok());
    /// assert_eq!(Targets::new().tags([""]).check().unwrap_err().kind(), ErrorKind::InvalidName);
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the first that cannot.
    pub fn check(&self) -> Result<()> {
        self.keys.iter().try_for_each(|key| check_key(key))?;
        self.tags.iter().try_for_each(|tag| check_tag(tag))?;
        self.prefixes.iter().try_for_each(|prefix| check_prefix(prefix))
    }
}

/// What is done to names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// What was stored under them before is never served again.
    Invalidate,
    /// It is not fresh any more: served only where a policy says that expired values may be.
    Expire,
}

impl Verb {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalidate => "invalidate",
            Self::Expire => "expire",
        }
    }
}

/// What is invalidated or expired by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TargetKind {
    /// One entry.
    Key,
    /// Every entry with that tag.
    Tag,
    /// Every entry below that prefix.
    Prefix,
    /// The whole cache.
    Everything,
}

impl TargetKind {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Tag => "tag",
            Self::Prefix => "prefix",
            Self::Everything => "everything",
        }
    }
}

/// What an invalidation did, or an expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Invalidated {
    /// How many names were invalidated, or expired.
    pub names: usize,
    /// How many of them were known: keys that had an entry, tags and prefixes that something may have depended on. An
    /// unknown name is as invalid as a known one; there was only nothing to lose.
    pub known: usize,
}

impl Core {
    pub(crate) async fn invalidate(&self, targets: &Targets, caller: Caller) -> Result<Invalidated> {
        self.outdate(targets, Verb::Invalidate, caller).await
    }

    pub(crate) async fn expire(&self, targets: &Targets, caller: Caller) -> Result<Invalidated> {
        self.outdate(targets, Verb::Expire, caller).await
    }

    pub(crate) async fn outdate(&self, targets: &Targets, verb: Verb, caller: Caller) -> Result<Invalidated> {
        targets.check()?;
        let telling = self.invalidating(verb, Some(targets));
        telling.ended(match (&self.remote, verb) {
            (None, _) => Ok(self.apply_here(targets, verb)),
            (Some(remote), Verb::Invalidate) => remote.invalidate(targets, caller).await,
            (Some(remote), Verb::Expire) => remote.expire(targets, caller).await,
        })
    }

    pub(super) fn apply_here(&self, targets: &Targets, verb: Verb) -> Invalidated {
        let mut known = targets.stamps().filter(|name| self.stamps.bump(*name, verb)).count();
        for key in &targets.keys {
            known += usize::from(self.flights.revoke(key, || match verb {
                Verb::Invalidate => self.tier.remove(key, self.now()),
                Verb::Expire => self.tier.expire(key, self.now()),
            }));
        }
        self.forget_here(targets);
        Invalidated { names: targets.len(), known }
    }

    pub(crate) async fn clear(&self, caller: Caller) -> Result<()> {
        self.everything(Verb::Invalidate, caller).await
    }

    pub(crate) async fn expire_all(&self, caller: Caller) -> Result<()> {
        self.everything(Verb::Expire, caller).await
    }

    async fn everything(&self, verb: Verb, caller: Caller) -> Result<()> {
        let telling = self.invalidating(verb, None);
        let Some(remote) = &self.remote else {
            self.stamps.bump(StampName { space: Space::All, name: "" }, verb);
            self.forget_all_here();
            return telling.ended(Ok(()));
        };
        telling.ended(match verb {
            Verb::Invalidate => remote.clear(caller).await,
            Verb::Expire => remote.expire_all(caller).await,
        })
    }
}

impl Cache {
    /// Invalidates all these names together. Fails, and does nothing, if one of them cannot be used.
    pub async fn invalidate(&self, targets: Targets) -> Result<Invalidated> {
        self.core().invalidate(&targets, Caller::Async).await
    }

    /// Invalidates one entry by its full key: `key`, or `prefix|key`, as [`Entry::key`](crate::Entry::key) prints it.
    pub async fn invalidate_key(&self, key: &str) -> Result<Invalidated> {
        self.core().invalidate(&Targets::new().key(key), Caller::Async).await
    }

    /// Invalidates every entry that has one of these tags, in one step however many entries that are.
    pub async fn invalidate_tags<I>(&self, tags: I) -> Result<Invalidated>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.core().invalidate(&Targets::new().tags(tags), Caller::Async).await
    }

    /// Invalidates every entry below a prefix, in one step however many entries that are.
    pub async fn invalidate_prefix(&self, prefix: &str) -> Result<Invalidated> {
        self.core().invalidate(&Targets::new().prefix(prefix), Caller::Async).await
    }

    /// Invalidates everything, in one step. The memory is given back by the housekeeper, or by [`Cache::sweep`].
    pub async fn clear(&self) -> Result<()> {
        self.core().clear(Caller::Async).await
    }
}
