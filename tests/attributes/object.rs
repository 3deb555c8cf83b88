//! `#[derive(CachedObject)]`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use easycache::{Cache, CachedObject, bypass, ecached, no_store_scope, scope};
use easycache_testkit::{CountingBackend, MemoryBackend, Method};
use serde::{Deserialize, Serialize};

use crate::support::{Calls, cache};

mod many;
mod names;
mod parents;
mod policies;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
#[cached_object("object-shop:{id}", ttl = "1h", tags = ["object-shops"], alias = "object")]
struct Shop {
    id: u64,
    name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop_id, tags_from = |value| [format!("kind:{}", value.kind)])]
struct Goods {
    #[cached_object(id)]
    shop_id: u64,
    #[cached_object(id)]
    id: u64,
    kind: String,
}

#[ecached("rating", prefix = "object-shop:{id}", alias = "object")]
async fn rating(id: u64, now: u32) -> u32 {
    let _ = id;
    now
}

fn shop(id: u64) -> Shop {
    Shop { id, name: format!("shop {id}") }
}

fn goods(shop_id: u64, id: u64) -> Goods {
    Goods { shop_id, id, kind: "tea".to_owned() }
}

async fn load(calls: &Calls, id: u64) -> Result<Option<Shop>, String> {
    match (calls.count(), id) {
        (_, 0) => Err("no zero".to_owned()),
        (_, 404) => Ok(None),
        _ => Ok(Some(shop(id))),
    }
}

/// In process, and on a backend.
fn places() -> [Cache; 2] {
    [Cache::builder(), Cache::builder().backend(MemoryBackend::new())].map(|cache| cache.build().unwrap())
}

/// Runs a test on each of them.
async fn everywhere(test: impl AsyncFn(&Cache)) {
    for cache in places() {
        scope("object", cache.clone()).run_async(test(&cache)).await;
    }
}

#[tokio::test]
async fn an_object_is_stored_under_its_id_and_found_by_it() {
    everywhere(async |_| {
        assert_eq!(Shop::cache_get(&1).await.unwrap(), None);
        shop(1).cache_set().await.unwrap();
        assert_eq!(Shop::cache_get(&1).await.unwrap(), Some(shop(1)));
        assert_eq!(Shop::cache_get(&1).await.unwrap(), Some(shop(1)), "by the id as it is, too");
        assert_eq!(Shop::cache_get(&2).await.unwrap(), None);
        shop(3).cache_set().await.unwrap();
        assert_eq!(Shop::cache_get_many(&[3, 2, 1]).await.unwrap(), [Some(shop(3)), None, Some(shop(1))]);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_object_is_gone_with_all_that_is_below_it_and_nothing_else() {
    everywhere(async |_| {
        for id in [1, 2] {
            shop(id).cache_set().await.unwrap();
            goods(id, 7).cache_set().await.unwrap();
            assert_eq!(rating(id, 1).await, 1);
        }
        let gone = shop(1).cache_delete().await.unwrap();
        assert_eq!((gone.names, gone.known), (1, 1), "one name for all of it");
        assert_eq!(Shop::cache_get(&1).await.unwrap(), None);
        assert_eq!(Goods::cache_get(&(1, 7)).await.unwrap(), None);
        assert_eq!(rating(1, 2).await, 2);
        assert_eq!(Shop::cache_get(&2).await.unwrap(), Some(shop(2)));
        assert_eq!(Goods::cache_get(&(2, 7)).await.unwrap(), Some(goods(2, 7)));
        assert_eq!(rating(2, 2).await, 1);
        goods(2, 7).cache_delete().await.unwrap();
        assert_eq!(Goods::cache_get(&(2, 7)).await.unwrap(), None);
        assert_eq!(Shop::cache_get(&2).await.unwrap(), Some(shop(2)), "a child takes nothing with it");
        Shop::cache_delete_by_id(&2).await.unwrap();
        assert_eq!(Shop::cache_get(&2).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_reset_object_is_there_anew_and_what_was_below_it_is_gone() {
    everywhere(async |_| {
        let mut shop = shop(1);
        shop.cache_set().await.unwrap();
        goods(1, 7).cache_set().await.unwrap();
        shop.name = "corner".to_owned();
        shop.cache_reset().await.unwrap();
        assert_eq!(Shop::cache_get(&1).await.unwrap().unwrap().name, "corner");
        assert_eq!(Goods::cache_get(&(1, 7)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn its_tags_invalidate_it_those_of_its_id_and_those_of_itself() {
    everywhere(async |cache| {
        shop(1).cache_set().await.unwrap();
        goods(1, 7).cache_set().await.unwrap();
        cache.invalidate_tags(["object-shops"]).await.unwrap();
        assert_eq!(Shop::cache_get(&1).await.unwrap(), None);
        assert!(Goods::cache_get(&(1, 7)).await.unwrap().is_some());
        cache.invalidate_tags(["kind:tea"]).await.unwrap();
        assert_eq!(Goods::cache_get(&(1, 7)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_loaded_once_and_errors_pass_through() {
    everywhere(async |_| {
        let calls = Calls::new();
        let find = async |id| Shop::find_or_load(id, |id| load(&calls, id)).await;
        assert_eq!((find(1).await, find(1).await, calls.so_far()), (Ok(Some(shop(1))), Ok(Some(shop(1))), 1));
        assert_eq!((find(0).await, find(0).await, calls.so_far()), (Err("no zero".into()), Err("no zero".into()), 3));
        assert_eq!(
            (find(404).await, find(404).await, calls.so_far()),
            (Ok(None), Ok(None), 4),
            "also that there is none"
        );
        shop(404).cache_reset().await.unwrap();
        assert_eq!(find(404).await, Ok(Some(shop(404))));
        let both = tokio::join!(find(5), find(5));
        assert_eq!((both, calls.so_far()), ((Ok(Some(shop(5))), Ok(Some(shop(5)))), 5), "one load for both");
    })
    .await;
}

#[tokio::test]
async fn many_are_read_together_and_what_is_missing_is_loaded_together() {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let asked = Mutex::new(Vec::new());
    let find = async |ids: &[u64]| {
        Shop::find_or_load_many(ids.iter().copied(), |missing| {
            asked.lock().unwrap().push(missing.clone());
            // In no order, with one that nobody has asked for.
            async move { Ok::<_, String>(missing.into_iter().rev().filter(|id| *id != 404).chain([9]).map(shop)) }
        })
        .await
        .unwrap()
    };
    let test = async {
        shop(2).cache_set().await.unwrap();
        let _ = backend.take();
        assert_eq!(find(&[3, 2, 404, 1, 3]).await, [Some(shop(3)), Some(shop(2)), None, Some(shop(1)), Some(shop(3))]);
        assert_eq!(backend.take().methods(), [Method::Read, Method::Acquire, Method::Fill]);
        assert_eq!(*asked.lock().unwrap(), [[3, 404, 1]]);
        assert_eq!(find(&[1, 404]).await, [Some(shop(1)), None]);
        assert_eq!(backend.take().methods(), [Method::Read]);
        assert_eq!(Shop::find_or_load(3, async |_| Err("it is there")).await, Ok(Some(shop(3))), "the same entries");
        assert_eq!(Shop::cache_get(&9).await.unwrap(), None, "nobody has asked for it");
        let _ = backend.take();
        Shop::cache_get_many(&[1, 2, 3]).await.unwrap();
        assert_eq!(backend.take().methods(), [Method::Read]);
        Shop::cache_delete_by_id(&1).await.unwrap();
        assert_eq!(backend.take().methods(), [Method::Invalidate]);
    };
    scope("object", cache).run_async(test).await;
}

#[tokio::test]
async fn what_began_to_load_before_a_deletion_is_not_stored() {
    everywhere(async |_| {
        for delete in [true, false] {
            let loaded = Shop::find_or_load(1, async |id| {
                if delete {
                    Shop::cache_delete_by_id(&id).await.map_err(|error| error.to_string())?;
                } else {
                    Shop { id, name: "new".to_owned() }.cache_reset().await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(Some(shop(id)))
            });
            assert_eq!(loaded.await, Ok(Some(shop(1))));
            let expected = (!delete).then(|| "new".to_owned());
            assert_eq!(Shop::cache_get(&1).await.unwrap().map(|shop| shop.name), expected);
        }
        let child = Goods::find_or_load((2, 7), async |(shop, id)| {
            Shop::cache_delete_by_id(&shop).await.map_err(|error| error.to_string())?;
            Ok::<_, String>(Some(goods(shop, id)))
        });
        assert_eq!(child.await, Ok(Some(goods(2, 7))));
        assert_eq!(Goods::cache_get(&(2, 7)).await.unwrap(), None, "its parent was deleted meanwhile");
    })
    .await;
}

#[test]
fn callers_that_are_not_async_have_the_same() {
    for cache in places() {
        scope("object", cache).run(|| {
            let (shops, calls) = (Shop::blocking(), Calls::new());
            shops.cache_set(&shop(1)).unwrap();
            assert_eq!(shops.cache_get_many(&[1, 2]).unwrap(), [Some(shop(1)), None]);
            let load = |id| {
                calls.count();
                Ok::<_, String>(Some(shop(id)))
            };
            assert_eq!(shops.find_or_load(1, load), Ok(Some(shop(1))));
            assert_eq!(shops.find_or_load(2, load), Ok(Some(shop(2))));
            assert_eq!(shops.find_or_refresh(3, |id| Ok::<_, String>(Some(shop(id)))), Ok(Some(shop(3))));
            let many = shops.find_or_load_many([2, 4], |ids| Ok::<_, String>(ids.into_iter().map(shop)));
            assert_eq!((many, calls.so_far()), (Ok(vec![Some(shop(2)), Some(shop(4))]), 1));
            shops.cache_reset(&shop(4)).unwrap();
            shops.cache_delete(&shop(1)).unwrap();
            shops.cache_delete_by_id(&2).unwrap();
            assert_eq!((shops.cache_get(&1).unwrap(), shops.cache_get(&2).unwrap()), (None, None));
            assert_eq!(shops.cache_entry(&4).peek().unwrap(), Some(Some(shop(4))));
        });
    }
}

#[tokio::test]
async fn scopes_without_caching_reach_objects() {
    everywhere(async |_| {
        no_store_scope(async { shop(1).cache_set().await.unwrap() }).await;
        assert_eq!(Shop::cache_get(&1).await.unwrap(), None);
        shop(1).cache_set().await.unwrap();
        assert_eq!(bypass(async { Shop::cache_get(&1).await.unwrap() }).await, None);
        let loaded = bypass(Shop::find_or_load(1, async |id| Ok::<_, String>(Some(Shop { id, name: "raw".into() }))));
        assert_eq!(loaded.await.unwrap().unwrap().name, "raw");
        assert_eq!(Shop::cache_get(&1).await.unwrap(), Some(shop(1)));
    })
    .await;
}

#[tokio::test]
async fn futures_are_send_and_loaders_may_borrow() {
    let database = HashMap::from([(1_u64, "Ann's".to_owned())]);
    let cache = cache();
    let found = tokio::spawn(scope("object", cache.clone()).run_async(async move {
        let load = async |id: u64| Ok::<_, String>(database.get(&id).map(|name| Shop { id, name: name.clone() }));
        let found = Shop::find_or_load(1, load).await?;
        shop(2).cache_reset().await.map_err(|error| error.to_string())?;
        let many = Shop::find_or_load_many([1, 2], async |_| Ok::<Vec<_>, String>(Vec::new())).await?;
        Ok::<_, String>((found, many.len()))
    }));
    assert_eq!(found.await.unwrap(), Ok((Some(Shop { id: 1, name: "Ann's".to_owned() }), 2)));
}
