//! Objects that belong to others.

use easycache::{Cache, CachedObject, scope};
use easycache_testkit::Log;
use serde::{Deserialize, Serialize};

use crate::support;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object("parents-shop:{id}", alias = "object-parents")]
struct Shop {
    id: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop)]
struct Goods {
    #[cached_object(id)]
    shop: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object("review:{id}", parent = Goods, parent_id = (shop, goods))]
struct Review {
    #[cached_object(id)]
    shop: u64,
    #[cached_object(id)]
    goods: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, CachedObject)]
#[cached_object("parents-user:{id}", cache = users(), local)]
struct User {
    id: u64,
}

#[derive(Clone, CachedObject)]
#[cached_object(parent = User, parent_id = user, local)]
struct Session<T> {
    #[cached_object(id)]
    user: u64,
    #[cached_object(id)]
    id: u64,
    state: T,
}

fn users() -> &'static Cache {
    static USERS: std::sync::LazyLock<Cache> = std::sync::LazyLock::new(support::cache);
    &USERS
}

#[test]
fn what_belongs_to_an_object_is_in_its_cache_and_deleted_with_it() {
    let cache = support::cache();
    scope("object-parents", cache.clone()).run(|| {
        let (shops, goods, reviews) = (Shop::blocking(), Goods::blocking(), Review::blocking());
        shops.cache_set(&Shop { id: 1 }).unwrap();
        goods.cache_set(&Goods { shop: 1, id: 2 }).unwrap();
        reviews.cache_set(&Review { shop: 1, goods: 2, id: 3 }).unwrap();
        assert_eq!(cache.stats().entries, 3);
        assert!(reviews.cache_get(&(1, 2, 3)).unwrap().is_some());
        shops.cache_delete_by_id(&1).unwrap();
        assert_eq!((goods.cache_get(&(1, 2)).unwrap(), reviews.cache_get(&(1, 2, 3)).unwrap()), (None, None));
    });
}

#[test]
fn the_cache_that_a_parent_gives_is_that_of_its_children() {
    let sessions = Session::<u32>::blocking();
    sessions.cache_set(&Session { user: 1, id: 2, state: 3 }).unwrap();
    assert_eq!((users().stats().entries, sessions.cache_get(&(1, 2)).unwrap().unwrap().state), (1, 3));
    User::blocking().cache_delete_by_id(&1).unwrap();
    assert!(sessions.cache_get(&(1, 2)).unwrap().is_none());
}

#[test]
fn what_belongs_to_an_object_is_told_of_under_the_name_of_its_cache() {
    let log = Log::default();
    let load = |(shop, goods, id)| Ok::<_, String>(Some(Review { shop, goods, id }));
    scope("object-parents", support::cache()).run(|| {
        let _listening = log.listen();
        Review::blocking().find_or_load((1, 2, 3), load).unwrap();
    });
    let told = log.lines().into_iter().filter(|line| line.contains("Review")).collect::<Vec<_>>();
    assert!(!told.is_empty() && told.iter().all(|line| line.contains("cache=\"object-parents\"")), "{told:?}");
}
