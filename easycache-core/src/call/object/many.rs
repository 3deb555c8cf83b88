//! Many objects at once: what is there in one step, and the rest loaded together.

use std::{collections::HashMap, hash::Hash};

use crate::{
    CachedObject,
    batch::{Batch, Drive},
    cache::{Cache, Invalidated, Targets, Verb},
    error::Result,
    flight::Caller,
    object::LoadsWith,
};

use super::{
    super::{Each, Fallible, Found, Mode, Whole, compute_each},
    entry, keep, look_for, prefix,
};

/// Stores objects: on a backend with one question of each kind for all of them.
pub(crate) async fn set_many<T: CachedObject>(objects: &[T], blocking: bool) -> Result<()> {
    let batch = Batch::of_elements(blocking, false);
    let store = |object: &T| entry::<T>(&object.cache_id()).keep_among(&batch, &Some(object.clone()));
    let storing = objects.iter().map(store).collect::<Vec<_>>();
    Drive::new(batch, storing).run().await.into_iter().try_for_each(|stored| stored.map(drop))
}

/// Invalidates objects, and what is below them.
pub(crate) async fn delete_many<T: CachedObject>(ids: &[T::Id], caller: Caller) -> Result<Invalidated> {
    let cache = T::cache(|cache| T::site().with_cache(cache, Cache::clone));
    let targets = ids.iter().fold(Targets::new(), |targets, id| targets.prefix(prefix::<T>(id)));
    cache.core().outdate(&targets, Verb::Invalidate, caller).await
}

/// The objects of these ids, in their order.
pub(crate) async fn find_or_load_many<T, E, L, Fut>(
    ids: Vec<T::Id>,
    blocking: bool,
    mut load: impl FnMut(Vec<T::Id>) -> Fut,
) -> Result<Vec<Option<T>>, E>
where
    T: LoadsWith<E, Id: Eq + Hash>,
    E: 'static,
    L: IntoIterator<Item = T>,
    Fut: Future<Output = Result<L, E>>,
{
    let (outcome, shape) = (Fallible::<HashMap<T::Id, Option<T>>, E>::NEW, T::shape(Whole::NEW));
    let mut each = Each::new(&outcome, blocking, &Mode::Read);
    for id in ids.iter().cloned() {
        match look_for(&id, each.mode(), &shape) {
            Found::Hit(found) => each.hit(id, found),
            Found::Miss(miss) => each.miss(id, miss, keep::<T>),
        }
    }
    let load = |missing: Vec<T::Id>| {
        let (asked, loading) = (missing.clone(), load(missing));
        async move { Ok(by_id(asked, loading.await?)) }
    };
    let found = compute_each(each, outcome, T::fail(), shape, load).await?;
    Ok(ids.iter().map(|id| found.get(id).cloned().flatten()).collect())
}

/// Which object is whose: of those that were asked for, and of no others.
fn by_id<T: CachedObject<Id: Eq + Hash>>(
    asked: Vec<T::Id>,
    loaded: impl IntoIterator<Item = T>,
) -> HashMap<T::Id, Option<T>> {
    let mut found = asked.into_iter().map(|id| (id, None)).collect::<HashMap<_, _>>();
    for object in loaded {
        if let Some(place) = found.get_mut(&object.cache_id()) {
            *place = Some(object);
        }
    }
    found
}
