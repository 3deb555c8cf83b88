use std::{
    future::Future as _,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use easycache::{Cache, Deadline, ErrorKind, ecached, invalidates, scope};
use easycache_testkit::{CountingBackend, FailingBackend, MemoryBackend, Method, Side, SlowBackend};

use crate::support::Calls;

static CALLS: Calls = Calls::new();

#[ecached("page:{page}", prefix = "invalidates-shop:{shop}", tags = ["invalidates-page:{page}"])]
async fn goods(shop: u32, page: u32) -> u32 {
    let _ = (shop, page);
    CALLS.count()
}

struct Shop {
    id: u32,
    name: String,
}

impl Shop {
    #[invalidates(prefix = "invalidates-shop:{self.id}")]
    async fn rename(&mut self, name: String) -> Result<u32, std::num::ParseIntError> {
        let number = name.parse()?;
        self.name = name;
        Ok(number)
    }

    #[invalidates(tags = ["invalidates-page:{page}"])]
    fn touch(&mut self, page: u32) -> &str {
        self.name = format!("page {page}");
        &self.name
    }
}

#[invalidates(key = ["invalidates-shop:{shop}|page:1", "invalidates-shop:{shop}|page:2"])]
async fn forget(shop: u32) {
    let _ = shop;
}

#[invalidates(tags = |pages| pages.iter().map(|page| format!("invalidates-page:{page}")))]
async fn forget_pages(pages: &[u32]) {
    let _ = pages;
}

#[tokio::test]
async fn an_ok_return_invalidates_and_an_error_does_not() {
    let mut shop = Shop { id: 1, name: String::new() };
    let first = goods(1, 100).await;
    shop.rename("x".to_owned()).await.unwrap_err();
    assert_eq!(goods(1, 100).await, first);
    assert_eq!(shop.rename("5".to_owned()).await, Ok(5));
    assert_ne!(goods(1, 100).await, first);
}

#[tokio::test]
async fn any_other_return_invalidates() {
    let mut shop = Shop { id: 2, name: String::new() };
    let first = goods(2, 200).await;
    assert_eq!(shop.touch(200), "page 200");
    assert_ne!(goods(2, 200).await, first);
}

#[tokio::test]
async fn full_keys_and_closures_name_what_goes() {
    let (one, two, three) = (goods(3, 1).await, goods(3, 2).await, goods(3, 3).await);
    forget(3).await;
    assert_ne!(goods(3, 1).await, one);
    assert_ne!(goods(3, 2).await, two);
    assert_eq!(goods(3, 3).await, three);
    forget_pages(&[3]).await;
    assert_ne!(goods(3, 3).await, three);
}

#[tokio::test]
async fn a_dropped_future_invalidates_for_its_change_may_have_happened() {
    #[invalidates(prefix = "invalidates-shop:4")]
    async fn never() {
        std::future::pending::<()>().await;
    }
    let first = goods(4, 400).await;
    {
        let mut future = Box::pin(never());
        let waker = Waker::noop();
        assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    assert_ne!(goods(4, 400).await, first);
}

#[tokio::test]
async fn the_future_is_send() {
    fn send<T: Send>(future: T) -> T {
        future
    }
    #[invalidates(prefix = "invalidates-shop:5")]
    async fn unsync() -> std::cell::Cell<u32> {
        std::cell::Cell::new(1)
    }
    assert_eq!(send(unsync()).await.get(), 1);
}

#[tokio::test]
async fn a_result_behind_an_alias_is_judged_even_if_it_borrows() {
    type Checked<'a> = Result<&'a str, &'a str>;

    #[invalidates(prefix = "invalidates-shop:6")]
    fn check(name: &str) -> Checked<'_> {
        if name.is_empty() { Err(name) } else { Ok(name) }
    }
    let first = goods(6, 600).await;
    assert_eq!(check(""), Err(""));
    assert_eq!(goods(6, 600).await, first, "an error invalidates nothing");
    assert_eq!(check("a"), Ok("a"));
    assert_ne!(goods(6, 600).await, first);
}

#[tokio::test]
async fn a_generic_result_is_judged() {
    #[invalidates(prefix = "invalidates-shop:7")]
    fn pass<T>(value: Result<T, T>) -> Result<T, T> {
        value
    }
    let first = goods(7, 700).await;
    assert_eq!(pass(Err(1)), Err(1));
    assert_eq!(goods(7, 700).await, first, "an error invalidates nothing");
    assert_eq!(pass(Ok("a")), Ok("a"));
    assert_ne!(goods(7, 700).await, first);
}

#[tokio::test]
async fn a_panic_invalidates_for_the_change_may_have_happened() {
    #[invalidates(prefix = "invalidates-shop:8")]
    fn fail(reason: &str) -> Result<(), String> {
        panic!("{reason}")
    }
    let first = goods(8, 800).await;
    std::panic::catch_unwind(|| fail("on purpose")).unwrap_err();
    assert_ne!(goods(8, 800).await, first);
}

#[test]
fn an_invalidation_that_is_acknowledged_is_sent_once_and_holds_nothing_back() {
    #[ecached("invalidates-once", alias = "invalidates-once")]
    fn load() -> u32 {
        CALLS.count()
    }
    #[invalidates(key = "invalidates-once", alias = "invalidates-once")]
    fn change() {}

    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    scope("invalidates-once", cache.clone()).run(|| {
        let first = load();
        change();
        assert_eq!(cache.stats().unconfirmed, 0);
        let second = load();
        assert_ne!(second, first);
        assert_eq!(load(), second, "stored, and found");
    });
    assert_eq!(backend.calls().of(Method::Invalidate), 1);
}

#[tokio::test]
async fn a_future_that_was_never_polled_invalidates_nothing() {
    #[invalidates(prefix = "invalidates-shop:9")]
    async fn change() {}

    let first = goods(9, 900).await;
    drop(change());
    assert_eq!(goods(9, 900).await, first);
}

/// Expired, it is served in the place of the error that it is from the second call on.
#[ecached(
    "view:{page}", prefix = "invalidates-gently:{shop}", tags = ["invalidates-view:{page}"], alias = "invalidates-gently",
    stale_if_error = "1h"
)]
async fn view(shop: u32, page: u32, calls: &Calls) -> Result<u32, &'static str> {
    let _ = (shop, page);
    if calls.count() == 1 { Ok(1) } else { Err("no answer") }
}

#[invalidates(key = "invalidates-gently:{shop}|view:{page}", alias = "invalidates-gently", expire)]
async fn count_visit(shop: u32, page: u32, fails: bool) -> Result<(), &'static str> {
    let _ = (shop, page);
    if fails { Err("on purpose") } else { Ok(()) }
}

#[invalidates(tags = ["invalidates-view:{page}"], alias = "invalidates-gently", expire)]
fn count_page(page: u32) {
    let _ = page;
}

#[invalidates(prefix = "invalidates-gently:{shop}", alias = "invalidates-gently", on_error = "fail", expire)]
fn count_shop(shop: u32) -> Result<(), easycache::Error> {
    let _ = shop;
    Ok(())
}

#[invalidates(prefix = "invalidates-gently:{shop}", alias = "invalidates-gently", on_error = "fail", expire)]
async fn count_late(shop: u32, never: bool) -> Result<(), easycache::Error> {
    let _ = shop;
    if never { std::future::pending().await } else { Ok(()) }
}

#[tokio::test]
async fn what_a_mutator_expires_is_computed_anew_and_may_be_served_in_the_place_of_an_error() {
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::new())] {
        let (cache, calls) = (cache.build().unwrap(), Calls::new());
        let test = async {
            assert_eq!(view(1, 2, &calls).await, Ok(1));
            count_visit(1, 2, true).await.unwrap_err();
            assert_eq!((view(1, 2, &calls).await, calls.so_far()), (Ok(1), 1), "an error expires nothing");
            for computed in 2..6 {
                match computed {
                    2 => count_visit(1, 2, false).await.unwrap(),
                    3 => count_page(2),
                    4 => count_shop(1).unwrap(),
                    _ => count_late(1, false).await.unwrap(),
                }
                assert_eq!((view(1, 2, &calls).await, calls.so_far()), (Ok(1), computed), "computed, and served");
            }
            view::invalidate_by_tags(2).await.unwrap();
            assert_eq!(view(1, 2, &calls).await, Err("no answer"));
        };
        scope("invalidates-gently", cache.clone()).run_async(test).await;
        assert_eq!((cache.stats().stale, cache.stats().expiries), (4, 4));
    }
}

#[tokio::test]
async fn an_expiry_that_fails_is_told_and_holds_nothing_back() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let calls = Calls::new();
    let test = async {
        view(1, 2, &calls).await.unwrap();
        backend.fail(Side::Before);
        assert_eq!(count_shop(1).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(count_late(1, false).await.unwrap_err().kind(), ErrorKind::Unavailable);
        count_visit(1, 2, false).await.unwrap();
        backend.heal();
        assert_eq!(cache.stats().unconfirmed, 0);
        assert_eq!((view(1, 2, &calls).await, calls.so_far()), (Ok(1), 1), "it is taken for fresh");
    };
    scope("invalidates-gently", cache.clone()).run_async(test).await;
}

#[tokio::test]
async fn the_expiry_of_a_dropped_mutation_is_done_in_the_background() {
    // Dropped in the body, and dropped while the backend is told.
    for never in [true, false] {
        let backend = SlowBackend::new(MemoryBackend::new());
        let backend = Arc::new(backend);
        let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
        let calls = Calls::new();
        let test = async {
            view(1, 2, &calls).await.unwrap();
            backend.delay(Duration::from_millis(20), Side::Before);
            {
                let mut future = Box::pin(count_late(1, never));
                assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
            let deadline = Deadline::after(Duration::from_secs(30));
            while cache.get::<u32>("invalidates-gently:1|view:2").await.unwrap().is_some() {
                assert!(!deadline.left().is_zero(), "never expired: {never}");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            assert_eq!(view(1, 2, &calls).await, Ok(1), "it may be served in the place of an error");
        };
        scope("invalidates-gently", cache.clone()).run_async(test).await;
    }
}
