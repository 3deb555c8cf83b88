//! Mutators invalidate when they have succeeded.

use easycache::invalidates;

use crate::{
    shop::{Shop, list},
    support::{Calls, places},
};

#[test]
fn a_sync_mutator_invalidates_after_ok_and_not_after_an_error() {
    for place in places() {
        let mut shop = Shop { id: 1, calls: Calls::default() };
        place.run(|| {
            let first = shop.goods(1);
            shop.close(false).unwrap_err();
            assert_eq!(shop.goods(1), first, "{}", place.name);
            shop.close(true).unwrap();
            assert_ne!(shop.goods(1), first, "{}", place.name);
        });
    }
}

#[test]
fn an_async_mutator_invalidates_keys_and_tags_at_once() {
    for place in places() {
        let shop = Shop { id: 1, calls: Calls::default() };
        place.block_on(async {
            let before = (shop.goods(5), shop.goods(6), list(&shop.calls, &[4, 5]).await);
            shop.sell(5).await;
            assert_ne!(shop.goods(5), before.0, "{}", place.name);
            assert_eq!(shop.goods(6), before.1, "{}", place.name);
            assert_ne!(list(&shop.calls, &[4, 5]).await, before.2, "{}", place.name);
        });
    }
}

#[test]
fn another_process_sees_the_change_when_the_mutator_has_returned() {
    for place in places() {
        let shop = Shop { id: 1, calls: Calls::default() };
        let elsewhere = easycache::scope("shop", place.another());
        place.block_on(async {
            let first = elsewhere.run(|| shop.goods(5));
            shop.sell(5).await;
            assert_ne!(elsewhere.run(|| shop.goods(5)), first, "{}", place.name);
        });
    }
}

#[test]
fn what_a_mutator_expires_may_be_served_and_what_it_invalidates_may_not() {
    #[easycache::ecached("visits:{id}", tags = ["visits:{id}"], alias = "shop", ttl = "1h", stale_if_error = "1h")]
    fn visits(calls: &Calls, id: u32) -> Result<u32, String> {
        if calls.count() == 1 { Ok(id) } else { Err("no answer".to_owned()) }
    }
    #[invalidates(tags = "visits:{id}", alias = "shop", expire)]
    fn visit(id: u32) {
        let _ = id;
    }
    #[invalidates(key = "visits:{id}", alias = "shop", expire)]
    async fn visit_by_key(id: u32) {
        let _ = id;
    }
    #[invalidates(tags = "visits:{id}", alias = "shop")]
    fn forget(id: u32) {
        let _ = id;
    }
    for place in places() {
        let calls = Calls::default();
        place.run(|| {
            assert_eq!((visits(&calls, 7), visits(&calls, 7)), (Ok(7), Ok(7)), "{}", place.name);
            visit(7);
            assert_eq!((visits(&calls, 7), calls.so_far()), (Ok(7), 2), "{}", place.name);
        });
        place.block_on(visit_by_key(7));
        place.run(|| {
            assert_eq!((visits(&calls, 7), calls.so_far()), (Ok(7), 3), "{}", place.name);
            forget(7);
            visits(&calls, 7).unwrap_err();
        });
    }
}
