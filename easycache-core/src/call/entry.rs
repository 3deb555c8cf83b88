//! A handle to what a function caches for given arguments: `f::entry(..)`.

use std::{
    fmt,
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
};

use crate::{
    batch::Batch,
    cache::{Cache, Call, Explanation, Invalidated, Targets},
    error::Result,
    flight::{Caller, block_on},
    inside,
    local::EntryRef,
    policy::Rules,
    value::LocalValue,
};

use super::{Keep, Kept, Names, Outcome, Shape, Site, Ttl};

/// The entry of one call of a cached function: `load_user::entry(1, 2, 42)`.
///
/// Holding it holds nothing in the cache. `BlockingEntry`, which functions that are not async give, has the same
/// methods without `await`.
pub struct Entry<'a, V> {
    entry: BlockingEntry<'a, V>,
}

/// The entry of one call of a cached function that is not async; see [`Entry`].
pub struct BlockingEntry<'a, V> {
    cache: Cache,
    key: String,
    tags: Vec<Box<str>>,
    call: Result<Call>,
    peek: Peek<'a, V>,
    put: Put<'a, V>,
    explain: Explain,
}

/// Reads the stored value, as the function speaks of it.
type Peek<'a, V> = Box<dyn Fn(&Cache, &Call, Caller) -> Answer<V> + Send + Sync + 'a>;
/// Stores a value that is spoken of in that way.
type Put<'a, V> = Box<dyn Fn(&Cache, &Call, &V, Caller) -> Answer<()> + Send + Sync + 'a>;
/// Tells what there is to say about it.
type Explain = Box<dyn Fn(&Cache, &Call, Caller) -> Answer<Explanation> + Send + Sync>;
/// What comes of it: borrows nothing.
type Answer<T> = Pin<Box<dyn Future<Output = Result<Option<T>>> + Send>>;

impl<V> BlockingEntry<'_, V> {
    /// The stored value, if it is there and may be served. Counts neither as a hit nor as a miss.
    ///
    /// Fails if the names of the call cannot be used.
    pub fn peek(&self) -> Result<Option<V>> {
        block_on(self.look(Caller::Sync)?)
    }

    /// Stores a value as if the function had just computed it: with its ttl, its tags and its conditions.
    ///
    /// Fails if the names of the call cannot be used.
    pub fn put(&self, value: &V) -> Result<()> {
        block_on(self.keep(value, Caller::Sync)?).map(drop)
    }

    /// What there is to say about it: what it depends on, where it lies, and why it would be a hit or a miss. Counts as
    /// neither.
    ///
    /// Fails if the names of the call cannot be used.
    pub fn explain(&self) -> Result<Explanation> {
        let explained = block_on(self.tell(Caller::Sync)?)?;
        Ok(explained.unwrap_or_else(|| Explanation::of(&self.key)))
    }

    fn tell(&self, caller: Caller) -> Result<Answer<Explanation>> {
        let call = self.call.as_ref().map_err(Clone::clone)?;
        Ok((self.explain)(&self.cache, call, caller))
    }

    /// Invalidates it.
    pub fn invalidate(&self) -> Result<Invalidated> {
        block_on(self.cache.core().invalidate(&Targets::new().key(&self.key), Caller::Sync))
    }

    /// Expires it: it is not fresh any more, and is served only where a policy says that expired values may be.
    pub fn expire(&self) -> Result<Invalidated> {
        block_on(self.cache.core().expire(&Targets::new().key(&self.key), Caller::Sync))
    }

    fn look(&self, caller: Caller) -> Result<Answer<V>> {
        let call = self.call.as_ref().map_err(Clone::clone)?;
        Ok((self.peek)(&self.cache, call, caller))
    }

    pub(super) fn keep(&self, value: &V, caller: Caller) -> Result<Answer<()>> {
        let call = self.call.as_ref().map_err(Clone::clone)?;
        Ok((self.put)(&self.cache, call, value, caller))
    }

    /// The same together with others: `batch` has to be driven for it to come to an end.
    pub(super) fn keep_among(&self, batch: &Batch, value: &V) -> Answer<()> {
        match &self.call {
            Ok(call) => {
                let call = Call { batch: Some(batch.clone()), ..call.clone() };
                (self.put)(&self.cache, &call, value, batch.caller())
            }
            Err(error) => Box::pin(ready(Err(error.clone()))),
        }
    }

    /// The full key, as [`Cache::get`] and [`Cache::invalidate_key`] take it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The tags that follow from the arguments.
    #[must_use]
    pub fn tags(&self) -> Vec<&str> {
        self.tags.iter().map(AsRef::as_ref).collect()
    }
}

impl<V> Entry<'_, V> {
    /// The stored value, if it is there and may be served. Counts neither as a hit nor as a miss.
    ///
    /// Fails if the names of the call cannot be used.
    pub async fn peek(&self) -> Result<Option<V>> {
        self.entry.look(Caller::Async)?.await
    }

    /// Stores a value as if the function had just computed it: with its ttl, its tags and its conditions.
    ///
    /// Fails if the names of the call cannot be used.
    pub async fn put(&self, value: &V) -> Result<()>
    where
        V: Sync,
    {
        self.entry.keep(value, Caller::Async)?.await.map(drop)
    }

    /// What there is to say about it: what it depends on, where it lies, and why it would be a hit or a miss. Counts as
    /// neither.
    ///
    /// Fails if the names of the call cannot be used.
    pub async fn explain(&self) -> Result<Explanation> {
        let explained = self.entry.tell(Caller::Async)?.await?;
        Ok(explained.unwrap_or_else(|| Explanation::of(self.entry.key())))
    }

    /// Invalidates it.
    pub async fn invalidate(&self) -> Result<Invalidated> {
        let targets = Targets::new().key(self.entry.key());
        self.entry.cache.core().invalidate(&targets, Caller::Async).await
    }

    /// Expires it: it is not fresh any more, and is served only where a policy says that expired values may be.
    pub async fn expire(&self) -> Result<Invalidated> {
        let targets = Targets::new().key(self.entry.key());
        self.entry.cache.core().expire(&targets, Caller::Async).await
    }

    /// The full key, as [`Cache::get`] and [`Cache::invalidate_key`] take it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.entry.key()
    }

    /// The tags that follow from the arguments.
    #[must_use]
    pub fn tags(&self) -> Vec<&str> {
        self.entry.tags()
    }
}

impl<'a, V> From<BlockingEntry<'a, V>> for Entry<'a, V> {
    fn from(entry: BlockingEntry<'a, V>) -> Self {
        Self { entry }
    }
}

impl<V> fmt::Debug for BlockingEntry<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("key", &self.key).field("tags", &self.tags).finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for Entry<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(f)
    }
}

/// Everything but how the value is spoken of.
fn handle<'a, V>(
    site: &'static Site,
    cache: Option<&Cache>,
    (ttl, rules): (Ttl, Rules),
    names: impl FnOnce(&mut Names),
    peek: impl Fn(&Cache, &Call, Caller) -> Answer<V> + Send + Sync + 'a,
    put: impl Fn(&Cache, &Call, &V, Caller) -> Answer<()> + Send + Sync + 'a,
    explain: Explain,
) -> BlockingEntry<'a, V> {
    let names = Names::collect(names);
    let (key, tags) = (names.full_key(), names.tag_list());
    let call = names.identity().and_then(|identity| {
        let ttl = ttl.0.transpose()?;
        Ok(Call { identity, arguments: None, rules, ttl, refresh: false, audit: false, batch: None, visit: None })
    });
    BlockingEntry {
        cache: site.with_cache(cache, Cache::clone),
        key,
        tags,
        call,
        peek: Box::new(peek),
        put: Box::new(put),
        explain,
    }
}

/// Stores a value; at once where that is possible.
fn put<O: Outcome>(
    shape: Shape<O>,
    (cache, call, caller): (&Cache, &Call, Caller),
    value: &O::Stored,
    kept: Kept,
) -> Answer<()>
where
    O::Stored: LocalValue,
{
    let core = cache.core();
    if inside::stores_nothing() || kept.withheld {
        return Box::pin(ready(Ok(None)));
    }
    let Some(remote) = &core.remote else {
        core.put_now(call, value, &kept);
        return Box::pin(ready(Ok(None)));
    };
    let (core, remote, call, value) = (Arc::clone(core), Arc::clone(remote), call.clone(), value.clone());
    Box::pin(async move { remote.put(&core, &call, caller, shape.form, (&value, kept)).await.map(|()| None) })
}

fn peek<O: Outcome>(shape: Shape<O>, cache: &Cache, call: &Call, caller: Caller) -> Answer<O::Stored>
where
    O::Stored: LocalValue,
{
    let (core, call) = (Arc::clone(cache.core()), call.clone());
    Box::pin(async move { core.peek(&call, caller, shape.form).await })
}

fn explain<O: Outcome>(shape: Shape<O>) -> Explain
where
    O::Stored: LocalValue,
{
    Box::new(move |cache, call, caller| {
        let (core, call) = (Arc::clone(cache.core()), call.clone());
        Box::pin(async move {
            let is_of_type = |entry: &EntryRef| entry.get::<O::Stored>().is_some();
            match (&core.remote, shape.form) {
                (Some(remote), Some(form)) => {
                    let sought = Some((&*call.identity, remote.schema(form, call.rules.schema)));
                    remote.explain(&core, call.identity.key(), sought, caller).await.map(Some)
                }
                // What cannot leave the process is never found in a backend.
                (Some(_), None) => Ok(None),
                (None, _) => Ok(Some(core.explain_call(&call, is_of_type))),
            }
        })
    })
}

/// The entry of a call, spoken of by what is stored.
pub fn entry<'a, O, K>(
    site: &'static Site,
    cache: Option<&Cache>,
    shape: Shape<O>,
    ttl: Ttl,
    names: impl FnOnce(&mut Names),
    keep: K,
) -> BlockingEntry<'a, O::Stored>
where
    O: Outcome,
    O::Stored: LocalValue,
    K: Fn(&O::Stored, &mut Keep) + Send + Sync + 'a,
{
    let peek = move |cache: &Cache, call: &Call, caller| peek(shape, cache, call, caller);
    let put = move |cache: &Cache, call: &Call, value: &O::Stored, caller| {
        put(shape, (cache, call, caller), value, site.ask(|k| keep(value, k)))
    };
    handle(site, cache, (ttl, site.rules::<O>()), names, peek, put, explain(shape))
}

/// The entry of a call, spoken of by what the function returns.
pub fn entry_as<'a, O, K>(
    site: &'static Site,
    cache: Option<&Cache>,
    shape: Shape<O>,
    ttl: Ttl,
    names: impl FnOnce(&mut Names),
    keep: K,
) -> BlockingEntry<'a, O::Returned>
where
    O: Outcome,
    O::Stored: LocalValue,
    K: Fn(&O::Stored, &mut Keep) + Send + Sync + 'a,
{
    let peek = move |cache: &Cache, call: &Call, caller| -> Answer<O::Returned> {
        let stored = peek(shape, cache, call, caller);
        Box::pin(async move { Ok(stored.await?.map(|value| shape.outcome.wrap(value))) })
    };
    let put = move |cache: &Cache, call: &Call, returned: &O::Returned, caller| match shape.outcome.stored(returned) {
        Some(value) => put(shape, (cache, call, caller), value, site.ask(|k| keep(value, k))),
        None => Box::pin(ready(Ok(None))),
    };
    handle(site, cache, (ttl, site.rules::<O>()), names, peek, put, explain(shape))
}
