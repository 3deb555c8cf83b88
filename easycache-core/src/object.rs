//! Objects that are cached under a key of their own.

mod blocking;

use std::{future::Future, hash::Hash};

use crate::{
    cache::Invalidated,
    call::{Entry, Model, object},
    error::{Error, Result},
    flight::Caller,
    value::LocalValue,
};

pub use self::blocking::BlockingObjects;

/// A type whose objects are cached under a key of their own. Derive it, and say which field is the id:
/// `#[derive(CachedObject)]`, whose documentation has an example and all that can be said.
///
/// An object lies below a prefix that is its own, `shop:42` say; so does whatever belongs to it: objects that name it as
/// their parent, which are in its cache, and functions with `prefix = "shop:{id}"` and the same cache, in this process and in
/// others. [`cache_delete`](Self::cache_delete) invalidates that prefix: in one step, and one round trip, the object is gone
/// with all of it.
///
/// # After a change
///
/// Change your data first; and after the commit
///
/// * [`cache_delete`](Self::cache_delete) keeps the promise, whoever else changes the object at the same time: once it has
///   returned, no later read is answered with data from before it, nor is anything stored that was loaded before it. The next
///   reader loads what is there by then. If in doubt, take this.
/// * [`cache_reset`](Self::cache_reset) does that, and stores the object that you have: no later read is answered with what was
///   there before. Right where nobody else can have changed the object since you have read it, such as while you hold its lock:
///   your copy is stored whatever its age.
/// * [`cache_set`](Self::cache_set) alone only replaces the object, and leaves alone what is below it. It is for what is new to
///   the cache, such as an object just read from a list; not for what follows a change. Two that change an object and store
///   their copies may do so in the other order; and it is `Ok`, too, where somebody else has stored or invalidated in between:
///   then theirs counts.
///
/// To insert an object is a change, too. Somebody may have looked for it before: then it is stored that there is none, as long
/// as an object is, and [`find_or_load`](Self::find_or_load) answers `None` until then. Call
/// [`cache_delete`](Self::cache_delete) after the commit, or [`cache_set`](Self::cache_set) where nobody else can have changed
/// the object yet; or let the attribute say for how long it is stored that there is none: `cache_none = "5s"`, or `false`.
///
/// # Errors
///
/// Unlike [`find_or_load`](Self::find_or_load), which loads then, all others fail if the backend is in trouble, or if the name
/// of the object cannot be used: an id that is empty text, say.
pub trait CachedObject: LocalValue + Model {
    /// What tells one object from the others: the type of the field that is the id, or a tuple of several in their order.
    type Id: Clone + Send + Sync + 'static;

    /// The id of this object.
    fn cache_id(&self) -> Self::Id;

    /// The prefix that is the object's own, as [`Targets::prefix`](crate::Targets::prefix) and others take it: `shop:42`, below
    /// the one of its parent if it has one. A function is below it that says the same as a template: `prefix = "shop:{id}"`.
    #[must_use]
    fn cache_prefix(id: &Self::Id) -> String {
        object::prefix::<Self>(id)
    }

    /// A handle to the entry of an object: its key, its tags, and why it would be a hit or a miss. What is stored is an
    /// `Option`: that there is no such object may be stored, too.
    #[must_use]
    fn cache_entry(id: &Self::Id) -> Entry<'static, Option<Self>> {
        object::entry::<Self>(id).into()
    }

    /// The object, if it is cached. `None` says no more than that it is not.
    fn cache_get(id: &Self::Id) -> impl Future<Output = Result<Option<Self>>> + Send {
        object::get(id, Caller::Async)
    }

    /// The objects of these ids, in their order, as far as they are cached: on a backend in one round trip.
    fn cache_get_many(ids: &[Self::Id]) -> impl Future<Output = Result<Vec<Option<Self>>>> + Send {
        object::get_many(ids, Caller::Async)
    }

    /// Stores this object in the place of what is there. Which of [the three](Self#after-a-change) to call after a change is
    /// told above.
    fn cache_set(&self) -> impl Future<Output = Result<()>> + Send {
        object::set(self, Caller::Async)
    }

    /// [`cache_set`](Self::cache_set) of many: on a backend in few round trips, however many they are. The first error among them
    /// does not keep the others from being stored.
    fn cache_set_many(objects: &[Self]) -> impl Future<Output = Result<()>> + Send {
        object::set_many(objects, false)
    }

    /// Invalidates this object and everything below its prefix.
    fn cache_delete(&self) -> impl Future<Output = Result<Invalidated>> + Send {
        async { object::delete::<Self>(&self.cache_id(), Caller::Async).await }
    }

    /// [`cache_delete`](Self::cache_delete) where only the id is at hand.
    fn cache_delete_by_id(id: &Self::Id) -> impl Future<Output = Result<Invalidated>> + Send {
        object::delete::<Self>(id, Caller::Async)
    }

    /// [`cache_delete`](Self::cache_delete) of many by their ids: on a backend in one round trip. If the name of one of them
    /// cannot be used, nothing is done.
    fn cache_delete_many(ids: &[Self::Id]) -> impl Future<Output = Result<Invalidated>> + Send {
        object::delete_many::<Self>(ids, Caller::Async)
    }

    /// Invalidates this object and everything below its prefix, and then stores it anew: what was there before is never served
    /// again. Somebody else's invalidation that comes between the two is not minded: whether yours is the copy to keep is for
    /// you to know, as [told above](Self#after-a-change).
    ///
    /// If it fails, invalidating has failed and nothing was stored; or storing has, and the object is not cached.
    fn cache_reset(&self) -> impl Future<Output = Result<()>> + Send {
        object::reset(self, Caller::Async)
    }

    /// The object, from the cache or else from `load`, and stored then. Callers of one id share one computation, and what was
    /// invalidated while it was loaded is not stored.
    ///
    /// `None` is what `load` says of an id that nobody has. It is stored like an object unless the attribute says otherwise
    /// (`cache_none`). An error is returned as it is, and neither stored nor shared. While the backend is in trouble, `load` is
    /// called; with `on_error = "fail"` the error of the cache is returned.
    ///
    /// Where an expired object may be served (`stale_while_revalidate`), one caller loads while it waits, and the others are
    /// served; [`find_or_refresh`](Self::find_or_refresh) lets nobody wait.
    fn find_or_load<E, Fut>(
        id: Self::Id,
        load: impl FnOnce(Self::Id) -> Fut,
    ) -> impl Future<Output = Result<Option<Self>, E>>
    where
        Self: LoadsWith<E>,
        E: 'static,
        Fut: Future<Output = Result<Option<Self>, E>>,
    {
        object::find_or_load(id, load)
    }

    /// [`find_or_load`](Self::find_or_load) for what borrows nothing: what `stale_while_revalidate` and `early_refresh` ask for is
    /// loaded in the background, on the caller's tokio runtime, or on a thread of ours where there is none.
    fn find_or_refresh<E, Fut>(
        id: Self::Id,
        load: impl FnOnce(Self::Id) -> Fut + Send + 'static,
    ) -> impl Future<Output = Result<Option<Self>, E>>
    where
        Self: LoadsWith<E>,
        E: Send + 'static,
        Fut: Future<Output = Result<Option<Self>, E>> + Send + 'static,
    {
        object::find_or_refresh(id, load)
    }

    /// The objects of these ids, in their order: what is cached in one round trip, and the rest from `load`.
    ///
    /// `load` gets the ids that are missing, each once, and returns their objects in any order: as a `Vec`, say. It is not called
    /// if none is missing, and more than once only if other callers were to load some of them and have failed. An id
    /// whose object is not among them is one that nobody has, which is stored as [`find_or_load`](Self::find_or_load) does.
    /// What nobody asked for is dropped.
    fn find_or_load_many<E, L, Fut>(
        ids: impl IntoIterator<Item = Self::Id>,
        load: impl FnMut(Vec<Self::Id>) -> Fut,
    ) -> impl Future<Output = Result<Vec<Option<Self>>, E>>
    where
        Self: LoadsWith<E>,
        Self::Id: Eq + Hash,
        E: 'static,
        L: IntoIterator<Item = Self>,
        Fut: Future<Output = Result<L, E>>,
    {
        object::find_or_load_many(ids.into_iter().collect(), false, load)
    }

    /// The same operations for callers that are not async: `Shop::blocking().cache_get(&42)`.
    #[must_use]
    fn blocking() -> BlockingObjects<Self> {
        BlockingObjects::new()
    }
}

/// Objects whose loader may fail with an `E`. That can be anything; where the attribute says `on_error = "fail"`, it has to
/// have a place for errors of the cache. Implemented for whatever fits.
#[diagnostic::on_unimplemented(
    message = "`on_error = \"fail\"` returns the cache's own errors, which `{E}` has no place for",
    label = "`{E}` is not `From<easycache::Error>`",
    note = "implement `From<easycache::Error>` for it, or leave `on_error` out: then the object is loaded while the cache is in trouble"
)]
pub trait LoadsWith<E>: CachedObject {
    /// What becomes of an error of the cache; none if it is loaded then.
    #[doc(hidden)]
    fn fail<V>() -> Option<fn(Error) -> Result<V, E>>;
}

#[diagnostic::do_not_recommend]
impl<T: CachedObject<Trouble: object::Trouble<E>>, E> LoadsWith<E> for T {
    fn fail<V>() -> Option<fn(Error) -> Result<V, E>> {
        <T::Trouble as object::Trouble<E>>::fail()
    }
}
