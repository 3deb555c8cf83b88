//! Cached objects for callers that are not async.

use std::{fmt, future::ready, hash::Hash, marker::PhantomData};

use crate::{
    cache::Invalidated,
    call::{BlockingEntry, object},
    error::Result,
    flight::{Caller, block_on},
};

use super::{CachedObject, LoadsWith};

/// The operations of [`CachedObject`] for callers that are not async, from [`CachedObject::blocking`].
pub struct BlockingObjects<T>(PhantomData<fn() -> T>);

impl<T> BlockingObjects<T> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: CachedObject> BlockingObjects<T> {
    /// See [`CachedObject::cache_entry`].
    #[must_use]
    pub fn cache_entry(&self, id: &T::Id) -> BlockingEntry<'static, Option<T>> {
        object::entry::<T>(id)
    }

    /// See [`CachedObject::cache_get`].
    pub fn cache_get(&self, id: &T::Id) -> Result<Option<T>> {
        block_on(object::get(id, Caller::Sync))
    }

    /// See [`CachedObject::cache_get_many`].
    pub fn cache_get_many(&self, ids: &[T::Id]) -> Result<Vec<Option<T>>> {
        block_on(object::get_many(ids, Caller::Sync))
    }

    /// See [`CachedObject::cache_set`].
    pub fn cache_set(&self, object: &T) -> Result<()> {
        block_on(object::set(object, Caller::Sync))
    }

    /// See [`CachedObject::cache_set_many`].
    pub fn cache_set_many(&self, objects: &[T]) -> Result<()> {
        block_on(object::set_many(objects, true))
    }

    /// See [`CachedObject::cache_delete`].
    pub fn cache_delete(&self, object: &T) -> Result<Invalidated> {
        self.cache_delete_by_id(&object.cache_id())
    }

    /// See [`CachedObject::cache_delete_by_id`].
    pub fn cache_delete_by_id(&self, id: &T::Id) -> Result<Invalidated> {
        block_on(object::delete::<T>(id, Caller::Sync))
    }

    /// See [`CachedObject::cache_delete_many`].
    pub fn cache_delete_many(&self, ids: &[T::Id]) -> Result<Invalidated> {
        block_on(object::delete_many::<T>(ids, Caller::Sync))
    }

    /// See [`CachedObject::cache_reset`].
    pub fn cache_reset(&self, object: &T) -> Result<()> {
        block_on(object::reset(object, Caller::Sync))
    }

    /// See [`CachedObject::find_or_load`].
    pub fn find_or_load<E>(&self, id: T::Id, load: impl FnOnce(T::Id) -> Result<Option<T>, E>) -> Result<Option<T>, E>
    where
        T: LoadsWith<E>,
        E: 'static,
    {
        object::find_or_load_blocking(id, load)
    }

    /// See [`CachedObject::find_or_refresh`].
    pub fn find_or_refresh<E>(
        &self,
        id: T::Id,
        load: impl FnOnce(T::Id) -> Result<Option<T>, E> + Send + 'static,
    ) -> Result<Option<T>, E>
    where
        T: LoadsWith<E>,
        E: Send + 'static,
    {
        object::find_or_refresh_blocking(id, load)
    }

    /// See [`CachedObject::find_or_load_many`].
    pub fn find_or_load_many<E, L>(
        &self,
        ids: impl IntoIterator<Item = T::Id>,
        mut load: impl FnMut(Vec<T::Id>) -> Result<L, E>,
    ) -> Result<Vec<Option<T>>, E>
    where
        T: LoadsWith<E, Id: Eq + Hash>,
        E: 'static,
        L: IntoIterator<Item = T>,
    {
        block_on(object::find_or_load_many(ids.into_iter().collect(), true, |missing| ready(load(missing))))
    }
}

impl<T> Clone for BlockingObjects<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for BlockingObjects<T> {}

impl<T> fmt::Debug for BlockingObjects<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockingObjects")
    }
}
