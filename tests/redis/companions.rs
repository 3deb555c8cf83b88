//! Refreshing, looking at entries, and putting something into them.

use crate::{
    shop::{Book, Shop, book, book_async},
    support::{Calls, places},
};

#[test]
fn companions_of_a_sync_function_do_what_their_names_say() {
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 1));
            assert!(book::invalidate_by_key(1, 3).is_ok());
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 2));
            book::invalidate_by_tags(2).unwrap();
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 3));
            book::invalidate_by_prefix(1).unwrap();
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 4));
            assert_eq!(book::refresh(&calls, 1, 2, 3), Book::new(6, 5));
            assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 5), "{}", place.name);
        });
    }
}

#[test]
fn companions_of_an_async_function_are_async() {
    for place in places() {
        let calls = Calls::default();
        place.block_on(async {
            book_async(&calls, 1, 2, 3).await.unwrap();
            book_async::invalidate_by_key(1, 3).await.unwrap();
            book_async::invalidate_by_tags(2).await.unwrap();
            book_async::invalidate_by_prefix(1).await.unwrap();
            assert_eq!(book_async(&calls, 1, 2, 3).await, Ok(Book::new(6, 2)));
            assert_eq!(book_async::refresh(&calls, 1, 2, 3).await, Ok(Book::new(6, 3)));
            assert_eq!(book_async(&calls, 1, 2, 3).await, Ok(Book::new(6, 3)), "{}", place.name);
        });
    }
}

#[test]
fn an_entry_is_looked_at_and_put_without_a_call() {
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            let entry = book::entry(&calls, 1, 2, 3);
            assert_eq!((entry.key(), entry.tags()), ("shop:1|sync:3", vec!["books", "shelf:2"]));
            assert_eq!(entry.peek().unwrap(), None, "{}", place.name);
            entry.put(&Book::new(1, 9)).unwrap();
            assert_eq!(entry.peek().unwrap(), Some(Book::new(1, 9)), "{}", place.name);
            assert_eq!(book(&calls, 1, 2, 3), Book::new(1, 9), "{}", place.name);
            place.cache.blocking().invalidate_tags(["shelf:2"]).unwrap();
            assert_eq!(entry.peek().unwrap(), None, "{}: what was put has the tags of the call", place.name);
            entry.put(&Book::new(1, 9)).unwrap();
            entry.invalidate().unwrap();
            assert_eq!(entry.peek().unwrap(), None);
        });
        assert_eq!((calls.so_far(), place.cache.stats().hits), (0, 1), "{}", place.name);
    }
}

#[test]
fn an_entry_of_an_async_method_is_async() {
    for place in places() {
        let shop = Shop { id: 3, calls: Calls::default() };
        place.block_on(async {
            let entry = shop.visitors_entry();
            assert_eq!(entry.key(), "shop:3/desk|visitors");
            entry.put(&40).await.unwrap();
            assert_eq!(shop.visitors().await.unwrap(), 40, "{}", place.name);
            assert_eq!(shop.visitors_refresh().await.unwrap(), 1);
            assert_eq!(entry.peek().await.unwrap(), Some(1), "{}", place.name);
            shop.visitors_invalidate_by_prefix().await.unwrap();
            assert_eq!(entry.peek().await.unwrap(), None, "{}", place.name);
        });
    }
}
