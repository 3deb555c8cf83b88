//! Expired values, on real servers: those that are, and their times, are the servers'.

use std::{sync::Arc, time::Duration};

use easycache::{Deadline, Policy, ecached};

use crate::support::{Calls, places};

const PATIENCE: Duration = Duration::from_secs(30);

struct Shop {
    calls: Calls,
}

impl Shop {
    #[ecached(
        "late:{id}", prefix = "late-shop", tags = ["late-book:{id}"], alias = "shop", ttl = "1h", jitter = 0.0,
        stale_while_revalidate = "1h"
    )]
    async fn book(self: Arc<Self>, id: u32) -> u32 {
        id + self.calls.count()
    }

    #[ecached("brief:{id}", alias = "shop", ttl = "1s", jitter = 0.0, stale_if_error = "1h")]
    async fn brief(&self, id: u32) -> Result<u32, String> {
        if self.calls.count() == 1 { Ok(id) } else { Err("no answer".to_owned()) }
    }

    #[ecached("early:{id}", alias = "shop", ttl = "2s", jitter = 0.0, early_refresh)]
    fn early(self: Arc<Self>, id: u32) -> u32 {
        id + self.calls.count()
    }
}

fn shop() -> Arc<Shop> {
    Arc::new(Shop { calls: Calls::default() })
}

/// Waits for it.
async fn until(is_so: impl AsyncFn() -> bool) {
    let deadline = Deadline::after(PATIENCE);
    while !is_so().await {
        assert!(!deadline.left().is_zero(), "it never comes to that");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[test]
fn what_was_expired_is_served_while_it_is_refreshed_and_what_was_invalidated_is_not() {
    for place in places() {
        let shop = shop();
        let book = || Arc::clone(&shop).book(10);
        place.block_on(async {
            assert_eq!(book().await, 11);
            for round in 1_u32..4 {
                let done = match round {
                    1 => Shop::book_expire_by_key(10).await,
                    2 => Shop::book_expire_by_tags(10).await,
                    _ => Shop::book_expire_by_prefix().await,
                };
                assert_eq!(done.unwrap().known, 1, "{}", place.name);
                assert_eq!(place.cache.get::<u32>("late-shop|late:10").await.unwrap(), None, "{}", place.name);
                assert_eq!(book().await, 10 + round, "{}", place.name);
                until(async || book().await == 11 + round).await;
            }
            assert_eq!(shop.calls.so_far(), 4, "{}", place.name);
            Shop::book_expire_by_key(10).await.unwrap();
            Shop::book_invalidate_by_tags(10).await.unwrap();
            assert_eq!(book().await, 15, "{}", place.name);
            Shop::book_expire_by_tags(10).await.unwrap();
            Shop::book_invalidate_by_prefix().await.unwrap();
            assert_eq!(book().await, 16, "{}", place.name);
            Shop::book_expire_by_prefix().await.unwrap();
            Shop::book_invalidate_by_key(10).await.unwrap();
            assert_eq!(book().await, 17, "{}", place.name);
            place.cache.expire_all().await.unwrap();
            place.cache.clear().await.unwrap();
            assert_eq!(book().await, 18, "{}", place.name);
        });
        let stats = place.cache.stats();
        assert!(stats.stale >= 3 && stats.refreshed == 3, "{}: {stats}", place.name);
    }
}

#[test]
fn an_expired_value_is_served_in_the_place_of_an_error() {
    for place in places() {
        let shop = shop();
        place.block_on(async {
            assert_eq!(shop.brief(7).await, Ok(7), "{}", place.name);
            until(async || place.cache.get::<u32>("brief:7").await.unwrap().is_none()).await;
            assert_eq!(shop.brief(7).await, Ok(7), "{}", place.name);
            assert!(shop.calls.so_far() > 1);
            Shop::brief_invalidate_by_key(7).await.unwrap();
            assert_eq!(shop.brief(7).await, Err("no answer".to_owned()), "{}", place.name);
        });
    }
}

#[test]
fn a_value_is_refreshed_on_a_thread_before_it_expires() {
    // memcached counts whole seconds: there the last part of so short a life is a whole one.
    for place in places() {
        let (shop, deadline) = (shop(), Deadline::after(PATIENCE));
        place.run(|| {
            while Arc::clone(&shop).early(1) < 4 {
                assert!(!deadline.left().is_zero(), "{}", place.name);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let stats = place.cache.stats();
        // On a machine that is busy one may expire nevertheless.
        assert!(stats.refreshed >= 1 && stats.misses.total() <= 3, "{}: {stats}", place.name);
    }
}

#[test]
fn an_expired_value_is_refreshed_by_one_of_several_processes() {
    for place in places() {
        let (shop, others) = (shop(), [place.another(), place.another()]);
        let policy = || Policy::ttl("1h").jitter(0.0).stale_while_revalidate("1h");
        place.block_on(async {
            let read = async |cache: &easycache::Cache| {
                let shop = Arc::clone(&shop);
                let slow = move || async move {
                    let number = shop.calls.count();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    number
                };
                cache.get_or_refresh("shared", policy(), slow).await.unwrap()
            };
            assert_eq!(read(&others[0]).await, 1);
            others[0].expire_key("shared").await.unwrap();
            until(async || {
                let (one, other) = (read(&others[0]).await, read(&others[1]).await);
                one == 2 && other == 2
            })
            .await;
        });
        assert_eq!(shop.calls.so_far(), 2, "{}", place.name);
    }
}
