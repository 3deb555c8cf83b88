//! What a function says about its results, on every kind of server, with near tiers in front and without.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use easycache::{CacheErr, Deadline, Error, ErrorKind, Policy, Targets, ecached};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::support::{Calls, Place, near_places, places};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct NotFound(u32);

struct Shop {
    calls: Calls,
}

impl Shop {
    #[ecached("kept:{id}", alias = "shop", ttl = "1h", tags = ["kept"], cache_err = "1h", cache_err_if = |error| error.0 < 10)]
    async fn book(&self, id: u32) -> Result<u32, NotFound> {
        self.calls.count();
        if id == 1 { Ok(id) } else { Err(NotFound(id)) }
    }

    #[ecached("kept-sync:{id}", alias = "shop", ttl = "1h", cache_err = "1h")]
    fn book_sync(&self, id: u32) -> Result<u32, NotFound> {
        self.calls.count();
        Err(NotFound(id))
    }

    #[ecached("each:{id}", alias = "shop", ttl = "1h", tags = ["each", "each:{id}"], each = id in ids)]
    async fn prices(&self, ids: Vec<u32>) -> BTreeMap<u32, u32> {
        self.calls.count();
        ids.into_iter().map(|id| (id, id + 100 * self.calls.so_far())).collect()
    }

    #[ecached(
        "late-each:{id}", alias = "shop", ttl = "1h", tags = ["late-each"], each = id in ids, stale_while_revalidate = "1h",
        assoc
    )]
    async fn late_prices(ids: Vec<u32>, calls: Calls) -> BTreeMap<u32, u32> {
        let run = calls.count();
        ids.into_iter().map(|id| (id, id + 100 * run)).collect()
    }

    #[ecached("slow:{id}", alias = "shop", ttl = "1h", tags = ["slow:{id}"], timeout = "50ms", assoc)]
    async fn slow(id: u32, calls: Calls, gate: Arc<Semaphore>) -> Result<u32, NotFound> {
        let run = calls.count();
        let _pass = gate.acquire().await;
        Ok(100 * run + id)
    }

    #[ecached("from:{id}", alias = "shop", ttl = "1h", ttl_from = |value| if *value < 10 { 0 } else { 3600 })]
    async fn with_ttl_of_its_own(&self, id: u32) -> u32 {
        self.calls.count();
        id
    }

    #[ecached("not-stored:{id}", alias = "shop", ttl = "1h")]
    async fn not_stored(&self, id: u32) -> u32 {
        if id < 10 {
            easycache::no_store();
        }
        self.calls.count();
        id
    }

    #[ecached("inner", alias = "shop", ttl = "1h", tags = ["inner"])]
    async fn inner(&self) -> u32 {
        self.calls.count()
    }

    #[ecached("lenient", alias = "shop", ttl = "1h", tags = ["lenient"], stale_while_revalidate = "1h", refresh = "inline")]
    async fn lenient(&self) -> u32 {
        self.calls.count()
    }

    #[ecached("outer", alias = "shop", ttl = "1h", inherit)]
    async fn outer(&self) -> u32 {
        self.inner().await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a closure is written where it is called")]
fn everywhere(test: impl AsyncFn(&Place, &Shop)) {
    for place in places().into_iter().chain(near_places()) {
        let shop = Shop { calls: Calls::default() };
        place.block_on(test(&place, &shop));
    }
}

#[test]
fn errors_are_kept_that_are_to_be_and_invalidated_like_values() {
    everywhere(async |place, shop| {
        for _ in 0..3 {
            assert_eq!(shop.book(1).await, Ok(1), "{}", place.name);
            assert_eq!(shop.book(2).await, Err(NotFound(2)), "{}", place.name);
        }
        assert_eq!(shop.calls.so_far(), 2, "{}", place.name);
        place.cache.invalidate_tags(["kept"]).await.unwrap();
        assert_eq!(shop.book(2).await, Err(NotFound(2)), "{}", place.name);
        assert_eq!(shop.calls.so_far(), 3, "{}", place.name);
        for _ in 0..2 {
            assert_eq!(shop.book(10).await, Err(NotFound(10)), "{}", place.name);
        }
        assert_eq!(shop.calls.so_far(), 5, "this one is not kept: {}", place.name);
        for _ in 0..3 {
            assert_eq!(shop.book_sync(7), Err(NotFound(7)), "{}", place.name);
        }
        assert_eq!(shop.calls.so_far(), 6, "{}", place.name);
    });
}

impl From<Error> for NotFound {
    fn from(error: Error) -> Self {
        assert_eq!(error.kind(), ErrorKind::TimedOut, "the server is there: {error}");
        Self(0)
    }
}

#[test]
fn the_plain_api_keeps_the_errors_that_it_is_told_to() {
    everywhere(async |place, shop| {
        let errors = || CacheErr::ttl("1h").only_if(|error: &NotFound| error.0 < 10);
        let load = async |id: u32| {
            let (key, policy) = (format!("plain:{id}"), Policy::ttl("1h").tags(["plain"]));
            let compute = async || {
                shop.calls.count();
                Err::<u32, _>(NotFound(id))
            };
            place.cache.try_get_or_compute_cache_err(&key, policy, errors(), compute).await
        };
        for (id, computed) in [(2, 1), (2, 1), (10, 2), (10, 3)] {
            assert_eq!((load(id).await, shop.calls.so_far()), (Err(NotFound(id)), computed), "{}", place.name);
        }
        place.cache.invalidate_tags(["plain"]).await.unwrap();
        assert_eq!((load(2).await, shop.calls.so_far()), (Err(NotFound(2)), 4), "{}", place.name);
    });
}

#[test]
fn the_body_gets_the_elements_that_are_missing() {
    everywhere(async |place, shop| {
        assert_eq!(shop.prices(vec![1, 2]).await, BTreeMap::from([(1, 101), (2, 102)]), "{}", place.name);
        assert_eq!(shop.prices(vec![2, 3]).await, BTreeMap::from([(2, 102), (3, 203)]), "{}", place.name);
        assert_eq!(shop.prices(vec![3, 1]).await.len(), 2, "{}", place.name);
        assert_eq!(shop.calls.so_far(), 2, "{}", place.name);
        place.cache.invalidate_tags(["each:2"]).await.unwrap();
        let prices = shop.prices(vec![1, 2, 3]).await;
        assert_eq!(prices, BTreeMap::from([(1, 101), (2, 302), (3, 203)]), "{}", place.name);
    });
}

#[test]
fn what_a_function_has_computed_from_another_is_gone_with_it() {
    everywhere(async |place, shop| {
        assert_eq!((shop.outer().await, shop.outer().await), (1, 1), "{}", place.name);
        place.cache.invalidate_tags(["inner"]).await.unwrap();
        assert_eq!((shop.outer().await, shop.outer().await), (2, 2), "{}", place.name);
    });
}

#[test]
fn what_is_held_is_computed_until_it_is_released() {
    everywhere(async |place, shop| {
        assert_eq!((shop.inner().await, shop.inner().await), (1, 1), "{}", place.name);
        let hold = place.cache.hold(Targets::new().tags(["inner"]), "1h").await.unwrap();
        assert_eq!((shop.inner().await, shop.inner().await), (2, 3), "{}", place.name);
        hold.release().await.unwrap();
        assert_eq!((shop.inner().await, shop.inner().await), (4, 4), "{}", place.name);
    });
}

#[test]
fn what_is_held_is_not_served_as_expired_either() {
    everywhere(async |place, shop| {
        assert_eq!((shop.lenient().await, shop.lenient().await), (1, 1), "{}", place.name);
        let hold = place.cache.hold(Targets::new().tags(["lenient"]), "1h").await.unwrap();
        assert_eq!((shop.lenient().await, shop.lenient().await), (2, 3), "{}", place.name);
        hold.release().await.unwrap();
        assert_eq!((shop.lenient().await, shop.lenient().await), (4, 4), "{}", place.name);
        place.cache.expire_tags(["lenient"]).await.unwrap();
        let (one, other) = (shop.lenient().await, shop.lenient().await);
        assert!(one >= 4 && other == 5, "it is refreshed: {one}, {other}, {}", place.name);
    });
}

#[test]
fn scopes_keep_results_from_being_stored_or_read() {
    everywhere(async |place, shop| {
        assert_eq!(easycache::no_store_scope(shop.inner()).await, 1, "{}", place.name);
        assert_eq!((shop.inner().await, shop.inner().await), (2, 2), "{}", place.name);
        assert_eq!(easycache::no_store_scope(shop.inner()).await, 2, "what is there may be read: {}", place.name);
        assert_eq!(easycache::bypass(shop.inner()).await, 3, "{}", place.name);
        assert_eq!(shop.inner().await, 2, "{}", place.name);
    });
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for it.
async fn until(is_so: impl AsyncFn() -> bool) {
    let deadline = Deadline::after(PATIENCE);
    while !is_so().await {
        assert!(!deadline.left().is_zero(), "it never comes to that");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn elements_that_are_stale_are_served_and_computed_together() {
    everywhere(async |place, shop| {
        let prices = || Shop::late_prices(vec![1, 2, 3], shop.calls.clone());
        assert_eq!(prices().await, BTreeMap::from([(1, 101), (2, 102), (3, 103)]), "{}", place.name);
        place.cache.expire_tags(["late-each"]).await.unwrap();
        assert_eq!(prices().await, BTreeMap::from([(1, 101), (2, 102), (3, 103)]), "{}", place.name);
        until(async || prices().await == BTreeMap::from([(1, 201), (2, 202), (3, 203)])).await;
        assert_eq!(shop.calls.so_far(), 2, "{}", place.name);
        place.cache.invalidate_tags(["late-each"]).await.unwrap();
        assert_eq!(prices().await, BTreeMap::from([(1, 301), (2, 302), (3, 303)]), "{}", place.name);
    });
}

#[test]
fn what_is_late_is_stored_unless_it_was_invalidated_meanwhile() {
    everywhere(async |place, shop| {
        let gate = Arc::new(Semaphore::new(0));
        let slow = |id| Shop::slow(id, shop.calls.clone(), Arc::clone(&gate));
        assert_eq!((slow(1).await, slow(2).await), (Err(NotFound(0)), Err(NotFound(0))), "{}", place.name);
        until(async || shop.calls.so_far() == 2).await;
        place.cache.invalidate_tags(["slow:2"]).await.unwrap();
        gate.add_permits(100);
        until(async || place.cache.get::<u32>("slow:1").await.unwrap() == Some(101)).await;
        until(async || slow(2).await.is_ok()).await;
        assert_ne!(place.cache.get::<u32>("slow:2").await.unwrap(), Some(202), "{}", place.name);
    });
}

#[test]
fn the_result_says_whether_and_how_long_it_is_stored() {
    everywhere(async |place, shop| {
        for id in [1, 1, 10, 10] {
            assert_eq!((shop.with_ttl_of_its_own(id).await, shop.not_stored(id).await), (id, id), "{}", place.name);
        }
        assert_eq!(shop.calls.so_far(), 6, "of each, the first kind never, the second once: {}", place.name);
    });
}
