//! Many objects, stored and deleted.

use std::sync::Arc;

use easycache::{Cache, CachedObject, ErrorKind, scope};
use easycache_testkit::{CountingBackend, FailingBackend, MemoryBackend, Method, Side};
use serde::{Deserialize, Serialize};

use super::{Goods, Shop, everywhere, goods, shop};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object("{name}", alias = "object")]
struct Named {
    #[cached_object(id)]
    name: String,
}

#[tokio::test]
async fn many_are_stored_and_deleted_with_all_that_is_below_them() {
    everywhere(async |_| {
        for blocking in [false, true] {
            if blocking {
                Shop::blocking().cache_set_many(&[1, 2, 3].map(shop)).unwrap();
            } else {
                Shop::cache_set_many(&[1, 2, 3].map(shop)).await.unwrap();
            }
            Goods::cache_set_many(&[goods(1, 7), goods(3, 7)]).await.unwrap();
            let there = [Some(shop(1)), Some(shop(2)), Some(shop(3)), None];
            assert_eq!(Shop::cache_get_many(&[1, 2, 3, 4]).await.unwrap(), there);
            let gone = if blocking {
                Shop::blocking().cache_delete_many(&[1, 2, 4])
            } else {
                Shop::cache_delete_many(&[1, 2, 4]).await
            };
            assert_eq!(gone.unwrap().names, 3);
            assert_eq!(Shop::cache_get_many(&[1, 2, 3]).await.unwrap(), [None, None, Some(shop(3))]);
            assert_eq!(Goods::cache_get_many(&[(1, 7), (3, 7)]).await.unwrap(), [None, Some(goods(3, 7))]);
        }
        Shop::cache_set_many(&[]).await.unwrap();
        assert_eq!(Shop::cache_delete_many(&[]).await.unwrap().names, 0);
    })
    .await;
}

#[tokio::test]
async fn many_are_stored_and_deleted_in_few_round_trips() {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let shops = (0..100).map(shop).collect::<Vec<_>>();
    let test = async {
        Shop::cache_set_many(&shops).await.unwrap();
        assert_eq!(backend.take().methods(), [Method::Acquire, Method::Fill]);
        Shop::blocking().cache_set_many(&shops).unwrap();
        assert_eq!(backend.take().methods(), [Method::Acquire, Method::Fill]);
        let ids = shops.iter().map(|shop| shop.id).collect::<Vec<_>>();
        assert_eq!(Shop::cache_get_many(&ids).await.unwrap().into_iter().flatten().count(), 100);
        let _ = backend.take();
        Shop::cache_delete_many(&ids).await.unwrap();
        assert_eq!(backend.take().methods(), [Method::Invalidate]);
    };
    scope("object", cache).run_async(test).await;
}

#[tokio::test]
async fn one_that_cannot_be_named_is_an_error_and_the_others_are_stored() {
    everywhere(async |_| {
        let all = ["a", "", "b"].map(|name| Named { name: name.to_owned() });
        assert_eq!(Named::cache_set_many(&all).await.unwrap_err().kind(), ErrorKind::InvalidName);
        for (object, there) in all.iter().zip([true, false, true]) {
            assert_eq!(Named::cache_get(&object.name).await.ok().flatten().is_some(), there);
        }
        let ids = all.map(|object| object.name);
        assert_eq!(Named::cache_delete_many(&ids).await.unwrap_err().kind(), ErrorKind::InvalidName);
        assert!(Named::cache_get(&ids[0]).await.unwrap().is_some(), "nothing was done");
    })
    .await;
}

#[tokio::test]
async fn without_its_backend_many_are_neither_stored_nor_deleted() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    backend.fail(Side::Before);
    let cache = Cache::builder().backend(backend).build().unwrap();
    let test = async {
        Shop::cache_set_many(&[1, 2].map(shop)).await.unwrap_err();
        Shop::cache_delete_many(&[1, 2]).await.unwrap_err();
    };
    scope("object", cache).run_async(test).await;
}
