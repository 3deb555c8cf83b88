//! Invalidation by companions, and by `#[invalidates]`.

use crate::{
    cache::{Cache, Invalidated, Targets, Verb},
    error::{Error, Result},
    flight::{Caller, block_on},
    remote::{Holding, detach},
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

/// Invalidates names of a function, or expires them. They are taken down at once, so that the future borrows nothing.
pub fn outdate(
    site: &'static Site,
    cache: Option<&Cache>,
    verb: Verb,
    what: What,
    names: impl FnOnce(&mut Names),
) -> impl Future<Output = Result<Invalidated>> + Send + 'static {
    let (cache, targets) = prepare(site, cache, what, names);
    async move { cache.core().outdate(&targets, verb, Caller::Async).await }
}

/// [`outdate`] for a function that is not async.
pub fn outdate_blocking(
    site: &'static Site,
    cache: Option<&Cache>,
    verb: Verb,
    what: What,
    names: impl FnOnce(&mut Names),
) -> Result<Invalidated> {
    let (cache, targets) = prepare(site, cache, what, names);
    block_on(cache.core().outdate(&targets, verb, Caller::Sync))
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

/// A mutation under way, which invalidates (or expires) when it is over: also if it panics or is cancelled, for its commit
/// may have happened. Only an `Err` shows that it has not.
#[derive(Debug)]
#[must_use]
pub struct Armed {
    site: &'static Site,
    cache: Cache,
    verb: Verb,
    /// None: there is nothing left to do.
    targets: Option<Targets>,
}

/// Takes the names down, before the mutation.
pub fn arm(site: &'static Site, cache: Option<&Cache>, verb: Verb, write: impl FnOnce(&mut Targets)) -> Armed {
    let mut targets = Targets::new();
    write(&mut targets);
    Armed { site, cache: site.with_cache(cache, Cache::clone), verb, targets: Some(targets) }
}

impl Armed {
    /// Invalidates, unless the mutation has failed. The future borrows nothing; dropped, it invalidates all the same.
    pub async fn settle(self, failed: bool) {
        let (site, verb) = (self.site, self.verb);
        report(site, verb, self.try_settle(failed).await);
    }

    /// [`settle`](Self::settle) for a function that is not async.
    pub fn settle_blocking(self, failed: bool) {
        let (site, verb) = (self.site, self.verb);
        report(site, verb, self.try_settle_blocking(failed));
    }

    /// [`settle`](Self::settle) for a function that returns what goes wrong.
    pub async fn try_settle(self, failed: bool) -> Result<()> {
        self.settle_as(failed, Caller::Async).await
    }

    /// [`try_settle`](Self::try_settle) for a function that is not async.
    pub fn try_settle_blocking(self, failed: bool) -> Result<()> {
        block_on(self.settle_as(failed, Caller::Sync))
    }

    async fn settle_as(mut self, failed: bool, caller: Caller) -> Result<()> {
        self.is_over(failed);
        let Some(targets) = &self.targets else { return Ok(()) };
        let _held = self.hold(targets);
        let done = self.cache.core().outdate(targets, self.verb, caller).await;
        // Not before: dropped on the way, it is done in the background.
        self.targets = None;
        done.map(drop)
    }

    /// The mutation is over.
    fn is_over(&mut self, failed: bool) {
        if failed {
            self.targets = None;
        }
        // Nothing is cached under a name that cannot be used: the others must not suffer for it.
        if let Some(error) = self.targets.as_mut().and_then(Targets::discard_unusable) {
            self.site.complain(&error);
        }
    }

    /// From now on this process computes what depends on these names, until the backend has heard of it. Not where they are
    /// expired: what is taken for fresh for a while breaks no promise.
    fn hold(&self, targets: &Targets) -> Option<Holding> {
        let remote = self.cache.core().remote.as_ref().filter(|_| self.verb == Verb::Invalidate);
        remote.map(|remote| remote.hold_meanwhile(targets))
    }
}

fn report(site: &Site, verb: Verb, done: Result<()>) {
    if let Err(error) = done {
        site.complain_of_backend(verb, &error);
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
        self.is_over(false);
        let Some(targets) = self.targets.take() else { return };
        let (site, verb, cache) = (self.site, self.verb, self.cache.clone());
        match (&self.cache.core().remote, verb) {
            // Nobody can wait here: it is done in the background.
            (Some(remote), Verb::Invalidate) => remote.hold(&targets),
            (Some(_), Verb::Expire) => drop(detach(async move {
                report(site, verb, cache.core().outdate(&targets, verb, Caller::Async).await.map(drop));
            })),
            (None, _) => report(site, verb, block_on(cache.core().outdate(&targets, verb, Caller::Sync)).map(drop)),
        }
    }
}
