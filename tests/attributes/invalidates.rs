use std::{future::Future as _, sync::Arc};

use easycache::{Cache, ecached, invalidates, scope};
use easycache_testkit::{CountingBackend, MemoryBackend, Method};

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
        let waker = std::task::Waker::noop();
        assert!(future.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
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
