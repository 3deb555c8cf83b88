//! Which cache a function uses: caches by name, for the whole process.

mod scope;

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{cache::Cache, sync::unpoisoned};

pub use self::scope::{Scope, scope};

/// The name of the cache that functions use which name none.
pub(crate) const DEFAULT: &str = "default";

static REGISTRY: RwLock<Registry> = RwLock::new(Registry { caches: None, aliases: Vec::new() });
/// Moves with every change of the registry.
static GENERATION: AtomicU64 = AtomicU64::new(1);

struct Registry {
    caches: Option<HashMap<String, Cache>>,
    /// Every name that a function has asked for; an [`AliasId`] is a place in it.
    aliases: Vec<String>,
}

/// A name of a cache, as a small number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AliasId(usize);

/// A cache that a thread has looked up, and the generation it did that in.
type Resolved = Option<(u64, Cache)>;

thread_local! {
    /// By alias: a hit then takes neither a lock nor a reference count that all threads share.
    static RESOLVED: RefCell<Vec<Resolved>> = const { RefCell::new(Vec::new()) };
}

/// Registers a cache under a name: from now on every function with that `alias`, in every thread and task, uses it.
/// Returns the cache that had the name before, which its other holders can go on using.
///
/// Functions that name no alias use `"default"`.
///
/// ```
/// use easycache_core::{Cache, cache, register};
///
/// let sessions = Cache::builder().max_entries(1_000).build()?;
/// register("sessions", sessions);
/// assert!(cache("sessions").is_some());
/// assert!(cache("default").is_some(), "in process, if nothing else was registered");
/// assert!(cache("unknown").is_none());
/// # Ok::<_, easycache_core::Error>(())
/// ```
pub fn register(alias: impl Into<String>, cache: Cache) -> Option<Cache> {
    let mut registry = unpoisoned(REGISTRY.write());
    let before = registry.caches.get_or_insert_default().insert(alias.into(), cache);
    GENERATION.fetch_add(1, Ordering::Release);
    before
}

/// The cache registered under a name, or put in its place by a [`scope`]. `"default"` is always there: in process, with
/// default settings, unless another was registered.
#[must_use]
pub fn cache(alias: &str) -> Option<Cache> {
    scope::overriding(alias).or_else(|| registered(alias))
}

/// The names under which caches are registered, sorted.
#[must_use]
pub fn aliases() -> Vec<String> {
    let registry = unpoisoned(REGISTRY.read());
    let mut aliases = registry.caches.iter().flatten().map(|(alias, _)| alias.clone()).collect::<Vec<_>>();
    aliases.sort_unstable();
    aliases
}

/// The cache that free functions use.
pub(crate) fn default_cache() -> Cache {
    cache(DEFAULT).expect("the default cache is always there")
}

fn registered(alias: &str) -> Option<Cache> {
    let found = unpoisoned(REGISTRY.read()).caches.as_ref().and_then(|caches| caches.get(alias).cloned());
    if found.is_some() || alias != DEFAULT {
        return found;
    }
    let mut registry = unpoisoned(REGISTRY.write());
    let caches = registry.caches.get_or_insert_default();
    Some(caches.entry(DEFAULT.to_owned()).or_insert_with(Cache::embedded).clone())
}

/// The number of a name; the same each time.
pub(crate) fn intern(alias: &str) -> AliasId {
    let mut registry = unpoisoned(REGISTRY.write());
    let known = registry.aliases.iter().position(|other| other == alias);
    AliasId(known.unwrap_or_else(|| {
        registry.aliases.push(alias.to_owned());
        registry.aliases.len() - 1
    }))
}

/// Calls `f` with the cache of that name. It is called once; taking it by value would cost a hit a copy of all that it
/// has captured.
///
/// # Panics
///
/// If there is none: the message names the function and the alias.
#[inline]
pub(crate) fn with<R>(alias: AliasId, function: &str, f: impl Fn(&Cache) -> R) -> R {
    if scope::is_any_open() {
        return f(&look_up(alias, function));
    }
    let generation = GENERATION.load(Ordering::Acquire);
    // Written where it stays: an answer handed up through results is copied at each step.
    let mut answer = None;
    let remembered = RESOLVED.try_with(|resolved| match resolved.borrow().get(alias.0) {
        Some(Some((then, cache))) if *then == generation => {
            answer = Some(f(cache));
            true
        }
        _ => false,
    });
    match (remembered, answer) {
        (Ok(true), Some(answer)) => answer,
        _ => f(&resolve(alias, function, generation)),
    }
}

/// Looks the cache up, and remembers it for this thread.
#[cold]
fn resolve(alias: AliasId, function: &str, generation: u64) -> Cache {
    let cache = look_up(alias, function);
    let remember = |resolved: &RefCell<Vec<Resolved>>| {
        // Borrowed further up the stack, where a value's `Clone` calls a cached function: then not this time.
        let Ok(mut resolved) = resolved.try_borrow_mut() else { return None };
        if resolved.len() <= alias.0 {
            resolved.resize(alias.0 + 1, None);
        }
        resolved[alias.0].replace((generation, cache.clone()))
    };
    // What was there is dropped when the borrow has ended.
    drop(RESOLVED.try_with(remember));
    cache
}

#[cold]
fn look_up(alias: AliasId, function: &str) -> Cache {
    let alias = unpoisoned(REGISTRY.read()).aliases[alias.0].clone();
    cache(&alias).unwrap_or_else(|| {
        let known = aliases().join(", ");
        panic!(
            "`{function}` is cached in {alias:?}, but no cache is registered under that name: call \
             `easycache::register({alias:?}, cache)` before its first call (registered: {known})"
        )
    })
}
