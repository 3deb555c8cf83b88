//! Mutators invalidate when they have succeeded.

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
