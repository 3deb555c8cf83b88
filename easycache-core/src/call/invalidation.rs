//! Invalidation by companions, and by `#[invalidates]`.

use crate::{
    cache::{Cache, Invalidated, Targets},
    error::{Error, Result},
    flight::{Caller, block_on},
    remote::Holding,
};

use super::{Names, Site, TagList, Text};

/// Which of a function's names to invalidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The entry of its key.
    Key,
    /// Everything that has one of its tags.
    Tags,
    /// Everything below its prefix.
    Prefix,
}

/// Invalidates names of a function. They are taken down at once, so that the future borrows nothing.
pub fn invalidate(
    site: &'static Site,
    cache: Option<&Cache>,
    what: What,
    names: impl FnOnce(&mut Names),
) -> impl Future<Output = Result<Invalidated>> + Send + 'static {
    let (cache, targets) = prepare(site, cache, what, names);
    async move { cache.core().invalidate(&targets, Caller::Async).await }
}

/// [`invalidate`] for a function that is not async.
pub fn invalidate_blocking(
    site: &'static Site,
    cache: Option<&Cache>,
    what: What,
    names: impl FnOnce(&mut Names),
) -> Result<Invalidated> {
    let (cache, targets) = prepare(site, cache, what, names);
    block_on(cache.core().invalidate(&targets, Caller::Sync))
}

/// Expires names of a function. They are taken down at once, so that the future borrows nothing.
pub fn expire(
    site: &'static Site,
    cache: Option<&Cache>,
    what: What,
    names: impl FnOnce(&mut Names),
) -> impl Future<Output = Result<Invalidated>> + Send + 'static {
    let (cache, targets) = prepare(site, cache, what, names);
    async move { cache.core().expire(&targets, Caller::Async).await }
}

/// [`expire`] for a function that is not async.
pub fn expire_blocking(
    site: &'static Site,
    cache: Option<&Cache>,
    what: What,
    names: impl FnOnce(&mut Names),
) -> Result<Invalidated> {
    let (cache, targets) = prepare(site, cache, what, names);
    block_on(cache.core().expire(&targets, Caller::Sync))
}

pub(super) fn prepare(
    site: &'static Site,
    cache: Option<&Cache>,
    what: What,
    names: impl FnOnce(&mut Names),
) -> (Cache, Targets) {
    let names = Names::collect(names);
    let mut targets = Targets::new();
    match what {
        What::Key => targets.keys.push(names.full_key().into()),
        What::Tags => targets.tags = names.into_tags(),
        What::Prefix => targets.prefixes.extend(names.into_prefix().map(Into::into)),
    }
    (site.with_cache(cache, Cache::clone), targets)
}

/// For `#[invalidates]`: names written by templates.
impl Targets {
    /// One key.
    #[doc(hidden)]
    pub fn write_key(&mut self, write: impl FnOnce(&mut Text)) {
        self.keys.push(Text::of(write).into());
    }

    /// One prefix.
    #[doc(hidden)]
    pub fn write_prefix(&mut self, write: impl FnOnce(&mut Text)) {
        self.prefixes.push(Text::of(write).into());
    }

    /// One tag.
    #[doc(hidden)]
    pub fn write_tag(&mut self, write: impl FnOnce(&mut Text)) {
        self.tags.push(Text::of(write).into());
    }

    /// Tags that are text already.
    #[doc(hidden)]
    pub fn write_tags(&mut self, tags: impl TagList) {
        tags.each_tag(|tag| self.tags.push(tag.into()));
    }
}

/// A mutation under way, which invalidates when it is over: also if it panics or is cancelled, for its commit may have
/// happened. Only an `Err` shows that it has not.
#[derive(Debug)]
#[must_use]
pub struct Armed {
    site: &'static Site,
    cache: Cache,
    targets: Option<Targets>,
}

/// Takes the names down, before the mutation.
pub fn arm(site: &'static Site, cache: Option<&Cache>, write: impl FnOnce(&mut Targets)) -> Armed {
    let mut targets = Targets::new();
    write(&mut targets);
    Armed { site, cache: site.with_cache(cache, Cache::clone), targets: Some(targets) }
}

impl Armed {
    /// Invalidates, unless the mutation has failed. The future borrows nothing; dropped, it invalidates all the same.
    pub async fn settle(self, failed: bool) {
        let site = self.site;
        report(site, self.try_settle(failed).await);
    }

    /// [`settle`](Self::settle) for a function that is not async.
    pub fn settle_blocking(self, failed: bool) {
        let site = self.site;
        report(site, self.try_settle_blocking(failed));
    }

    /// [`settle`](Self::settle) for a function that returns what goes wrong.
    pub async fn try_settle(mut self, failed: bool) -> Result<()> {
        let Some(targets) = self.over(failed) else { return Ok(()) };
        let _held = self.hold(&targets);
        self.cache.core().invalidate(&targets, Caller::Async).await.map(drop)
    }

    /// [`try_settle`](Self::try_settle) for a function that is not async.
    pub fn try_settle_blocking(mut self, failed: bool) -> Result<()> {
        let Some(targets) = self.over(failed) else { return Ok(()) };
        let _held = self.hold(&targets);
        block_on(self.cache.core().invalidate(&targets, Caller::Sync)).map(drop)
    }

    /// What is to be invalidated now.
    fn over(&mut self, failed: bool) -> Option<Targets> {
        let mut targets = self.targets.take().filter(|_| !failed)?;
        // Nothing is cached under a name that cannot be used: the others must not suffer for it.
        if let Some(error) = targets.discard_unusable() {
            self.site.complain(&error);
        }
        Some(targets)
    }

    /// From now on this process computes what depends on these names, until the backend has heard of it.
    fn hold(&self, targets: &Targets) -> Option<Holding> {
        self.cache.core().remote.as_ref().map(|remote| remote.hold_meanwhile(targets))
    }
}

fn report(site: &Site, invalidated: Result<()>) {
    if let Err(error) = invalidated {
        site.complain_of_backend(&error);
    }
}

/// What a mutator returns that says `on_error = "fail"`: the error of the invalidation, if there is one.
pub fn or_fail<R: Blamable>(returned: R, settled: Result<()>) -> R {
    match settled {
        Ok(()) => returned,
        Err(error) => R::blame(error),
    }
}

/// A returned value that has a place for errors of the cache. Unlike [`Fails`](super::Fails) it minds no borrow.
#[diagnostic::on_unimplemented(
    message = "`on_error = \"fail\"` returns the cache's own errors, which this function has no place for",
    label = "no `Result` whose error is `From<easycache::Error>`",
    note = "return a `Result` whose error implements `From<easycache::Error>`, or leave `on_error` out: then a failed invalidation is logged, and repeated until it succeeds"
)]
pub trait Blamable {
    /// What it returns for that error.
    fn blame(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Error>> Blamable for Result<T, E> {
    fn blame(error: Error) -> Self {
        Err(error.into())
    }
}

impl Drop for Armed {
    fn drop(&mut self) {
        let Some(targets) = self.over(false) else { return };
        match &self.cache.core().remote {
            // Nobody can wait here: it is done in the background.
            Some(remote) => remote.hold(&targets),
            None => report(self.site, block_on(self.cache.core().invalidate(&targets, Caller::Sync)).map(drop)),
        }
    }
}
