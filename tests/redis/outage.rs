//! A server that is not there.

use easycache::ErrorKind;
use easycache_testkit::server::until;

use crate::{
    shop::{Book, Shop, book, book_async},
    support::{Calls, Place, patient},
};

#[test]
fn functions_compute_while_the_server_is_down_and_hit_again_when_it_is_back() {
    let Some(place) = Place::on_redis() else { return };
    let (server, calls) = (place.server.as_ref().unwrap(), Calls::default());
    place.run(|| {
        assert_eq!(book(&calls, 1, 1, 1), Book::new(3, 1));
        server.kill();
        assert_eq!((book(&calls, 1, 1, 1), book(&calls, 1, 1, 1)), (Book::new(3, 2), Book::new(3, 3)));
        assert_eq!(book::invalidate_by_key(1, 1).unwrap_err().kind(), ErrorKind::Unavailable);
        server.restart();
        until("hits are back", || {
            let hits = place.cache.stats().hits;
            book(&calls, 1, 1, 1);
            (place.cache.stats().hits > hits).then_some(())
        });
    });
    assert_eq!(place.cache.stats().unconfirmed, 0, "what was read again is known to be valid again");
}

#[test]
fn a_mutator_succeeds_while_the_server_is_down() {
    let Some(place) = Place::on_redis() else { return };
    let mut shop = Shop { id: 1, calls: Calls::default() };
    place.run(|| {
        let first = shop.goods(1);
        place.server.as_ref().unwrap().kill();
        shop.close(true).unwrap();
        assert_ne!(shop.goods(1), first);
    });
}

#[test]
fn a_lazy_cache_starts_without_the_server_and_finds_it_later() {
    let Some(place) = Place::on_redis() else { return };
    let server = place.server.as_ref().unwrap();
    server.kill();
    let refused = easycache::blocking::connect(&server.url()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    let cache = easycache::connect_lazy(&patient(server)).unwrap();
    let calls = Calls::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(easycache::scope("shop", cache.clone()).run_async(async {
        assert_eq!(book_async(&calls, 1, 1, 1).await, Ok(Book::new(3, 1)));
        server.restart();
        until("hits are there", || {
            let again = easycache::scope("shop", cache.clone());
            again.run(|| book(&calls, 1, 1, 2));
            (cache.stats().hits > 0).then_some(())
        });
    }));
}
