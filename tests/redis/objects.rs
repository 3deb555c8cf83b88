//! Cached objects, wherever values are kept, and several processes on one server.

use easycache::{Cache, CachedObject, ecached};
use easycache_testkit::{Sibling, server::RedisCluster};
use serde::{Deserialize, Serialize};

use crate::support::{Place, near_places, places};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
#[cached_object("shop:{id}", ttl = "1h", tags = ["shops"], alias = "shop")]
struct Shop {
    id: u64,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{number}", parent = Shop, parent_id = shop, ttl = "1h")]
struct Goods {
    #[cached_object(id)]
    shop: u64,
    #[cached_object(id)]
    number: u64,
}

#[ecached("rating", prefix = "shop:{shop}", ttl = "1h", alias = "shop")]
fn rating(shop: u64, now: u32) -> u32 {
    let _ = shop;
    now
}

fn shop(id: u64) -> Shop {
    Shop { id, name: "Ann's".to_owned() }
}

/// Stores a shop, and what belongs to it.
fn open(id: u64) {
    Shop::blocking().cache_set(&shop(id)).unwrap();
    Goods::blocking().cache_set(&Goods { shop: id, number: 7 }).unwrap();
    assert_eq!(rating(id, 1), 1);
}

fn close(id: u64) {
    Shop::blocking().cache_delete_by_id(&id).unwrap();
}

/// Whether a shop is there, and its goods, and its rating.
fn there(id: u64) -> [bool; 3] {
    let (shop, goods) = (Shop::blocking().cache_get(&id).unwrap(), Goods::blocking().cache_get(&(id, 7)).unwrap());
    [shop.is_some(), goods.is_some(), rating::entry(id, 0).peek().unwrap().is_some()]
}

fn run(cache: &Cache, test: impl FnOnce()) {
    easycache::scope("shop", cache.clone()).run(test);
}

#[test]
fn an_object_is_found_stored_and_deleted_with_its_children_wherever_values_are_kept() {
    for place in places().into_iter().chain(near_places()) {
        let elsewhere = place.another();
        run(&place.cache, || {
            [1, 2].into_iter().for_each(open);
            // Once more, as a near tier has it then.
            assert_eq!((there(1), there(1)), ([true; 3], [true; 3]), "{}", place.name);
        });
        run(&elsewhere, || {
            assert_eq!(there(1), [true; 3], "{}", place.name);
            let many =
                Shop::blocking().find_or_load_many([1, 3], |missing| Ok::<_, String>(missing.into_iter().map(shop)));
            assert_eq!(many.unwrap(), [Some(shop(1)), Some(shop(3))], "{}", place.name);
        });
        run(&place.cache, || {
            assert_eq!(Shop::blocking().cache_delete_by_id(&1).unwrap().names, 1);
            assert_eq!((there(1), there(2)), ([false; 3], [true; 3]), "{}", place.name);
            assert_eq!(Shop::blocking().cache_get(&3).unwrap(), Some(shop(3)), "{}", place.name);
            Shop::blocking().cache_reset(&Shop { id: 2, name: "Bob's".to_owned() }).unwrap();
            assert_eq!(Shop::blocking().cache_get(&2).unwrap().unwrap().name, "Bob's", "{}", place.name);
            assert_eq!(there(2), [true, false, false], "{}", place.name);
        });
    }
}

#[test]
fn an_object_that_was_being_loaded_when_another_process_deleted_it_is_not_stored() {
    for place in places() {
        let elsewhere = place.another();
        run(&place.cache, || {
            let loaded = Shop::blocking().find_or_load(1, |id| {
                run(&elsewhere, || close(id));
                Ok::<_, String>(Some(shop(id)))
            });
            assert_eq!(loaded, Ok(Some(shop(1))), "{}", place.name);
            assert_eq!(there(1), [false; 3], "{}", place.name);
            let loaded = Shop::blocking().find_or_load(1, |id| Ok::<_, String>(Some(shop(id))));
            assert_eq!((loaded, there(1)), (Ok(Some(shop(1))), [true, false, false]), "{}", place.name);
        });
    }
}

/// Another one's changes are seen by the next request; those of this process at once, with all that they are about.
#[test]
fn a_request_remembers_an_object_until_this_process_changes_it() {
    for place in places() {
        let url = place.url().map(str::to_owned);
        run(&place.cache, || {
            open(1);
            easycache::blocking::request_scope(|| {
                assert_eq!((there(1), there(1)), ([true; 3], [true; 3]), "{}", place.name);
                if let Some(url) = &url {
                    Sibling::start("objects::child", &format!("delete {url}")).join();
                    // Nobody remembers what was only peeked at.
                    assert_eq!(there(1), [true, true, false], "{}: they were read already", place.name);
                }
                Shop::blocking().cache_reset(&Shop { id: 1, name: "Bob's".to_owned() }).unwrap();
                let name = Shop::blocking().cache_get(&1).unwrap().map(|shop| shop.name);
                assert_eq!((name.as_deref(), there(1)), (Some("Bob's"), [true, false, false]), "{}", place.name);
                close(1);
                assert_eq!(there(1), [false; 3], "{}", place.name);
                let loaded = Shop::blocking().find_or_load(1, |id| Ok::<_, String>(Some(shop(id))));
                assert_eq!((loaded, there(1)), (Ok(Some(shop(1))), [true, false, false]), "{}", place.name);
            });
        });
    }
}

#[test]
fn what_one_process_has_stored_another_one_deletes_with_its_children() {
    for place in [Place::on_redis(), Place::on_memcached()].into_iter().flatten() {
        deleted_from_elsewhere(&place.cache, place.url().unwrap());
    }
    if let Some(cluster) = RedisCluster::start() {
        let url = format!("{}?deadline=20s&connect_timeout=20s", cluster.url());
        deleted_from_elsewhere(&easycache::blocking::connect(&url).unwrap(), &url);
    }
}

fn deleted_from_elsewhere(cache: &Cache, url: &str) {
    // One that stores, which has ended when another one deletes: a list of children in its memory would not help it.
    Sibling::start("objects::child", &format!("open {url}")).join();
    run(cache, || assert_eq!((there(1), there(2)), ([true; 3], [true; 3])));
    Sibling::start("objects::child", &format!("delete {url}")).join();
    run(cache, || assert_eq!((there(1), there(2)), ([false; 3], [true; 3])));
}

#[test]
#[ignore = "a process of the other tests, which start it"]
fn child() {
    let orders = Sibling::orders();
    let (order, url) = orders.split_once(' ').unwrap();
    let cache = easycache::blocking::connect(url).unwrap();
    run(&cache, || match order {
        "open" => [1, 2].into_iter().for_each(open),
        "delete" => close(1),
        other => panic!("nobody knows how to {other}"),
    });
}
