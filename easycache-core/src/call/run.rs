//! A call of a cached function: found, or computed and stored.

use std::time::Duration;

use crate::{
    cache::{Cache, Call},
    error::Result,
    flight::{Caller, block_on},
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
        && let Some(value) = site.with_cache(cache, |cache| cache.core().by_arguments(words))
    {
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
            arguments: arguments.words().map(Into::into),
            rules: site.rules(),
            ttl: None,
            refresh: mode == Mode::Refresh,
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
    if call.refresh || cache.core().remote.is_some() { None } else { cache.core().look_up_to_compute(call) }
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

/// [`compute`] of a body that borrows something, for a caller whose patience has an end: the body is dropped then.
pub async fn compute_within<O, Fut, K>(miss: Miss, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let Computation { cache, site, call } = *miss.0;
    let Some(call) = call else { return body.await };
    let keep = |value: &O::Stored| site.ask(|k| keep(value, k));
    cache.core().resolve_within(call, shape, body, keep).await
}

/// [`compute`] of a body that borrows nothing: it may run while its caller goes on with another value.
pub async fn compute_behind<O, Fut, K>(miss: Miss, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    O::Returned: Send,
    Fut: Future<Output = O::Returned> + Send + 'static,
    K: FnOnce(&O::Stored, &mut Keep) + Send + 'static,
{
    drive_behind(miss, Caller::Async, shape, body, keep).await
}

/// [`compute_behind`] for a function that is not async.
pub fn compute_blocking_behind<O, F, K>(miss: Miss, shape: Shape<O>, body: F, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    O::Returned: Send,
    F: FnOnce() -> O::Returned + Send + 'static,
    K: FnOnce(&O::Stored, &mut Keep) + Send + 'static,
{
    block_on(drive_behind(miss, Caller::Sync, shape, async move { body() }, keep))
}

async fn drive_behind<O, Fut, K>(miss: Miss, caller: Caller, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    O::Returned: Send,
    Fut: Future<Output = O::Returned> + Send + 'static,
    K: FnOnce(&O::Stored, &mut Keep) + Send + 'static,
{
    let Computation { cache, site, call } = *miss.0;
    let Some(call) = call else { return body.await };
    let keep = move |value: &O::Stored| site.ask(|k| keep(value, k));
    cache.core().resolve_timed(call, caller, shape, body, keep).await
}

async fn drive<O, Fut, K>(miss: Miss, caller: Caller, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let Computation { cache, site, call } = *miss.0;
    let Some(call) = call else { return body.await };
    let keep = |value: &O::Stored| site.ask(|k| keep(value, k));
    cache.core().resolve(call, caller, shape, body, keep).await
}
