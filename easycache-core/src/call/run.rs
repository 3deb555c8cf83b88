//! A call of a cached function: found, or computed and stored.

use std::{pin::Pin, sync::Arc, time::Duration};

use crate::{
    batch::{Batch, place},
    cache::{Cache, Call, Due, Left},
    error::Result,
    flight::{Caller, block_on},
    identity::Identity,
    inside::{self, Loss, Polled},
    stats::Refusal,
    sync::{Mutex, lock},
    value::LocalValue,
};

use super::{Args, Keep, Kept, Names, Outcome, Shape, Site};

/// What a call is for.
#[derive(Clone, Debug)]
pub enum Mode {
    /// The value, from the cache if it is there.
    Read,
    /// The value, computed now and stored.
    Refresh,
    /// The value, together with those of other calls.
    Many(Batch),
}

impl Mode {
    fn refreshes(&self) -> bool {
        match self {
            Self::Read => false,
            Self::Refresh => true,
            Self::Many(batch) => batch.refreshes(),
        }
    }
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
    /// None: it is no function's.
    site: Option<&'static Site>,
    /// None: the names of the call cannot be used.
    call: Option<Call>,
    batch: Option<Batch>,
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
    if !mode.refreshes()
        && let Some(words) = words_to_look_up(&arguments)
        && let Some(value) = site.with_cache(cache, |cache| cache.core().by_arguments(words))
    {
        site.count_hit();
        return Found::Hit(shape.outcome.wrap(value));
    }
    find_by_name(site, mode, site.with_cache(cache, Cache::clone), shape, &arguments, names)
}

/// The raw arguments, if a value may be found by them.
#[inline]
pub(super) fn words_to_look_up(arguments: &Args) -> Option<&[u64]> {
    arguments.words().filter(|_| inside::is_plain())
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
    let refresh = mode.refreshes();
    let batch = if let Mode::Many(batch) = mode { Some(batch) } else { None };
    let mut call = match Names::collect(names).identity() {
        Ok(identity) => Some(Call {
            refresh,
            // What is computed together with others is not computed beside a hit.
            audit: !refresh && batch.is_none() && cache.core().is_sampled(),
            batch: batch.clone(),
            ..call_of::<O>(site, &cache, identity, arguments)
        }),
        Err(error) => {
            site.complain(&error);
            cache.core().counters.refuse(Refusal::BadName);
            None
        }
    };
    match call.as_mut().and_then(|call| look_up::<O>(&cache, call)) {
        Some(value) => Found::Hit(shape.outcome.wrap(value)),
        None => Found::Miss(Miss(Box::new(Computation { cache, site: Some(site), call, batch }))),
    }
}

/// A call that reads what is there.
pub(super) fn call_of<O: Outcome>(
    site: &'static Site,
    cache: &Cache,
    identity: Arc<Identity>,
    arguments: &Args,
) -> Call {
    Call {
        identity,
        // A sample can be taken only of hits that come by names.
        arguments: arguments.words().filter(|_| !cache.core().is_audited()).map(Into::into),
        rules: site.rules::<O>(),
        ttl: None,
        refresh: false,
        audit: false,
        batch: None,
        visit: None,
    }
}

fn look_up<O: Outcome>(cache: &Cache, call: &mut Call) -> Option<O::Stored>
where
    O::Stored: LocalValue,
{
    if call.refresh {
        return None;
    }
    // What a backend has is looked at when the body is at hand: the look may have to be repeated.
    cache.core().recall(call).or_else(|| if call.audit { None } else { cache.core().look_up_to_compute(call) })
}

impl Miss {
    /// A call that is no function's.
    pub(crate) fn of(cache: &Cache, call: Call) -> Self {
        let batch = call.batch.clone();
        Self(Box::new(Computation { cache: cache.clone(), site: None, call: Some(call), batch }))
    }

    /// The call, and where it goes to; none if its names cannot be used.
    pub(super) fn call(&self) -> Option<(&Cache, &Call)> {
        Some((&self.0.cache, self.0.call.as_ref()?))
    }

    /// What the call is about; none if its names cannot be used.
    pub(super) fn identity(&self) -> Option<&Arc<Identity>> {
        self.0.call.as_ref().map(|call| &call.identity)
    }

    /// How its caller waits, who is async, or has many calls driven together.
    fn caller(&self) -> Caller {
        self.0.batch.as_ref().map_or(Caller::Async, Batch::caller)
    }

    /// Sets the time to live, as evaluated before the body runs.
    #[must_use]
    pub fn ttl(mut self, ttl: Result<Duration>) -> Self {
        if let Some(call) = &mut self.0.call {
            match ttl {
                Ok(ttl) => call.ttl = Some(ttl),
                Err(error) => {
                    // Kept for no time rather than for the default one, which nobody asked for.
                    self.0.site.inspect(|site| site.complain(&error));
                    call.ttl = Some(Duration::ZERO);
                }
            }
        }
        self
    }
}

/// Runs the body of a call that missed, or waits for another caller's.
///
/// In a box: a future that is handed on from one step to the next is in each of them, and those of cached functions that call
/// each other would be in one another.
pub fn compute<O, Fut, K>(
    miss: Miss,
    shape: Shape<O>,
    body: Fut,
    keep: K,
) -> Pin<Box<impl Future<Output = O::Returned>>>
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let caller = miss.caller();
    Box::pin(drive(miss, caller, shape, body, keep))
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
pub fn compute_within<O, Fut, K>(
    miss: Miss,
    shape: Shape<O>,
    body: Fut,
    keep: K,
) -> Pin<Box<impl Future<Output = O::Returned>>>
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    Box::pin(async move {
        let Computation { cache, site, call, batch } = *miss.0;
        let Some(call) = call else { return nameless(batch, body).await };
        let keep = |value: &O::Stored| asked(site, |k| keep(value, k));
        cache.core().resolve_within(call, shape, body, keep).await
    })
}

/// [`compute`] of a body that borrows nothing: it may run while its caller goes on with another value.
pub fn compute_behind<O, Fut, K>(
    miss: Miss,
    shape: Shape<O>,
    body: Fut,
    keep: K,
) -> Pin<Box<impl Future<Output = O::Returned>>>
where
    O: Outcome,
    O::Stored: LocalValue,
    O::Returned: Send,
    Fut: Future<Output = O::Returned> + Send + 'static,
    K: FnOnce(&O::Stored, &mut Keep) + Send + 'static,
{
    let caller = miss.caller();
    Box::pin(drive_behind(miss, caller, shape, body, keep))
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
    let Computation { cache, site, call, batch } = *miss.0;
    let Some(call) = call else { return nameless(batch, body).await };
    let keep = move |value: &O::Stored| asked(site, |k| keep(value, k));
    cache.core().resolve_timed(call, caller, shape, body, keep).await
}

async fn drive<O, Fut, K>(miss: Miss, caller: Caller, shape: Shape<O>, body: Fut, keep: K) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let Computation { cache, site, call, batch } = *miss.0;
    let Some(call) = call else { return nameless(batch, body).await };
    let keep = |value: &O::Stored| asked(site, |k| keep(value, k));
    cache.core().resolve(call, caller, shape, body, keep).await
}

/// A call that has its value, which is to be computed anew by whoever takes that up.
pub(super) struct Leaving<V: LocalValue> {
    pub(super) cache: Cache,
    pub(super) site: Option<&'static Site>,
    pub(super) call: Call,
    pub(super) due: Due<V>,
}

/// As [`drive`]. With `leave`, what may be computed when the caller has its answer is left to it.
pub(super) async fn drive_or_leave<O, Fut, K>(
    miss: Miss,
    caller: Caller,
    shape: Shape<O>,
    body: Fut,
    keep: K,
    leave: Option<impl FnOnce(Leaving<O::Stored>, K)>,
) -> O::Returned
where
    O: Outcome,
    O::Stored: LocalValue,
    Fut: Future<Output = O::Returned>,
    K: FnOnce(&O::Stored, &mut Keep),
{
    let Computation { cache, site, call, batch } = *miss.0;
    let Some(call) = call else { return nameless(batch, body).await };
    // With whoever comes to need it.
    let keep = Mutex::new(Some(keep));
    let taken = || lock(&keep).take();
    let keep = |value: &O::Stored| taken().map_or_else(Kept::default, |keep| asked(site, |k| keep(value, k)));
    let leave = leave.map(|leave| {
        |Left { call, due, .. }: Left<O::Stored, _>, _: Fut| {
            if let Some(keep) = taken() {
                leave(Leaving { cache: cache.clone(), site, call, due }, keep);
            }
        }
    });
    cache.core().resolve_or_leave(call, caller, shape, body, keep, leave).await
}

/// Computes what has no name that can be used.
async fn nameless<R>(batch: Option<Batch>, body: impl Future<Output = R>) -> R {
    let _place = place(batch.as_ref()).await;
    inside::hand_up(|around| around.lose(Loss::Unversioned));
    Polled::new(None, None, body).await.0
}

/// What a result says about being stored.
pub(super) fn asked(site: Option<&'static Site>, ask: impl FnOnce(&mut Keep)) -> Kept {
    match site {
        Some(site) => site.ask(ask),
        None => Keep::ask(ask),
    }
}
