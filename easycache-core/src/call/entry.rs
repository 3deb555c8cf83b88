//! A handle to what a function caches for given arguments: `f::entry(..)`.

use std::fmt;

use crate::{
    cache::{Cache, Call, Invalidated, Targets},
    error::Result,
    value::LocalValue,
};

use super::{Keep, Names, Outcome, Site, Ttl};

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
}

/// Reads the stored value, as the function speaks of it.
type Peek<'a, V> = Box<dyn Fn(&Cache, &Call) -> Option<V> + Send + Sync + 'a>;
/// Stores a value that is spoken of in that way.
type Put<'a, V> = Box<dyn Fn(&Cache, &Call, &V) + Send + Sync + 'a>;

impl<V> BlockingEntry<'_, V> {
    /// The stored value, if it is there and may be served. Counts neither as a hit nor as a miss.
    ///
    /// Fails if the names of the call cannot be used.
    pub fn peek(&self) -> Result<Option<V>> {
        let call = self.call.as_ref().map_err(Clone::clone)?;
        Ok((self.peek)(&self.cache, call))
    }

    /// Stores a value as if the function had just computed it: with its ttl, its tags and its conditions.
    ///
    /// Fails if the names of the call cannot be used.
    pub fn put(&self, value: &V) -> Result<()> {
        let call = self.call.as_ref().map_err(Clone::clone)?;
        (self.put)(&self.cache, call, value);
        Ok(())
    }

    /// Invalidates it.
    pub fn invalidate(&self) -> Result<Invalidated> {
        self.cache.core().invalidate(&Targets::new().key(&self.key))
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

#[expect(clippy::unused_async, reason = "other backends answer over a network")]
impl<V> Entry<'_, V> {
    /// The stored value, if it is there and may be served. Counts neither as a hit nor as a miss.
    ///
    /// Fails if the names of the call cannot be used.
    pub async fn peek(&self) -> Result<Option<V>> {
        self.entry.peek()
    }

    /// Stores a value as if the function had just computed it: with its ttl, its tags and its conditions.
    ///
    /// Fails if the names of the call cannot be used.
    pub async fn put(&self, value: &V) -> Result<()>
    where
        V: Sync,
    {
        self.entry.put(value)
    }

    /// Invalidates it.
    pub async fn invalidate(&self) -> Result<Invalidated> {
        self.entry.invalidate()
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
    ttl: Ttl,
    names: impl FnOnce(&mut Names),
    peek: impl Fn(&Cache, &Call) -> Option<V> + Send + Sync + 'a,
    put: impl Fn(&Cache, &Call, &V) + Send + Sync + 'a,
) -> BlockingEntry<'a, V> {
    let names = Names::collect(names);
    let (key, tags) = (names.full_key(), names.tag_list());
    let call = names.identity().and_then(|identity| {
        let ttl = ttl.0.transpose()?;
        Ok(Call { identity, arguments: None, rules: site.rules(), ttl, refresh: false })
    });
    BlockingEntry {
        cache: site.with_cache(cache, Cache::clone),
        key,
        tags,
        call,
        peek: Box::new(peek),
        put: Box::new(put),
    }
}

fn put<O: Outcome>(
    site: &'static Site,
    cache: &Cache,
    call: &Call,
    value: &O::Stored,
    keep: impl Fn(&O::Stored, &mut Keep),
) where
    O::Stored: LocalValue,
{
    cache.core().put_now(call, value, &site.ask(|k| keep(value, k)));
}

/// The entry of a call, spoken of by what is stored.
pub fn entry<'a, O, K>(
    site: &'static Site,
    cache: Option<&Cache>,
    _outcome: O,
    ttl: Ttl,
    names: impl FnOnce(&mut Names),
    keep: K,
) -> BlockingEntry<'a, O::Stored>
where
    O: Outcome,
    O::Stored: LocalValue,
    K: Fn(&O::Stored, &mut Keep) + Send + Sync + 'a,
{
    let peek = |cache: &Cache, call: &Call| cache.core().peek(call);
    handle(site, cache, ttl, names, peek, move |cache, call, value| put::<O>(site, cache, call, value, &keep))
}

/// The entry of a call, spoken of by what the function returns.
pub fn entry_as<'a, O, K>(
    site: &'static Site,
    cache: Option<&Cache>,
    outcome: O,
    ttl: Ttl,
    names: impl FnOnce(&mut Names),
    keep: K,
) -> BlockingEntry<'a, O::Returned>
where
    O: Outcome,
    O::Stored: LocalValue,
    K: Fn(&O::Stored, &mut Keep) + Send + Sync + 'a,
{
    let peek = move |cache: &Cache, call: &Call| cache.core().peek(call).map(|value| outcome.wrap(value));
    handle(site, cache, ttl, names, peek, move |cache, call, returned| {
        if let Some(value) = outcome.stored(returned) {
            put::<O>(site, cache, call, value, &keep);
        }
    })
}
