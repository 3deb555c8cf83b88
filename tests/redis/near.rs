//! The same functions with a near tier: hits that ask nobody, or leave the value where it is.

use easycache::{ErrorKind, Policy, Stats};
use easycache_testkit::server::until;

use crate::{
    shop::{Book, Shop, book, book_async, list},
    support::{Calls, Place, Thread, near_places},
};

fn near_hits(stats: &Stats) -> u64 {
    stats.near.map(|near| near.hits).unwrap_or_default()
}

#[test]
fn a_function_is_answered_from_the_near_tier_on_every_kind_of_thread() {
    for place in near_places() {
        let (calls, scope) = (Calls::default(), place.scope());
        place.run(|| assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 1), "{}", place.name));
        for thread in Thread::ALL {
            let (calls, scope) = (calls.clone(), scope.clone());
            let read = move || scope.run(|| book(&calls, 1, 2, 3));
            assert_eq!(thread.call(read), Book::new(6, 1), "{}, {thread:?}", place.name);
        }
        assert_eq!(calls.so_far(), 1);
        assert_eq!(near_hits(&place.cache.stats()), 3, "{}: the first one came from the server", place.name);
    }
}

#[test]
fn an_async_function_and_tags_of_results_are_answered_from_the_near_tier() {
    for place in near_places() {
        let calls = Calls::default();
        place.block_on(async {
            for _ in 0..4 {
                assert_eq!(book_async(&calls, 1, 2, 3).await, Ok(Book::new(6, 1)), "{}", place.name);
            }
            list(&calls, &[7, 8]).await;
            let books = list(&calls, &[7, 8]).await;
            for _ in 0..3 {
                assert_eq!(list(&calls, &[7, 8]).await, books, "{}", place.name);
            }
            list::entry(&calls, &[7, 8]).invalidate().await.unwrap();
            assert_ne!(list(&calls, &[7, 8]).await, books, "{}", place.name);
        });
        assert!(near_hits(&place.cache.stats()) >= 4, "{}: {}", place.name, place.cache.stats());
    }
}

#[test]
fn what_this_process_changes_it_sees_at_once() {
    for place in near_places() {
        let calls = Calls::default();
        place.run(|| {
            for round in 1..4 {
                for _ in 0..3 {
                    assert_eq!(book(&calls, 1, 1, 1).prices[0], round, "{}", place.name);
                }
                book::invalidate_by_tags(1).unwrap();
            }
            let mut shop = Shop { id: 7, calls: calls.clone() };
            let goods = shop.goods(1);
            assert_eq!((shop.goods(1), shop.goods(1)), (goods.clone(), goods.clone()));
            shop.close(true).unwrap();
            assert_ne!(shop.goods(1), goods, "{}", place.name);
        });
    }
}

/// A tag is a key on the server: whoever writes another version there has invalidated it.
#[test]
fn what_another_process_invalidates_is_seen() {
    for (options, at_once) in [("near=100", false), ("near=100&freshness=strict", true)] {
        let Some(place) = Place::on_redis_with(options) else { return };
        let (cache, server) = (place.cache.blocking(), place.server.as_ref().unwrap());
        let policy = || Policy::ttl("1h").tags(["news"]);
        for round in 0..20 {
            cache.set("page", round, policy()).unwrap();
            let before = near_hits(&place.cache.stats());
            // What the server tells of the last round may come late, and keeps a value that is read meanwhile from being kept.
            until("it is kept here", || {
                assert_eq!(cache.get_with("page", policy()).unwrap(), Some(round), "{options}");
                (near_hits(&place.cache.stats()) > before).then_some(())
            });
            server.command(&["SET", "ec:t:news", &format!("{round:016}")]);
            let is_gone = || cache.get_with::<i32>("page", policy()).unwrap().is_none();
            if at_once {
                assert!(is_gone(), "{options}");
            } else {
                until("the server has told", || is_gone().then_some(()));
            }
        }
    }
}

#[test]
fn a_near_hit_makes_no_command() {
    let Some(place) = Place::on_redis_with("near=100") else { return };
    let (calls, server) = (Calls::default(), place.server.as_ref().unwrap());
    place.run(|| {
        for _ in 0..3 {
            book(&calls, 1, 2, 3);
        }
        // Where nobody could ask the server for a while, what is near is not known to be fresh, and the server is read.
        until("10 000 hits in a row have made no command", || {
            server.command(&["CONFIG", "RESETSTAT"]);
            for _ in 0..10_000 {
                assert_eq!(book(&calls, 1, 2, 3), Book::new(6, 1));
            }
            let stats = server.command(&["INFO", "commandstats"]).text();
            let made = |command: &&str| stats.contains(&format!("cmdstat_{command}:"));
            (!["get", "mget", "evalsha", "pttl"].iter().any(made)).then_some(())
        });
    });
}

#[test]
fn memcached_cannot_tell_of_changes_and_says_what_to_do() {
    let tracked = easycache::connect_lazy("memcached://cache?near=100").unwrap_err();
    assert_eq!(tracked.kind(), ErrorKind::Unsupported);
    assert!(tracked.to_string().contains("use `Freshness::Strict` or `Freshness::Ttl`"), "{tracked}");
}
