//! The same calls with the same answers, in process and on Redis.

use crate::{
    shop::{Book, Shop, book, book_async, list, title},
    support::{Calls, places},
};

#[test]
fn a_function_that_is_not_async_is_computed_once_and_hit_after_that() {
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 1), "{}", place.name);
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 1), "{}", place.name);
            assert_eq!(book(&calls, 1, 2, 4), Book::new(7, 2), "another key");
            assert_eq!(book(&calls, 2, 2, 3), Book::new(7, 3), "another prefix");
            assert_eq!(book(&calls, 1, 5, 3), Book::new(9, 4), "other tags");
            assert_eq!(calls.so_far(), 4);
        });
        let stats = place.cache.stats();
        assert_eq!((stats.hits, stats.computed), (1, 4), "{}", place.name);
    }
}

#[test]
fn an_async_function_stores_what_is_ok_and_nothing_else() {
    for place in places() {
        let calls = Calls::default();
        place.block_on(async {
            assert_eq!(book_async(&calls, 1, 2, 3).await, Ok(Book::new(6, 1)));
            assert_eq!(book_async(&calls, 1, 2, 3).await, Ok(Book::new(6, 1)));
            assert_eq!(book_async(&calls, 1, 2, 0).await, Err("no book 0".to_owned()));
            assert_eq!(book_async(&calls, 1, 2, 0).await, Err("no book 0".to_owned()));
        });
        assert_eq!(calls.so_far(), 3, "{}: an error is computed each time", place.name);
    }
}

#[test]
fn a_none_is_kept_as_well() {
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            assert_eq!((title(&calls, 0), title(&calls, 0)), (None, None));
            assert_eq!((title(&calls, 1), title(&calls, 1)), (Some("Volume 1".into()), Some("Volume 1".into())));
        });
        assert_eq!(calls.so_far(), 2, "{}", place.name);
    }
}

#[test]
fn what_one_process_has_computed_another_one_finds() {
    for place in places() {
        let calls = Calls::default();
        let first = place.run(|| book(&calls, 1, 1, 1));
        let other = place.another();
        easycache::scope("shop", other.clone()).run(|| {
            assert_eq!(book(&calls, 1, 1, 1), first);
            book::invalidate_by_tags(1).unwrap();
        });
        assert_ne!(place.run(|| book(&calls, 1, 1, 1)), first, "{}", place.name);
        assert_eq!(calls.so_far(), 2);
    }
}

#[test]
fn an_invalidation_of_any_name_is_seen_by_every_function_that_depends_on_it() {
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            let all = || (book(&calls, 1, 1, 1), book(&calls, 1, 2, 2), book(&calls, 2, 1, 1));
            let blocking = place.cache.blocking();
            let before = all();
            blocking.invalidate_tags(["shelf:1"]).unwrap();
            let after = all();
            assert!(before.0 != after.0 && before.1 == after.1 && before.2 != after.2, "{}", place.name);
            blocking.invalidate_prefix("shop:1").unwrap();
            let last = all();
            assert!(after.0 != last.0 && after.1 != last.1 && after.2 == last.2, "{}", place.name);
            blocking.invalidate_key("shop:1|sync:1").unwrap();
            let key = all();
            assert!(last.0 != key.0 && last.2 == key.2, "{}", place.name);
            blocking.clear().unwrap();
            assert_ne!(all().2, key.2, "{}", place.name);
        });
    }
}

#[test]
fn tags_of_the_result_take_the_list_away_that_has_them() {
    for place in places() {
        let calls = Calls::default();
        place.block_on(async {
            if place.name == "on memcached" {
                // What has tags that nobody could foresee is not stored there: then they are known.
                let _ = (list(&calls, &[1, 2]).await, list(&calls, &[2, 3]).await);
            }
            let (one, two) = (list(&calls, &[1, 2]).await, list(&calls, &[2, 3]).await);
            assert_eq!((list(&calls, &[1, 2]).await, list(&calls, &[2, 3]).await), (one.clone(), two.clone()));
            place.cache.invalidate_tags(["book:1"]).await.unwrap();
            assert_ne!(list(&calls, &[1, 2]).await, one, "{}", place.name);
            assert_eq!(list(&calls, &[2, 3]).await, two, "{}: it has no such book", place.name);
            place.cache.invalidate_tags(["book:2"]).await.unwrap();
            assert_ne!(list(&calls, &[2, 3]).await, two, "{}", place.name);
        });
    }
}

#[test]
fn methods_and_properties_take_their_defaults_along() {
    for place in places() {
        let shop = Shop { id: 7, calls: Calls::default() };
        place.block_on(async {
            assert_eq!((shop.goods(1), shop.goods(1)), (vec![7, 1, 1], vec![7, 1, 1]));
            assert_eq!((shop.visitors().await.unwrap(), shop.visitors().await.unwrap()), (2, 2));
            place.cache.invalidate_prefix("shop:7").await.unwrap();
            assert_eq!((shop.goods(1)[2], shop.visitors().await.unwrap()), (3, 4), "{}", place.name);
        });
    }
}

#[test]
fn a_cache_by_expression_is_the_one_that_is_asked() {
    #[easycache::ecached("own:{id}", cache = cache)]
    fn own(cache: &easycache::Cache, calls: &Calls, id: u32) -> u32 {
        id + calls.count()
    }
    for place in places() {
        let (calls, other) = (Calls::default(), easycache::blocking::connect("memory://").unwrap());
        assert_eq!((own(&place.cache, &calls, 0), own(&place.cache, &calls, 0)), (1, 1), "{}", place.name);
        assert_eq!(own(&other, &calls, 0), 2);
        own::invalidate_by_key(&place.cache, 0).unwrap();
        assert_eq!((own(&place.cache, &calls, 0), own(&other, &calls, 0)), (3, 2), "{}", place.name);
    }
}
