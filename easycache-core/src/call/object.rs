//! Objects with a key of their own: what `#[derive(CachedObject)]` collects, and each operation on them.
//!
//! An object lies below a prefix that nothing else is named by, together with whatever belongs to it: so that one step
//! invalidates all of it. All that is stored is an `Option`, for that an object does not exist may be worth knowing, too.

mod many;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cache::{Cache, Call, Invalidated, Verb},
    error::{Error, Result},
    flight::Caller,
    object::{CachedObject, LoadsWith},
};

pub(crate) use self::many::{delete_many, find_or_load_many, set_many};
use super::{
    Args, BlockingEntry, Fallible, Found, Keep, Mode, Names, Outcome, Shape, Site, Ttl, What, Whole, compute,
    compute_behind, compute_blocking, compute_blocking_behind, entry as entry_of, find, invalidation, portable, run,
};

/// What the derive collects of a type.
pub trait Model: Sized {
    /// What becomes of an error of the cache: [`LoadsInTrouble`], or [`FailsInTrouble`].
    type Trouble;

    /// What is the same for all objects.
    fn site() -> &'static Site;

    /// Calls `ask` with the cache that the attribute gives, if it gives one.
    fn cache<R>(ask: impl FnOnce(Option<&Cache>) -> R) -> R;

    /// Takes down the id.
    fn args(id: &<Self as CachedObject>::Id, args: &mut Args)
    where
        Self: CachedObject;

    /// Takes down the names: as key the level that is the object's own, as prefix what is above it.
    fn names(id: &<Self as CachedObject>::Id, names: &mut Names)
    where
        Self: CachedObject;

    /// How objects are kept.
    fn shape<O: Outcome<Stored = Option<Self>>>(outcome: O) -> Shape<O>;

    /// How long objects are kept.
    fn ttl() -> Ttl;

    /// What an object says about being stored.
    fn keep(&self, keep: &mut Keep);

    /// What is said about storing that there is none.
    fn none(keep: &mut Keep);
}

/// What becomes of an error of the cache, where loaders fail with an `E`.
pub trait Trouble<E> {
    /// What is returned; none if it is loaded.
    fn fail<V>() -> Option<fn(Error) -> Result<V, E>>;
}

/// The object is loaded.
#[derive(Debug)]
pub enum LoadsInTrouble {}

impl<E> Trouble<E> for LoadsInTrouble {
    fn fail<V>() -> Option<fn(Error) -> Result<V, E>> {
        None
    }
}

/// The error is returned.
#[derive(Debug)]
pub enum FailsInTrouble {}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> Trouble<E> for FailsInTrouble {
    fn fail<V>() -> Option<fn(Error) -> Result<V, E>> {
        Some(|error| Err(error.into()))
    }
}

/// An object that can be kept outside of this process.
#[diagnostic::on_unimplemented(
    message = "objects of `{Self}` cannot be cached outside of this process: it must be `Serialize + DeserializeOwned`",
    label = "not `Serialize + DeserializeOwned`",
    note = "derive `serde::Serialize` and `serde::Deserialize`, or say `#[cached_object(local)]` to keep objects in this process only, without serde"
)]
pub trait PortableObject: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> PortableObject for T {}

/// The shape of objects that every cache can keep.
#[must_use]
pub const fn portable_object<T: CachedObject + PortableObject, O: Outcome<Stored = Option<T>>>(outcome: O) -> Shape<O> {
    portable(outcome)
}

/// Takes down the names that an object is stored under.
fn name<T: CachedObject>(id: &T::Id, names: &mut Names) {
    T::names(id, names);
    names.nest();
}

#[expect(clippy::ref_option, reason = "this is what is stored")]
fn keep<T: CachedObject>(stored: &Option<T>, keep: &mut Keep) {
    match stored {
        Some(object) => object.keep(keep),
        None => T::none(keep),
    }
}

/// The prefix that is the object's own.
pub(crate) fn prefix<T: CachedObject>(id: &T::Id) -> String {
    Names::collect(|names| name::<T>(id, names)).into_prefix().unwrap_or_default()
}

/// The entry of an object.
pub(crate) fn entry<T: CachedObject>(id: &T::Id) -> BlockingEntry<'static, Option<T>> {
    let shape = T::shape(Whole::NEW);
    T::cache(|cache| entry_of(T::site(), cache, shape, T::ttl(), |names| name::<T>(id, names), keep::<T>))
}

/// An object that is there.
pub(crate) async fn get<T: CachedObject>(id: &T::Id, caller: Caller) -> Result<Option<T>> {
    if let Some(words) = run::words_to_look_up(&arguments::<T>(id))
        && let Some(found) = T::cache(|cache| T::site().with_cache(cache, |cache| cache.core().by_arguments(words)))
    {
        T::site().count_hit();
        return Ok(found);
    }
    Ok(get_many(std::slice::from_ref(id), caller).await?.pop().flatten())
}

/// Objects that are there: those of a backend in one round trip.
pub(crate) async fn get_many<T: CachedObject>(ids: &[T::Id], caller: Caller) -> Result<Vec<Option<T>>> {
    let cache = T::cache(|cache| T::site().with_cache(cache, Cache::clone));
    let calls = ids.iter().map(|id| call::<T>(&cache, id)).collect::<Result<Vec<_>>>()?;
    let found = cache.core().look_up_many(calls, caller, T::shape(Whole::<Option<T>>::NEW).form).await?;
    Ok(found.into_iter().map(Option::flatten).collect())
}

fn arguments<T: CachedObject>(id: &T::Id) -> Args {
    let mut arguments = Args::new(T::site());
    T::args(id, &mut arguments);
    arguments
}

fn call<T: CachedObject>(cache: &Cache, id: &T::Id) -> Result<Call> {
    let identity = Names::collect(|names| name::<T>(id, names)).identity()?;
    Ok(run::call_of::<Whole<Option<T>>>(T::site(), cache, identity, &arguments::<T>(id)))
}

/// Stores an object.
pub(crate) async fn set<T: CachedObject>(object: &T, caller: Caller) -> Result<()> {
    let stored = entry::<T>(&object.cache_id()).keep(&Some(object.clone()), caller)?;
    stored.await.map(drop)
}

/// Invalidates an object, and what is below it: its prefix, which is one name.
pub(crate) async fn delete<T: CachedObject>(id: &T::Id, caller: Caller) -> Result<Invalidated> {
    let named =
        |cache: Option<&Cache>| invalidation::prepare(T::site(), cache, What::Prefix, |names| name::<T>(id, names));
    let (cache, targets) = T::cache(named);
    cache.core().outdate(&targets, Verb::Invalidate, caller).await
}

/// Invalidates it, and stores it anew.
pub(crate) async fn reset<T: CachedObject>(object: &T, caller: Caller) -> Result<()> {
    delete::<T>(&object.cache_id(), caller).await?;
    set(object, caller).await
}

/// What a loader returns.
type Loaded<T, E> = Result<Option<T>, E>;

/// The object of that id, or what loads it: in the foreground, for callers who wait.
pub(crate) async fn find_or_load<T, E, Fut>(id: T::Id, load: impl FnOnce(T::Id) -> Fut) -> Loaded<T, E>
where
    T: LoadsWith<E>,
    E: 'static,
    Fut: Future<Output = Loaded<T, E>>,
{
    match look_for(&id, Mode::Read, &shape()) {
        Found::Hit(found) => found,
        Found::Miss(miss) => compute(miss, shape(), async { load(id).await }, keep::<T>).await,
    }
}

/// The same for callers that are not async.
pub(crate) fn find_or_load_blocking<T, E>(id: T::Id, load: impl FnOnce(T::Id) -> Loaded<T, E>) -> Loaded<T, E>
where
    T: LoadsWith<E>,
    E: 'static,
{
    match look_for(&id, Mode::Read, &shape()) {
        Found::Hit(found) => found,
        Found::Miss(miss) => compute_blocking(miss, shape(), || load(id), keep::<T>),
    }
}

/// The object of that id, or what loads it: in the background, where an expired one can be served.
pub(crate) async fn find_or_refresh<T, E, Fut>(
    id: T::Id,
    load: impl FnOnce(T::Id) -> Fut + Send + 'static,
) -> Loaded<T, E>
where
    T: LoadsWith<E>,
    E: Send + 'static,
    Fut: Future<Output = Loaded<T, E>> + Send + 'static,
{
    match look_for(&id, Mode::Read, &shape()) {
        Found::Hit(found) => found,
        Found::Miss(miss) => compute_behind(miss, shape(), async { load(id).await }, keep::<T>).await,
    }
}

/// The same for callers that are not async.
pub(crate) fn find_or_refresh_blocking<T, E>(
    id: T::Id,
    load: impl FnOnce(T::Id) -> Loaded<T, E> + Send + 'static,
) -> Loaded<T, E>
where
    T: LoadsWith<E>,
    E: Send + 'static,
{
    match look_for(&id, Mode::Read, &shape()) {
        Found::Hit(found) => found,
        Found::Miss(miss) => compute_blocking_behind(miss, shape(), || load(id), keep::<T>),
    }
}

/// The shape of what a loader returns.
fn shape<T: LoadsWith<E>, E: 'static>() -> Shape<Fallible<Option<T>, E>> {
    Shape { fail: T::fail(), ..T::shape(Fallible::NEW) }
}

fn look_for<T, O>(id: &T::Id, mode: Mode, shape: &Shape<O>) -> Found<O::Returned>
where
    T: CachedObject,
    O: Outcome<Stored = Option<T>>,
{
    let (args, names) = (|args: &mut Args| T::args(id, args), |names: &mut Names| name::<T>(id, names));
    match (T::cache(|cache| find(T::site(), mode, cache, shape, args, names)), T::ttl()) {
        (Found::Miss(miss), Ttl(Some(ttl))) => Found::Miss(miss.ttl(ttl)),
        (found, _) => found,
    }
}
