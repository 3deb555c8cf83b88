//! A call of a cached function: found, or computed and stored.

use std::time::Duration;

use crate::{
    cache::{Cache, Call},
    error::Result,
    flight::{Caller, block_on},
    inside::{self, Loss, Polled},
    stats::Refusal,
    value::LocalValue,
};

use super::{Args, Keep, Names, Outcome, Shape, Site};

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The value, from the cache if it is there.
    Read,
    /// The value, computed now and stored.
    Refresh,
}

/// What was found.
#[derive(Debug)]
pub enum Found<R> {
    /// What the function returns.
    Hit(R),
    /// Nothing: the body has to run.
    Miss(Miss),
}

/// A call whose body has to run.
#[derive(Debug)]
pub struct Miss(Box<Computation>);

#[derive(Debug)]
struct Computation {
    cache: Cache,
    site: &'static Site,
    /// None: the names of the call cannot be used.
    call: Option<Call>,
}

/// Looks a call up: by its raw arguments, else by its names.
#[inline]
pub fn find<O: Outcome>(
    site: &'static Site,
    mode: Mode,
    cache: Option<&Cache>,
    shape: &Shape<O>,
    args: impl FnOnce(&mut Args),
    names: impl FnOnce(&mut Names),
) -> Found<O::Returned>
where
    O::Stored: LocalValue,
{
    let mut arguments = Args::new(site);
    args(&mut arguments);
    if let (Mode::Read, Some(words)) = (mode, arguments.words())
        && inside::is_plain()
        && let Some(value) = site.with_cache(cache, |cache| cache.core().by_arguments(words))
    {
        site.count_hit();
        return Found::Hit(shape.outcome.wrap(value));
    }
    find_by_name(site, mode, site.with_cache(cache, Cache::clone), shape, &arguments, names)
}

#[cold]
fn find_by_name<O: Outcome>(
    site: &'static Site,
    mode: Mode,
    cache: Cache,
    shape: &Shape<O>,
    arguments: &Args,
    names: impl FnOnce(&mut Names),
) -> Found<O::Returned>
where
    O::Stored: LocalValue,
{
    let call = match Names::collect(names).identity() {
        Ok(identity) => Some(Call {
            identity,
            // A sample can be taken only of hits that come by here.
            arguments: arguments.words().filter(|_| !cache.core().is_audited()).map(Into::into),
            rules: site.rules::<O>(),
            ttl: None,
            refresh: mode == Mode::Refresh,
            audit: mode == Mode::Read && cache.core().is_sampled(),
        }),
        Err(error) => {
            site.complain(&error);
            cache.core().counters.refuse(Refusal::BadName);
            None
        }
    };
    match call.as_ref().and_then(|call| look_up::<O>(&cache, call)) {
        Some(value) => Found::Hit(shape.outcome.wrap(value)),
        None => Found::Miss(Miss(Box::new(Computation { cache, site, call }))),
    }
}

fn look_up<O: Outcome>(cache: &Cache, call: &Call) -> Option<O::Stored>
where
    O::Stored: LocalValue,
{
    // What a backend has is looked at when the body is at hand: the look may have to be repeated.
    if call.refresh || call.audit { None } else { cache.core().look_up(call) }
}

impl Miss {
    /// Sets the time to live, as evaluated before the body runs.
    #[must_use]
    pub fn ttl(mut self, ttl: Result<Duration>) -> Self {
        if let Some(call) = &mut self.0.call {
            match ttl {
                Ok(ttl) => call.ttl = Some(ttl),
                Err(error) => {
                    // Kept for no time rather than for the default one, which nobody asked for.
                    self.0.site.complain(&error);
                    call.ttl = Some(Duration::ZERO);
                }
            }
        }
        self
    }
}

/// Runs the body of a call that missed, or waits for another caller's.
pub async fn compute<O, Fut, K>(miss: Miss, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    drive(miss, Caller::Async, shape, body, keep).await
}

/// [`compute`] for a function that is not async.
pub fn compute_blocking<O, F, K>(miss: Miss, shape: Shape<O>, body: F, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    F: FnOnce() -> O::Returned,
    K: FnOnce(&O::Stored, &mut Keep),
{
    block_on(drive(miss, Caller::Sync, shape, async { body() }, keep))
}

async fn drive<O, Fut, K>(miss: Miss, caller: Caller, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let Computation { cache, site, call } = *miss.0;
    let Some(call) = call else {
        inside::hand_up(|around| around.lose(Loss::Unversioned));
        return Polled::new(None, None, body).await.0;
    };
    let keep = |value: &O::Stored| site.ask(|k| keep(value, k));
    cache.core().resolve(call, caller, shape, body, keep).await
}
