//! `stale_while_revalidate`, `stale_if_error`, `early_refresh`, `refresh`, and the companions that expire.

use std::{fmt::Display, sync::Arc, time::Duration};

use easycache::{Cache, Deadline, Scope, ecached, ecached_defaults, ecached_property};
use easycache_testkit::ManualClock;

use crate::support::Calls;

const ALIAS: &str = "late";
const SECOND: Duration = Duration::from_secs(1);

fn place() -> (Arc<ManualClock>, Cache, Scope) {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    (clock, cache.clone(), easycache::scope(ALIAS, cache))
}

/// Waits until nothing goes on in the background.
async fn settle(cache: &Cache) {
    tokio::task::yield_now().await;
    while cache.stats().in_flight > 0 {
        tokio::task::yield_now().await;
    }
}

fn run<F: Future>(scope: &Scope, test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scope.run_async(test))
}

#[test]
fn an_async_function_is_refreshed_in_the_background() {
    static CALLS: Calls = Calls::new();

    #[ecached("late-async:{id}:{name}", alias = "late", ttl = "10s", stale_while_revalidate = "30s")]
    async fn load(id: u32, name: String) -> String {
        let number = CALLS.count();
        tokio::task::yield_now().await;
        format!("{name} {id} {number}")
    }
    let (clock, cache, scope) = place();
    run(&scope, async {
        assert_eq!(load(7, "Ann".into()).await, "Ann 7 1");
        clock.advance(11 * SECOND);
        assert_eq!(load(7, "Ann".into()).await, "Ann 7 1");
        assert_eq!(load(7, "Ann".into()).await, "Ann 7 1");
        settle(&cache).await;
        assert_eq!(load(7, "Ann".into()).await, "Ann 7 2");
        assert_eq!(load::refresh(7, "Ann".into()).await, "Ann 7 3");
        load::invalidate_by_key(7, "Ann".into()).await.unwrap();
        clock.advance(11 * SECOND);
        assert_eq!(load(7, "Ann".into()).await, "Ann 7 4", "what was invalidated is never served");
    });
    assert_eq!((CALLS.so_far(), cache.stats().refreshed), (4, 1));
}

#[test]
fn a_function_that_is_not_async_is_refreshed_on_a_thread() {
    static CALLS: Calls = Calls::new();

    #[ecached("late-sync:{id}", alias = "late", ttl = "10s", stale_while_revalidate = "30s")]
    fn load(id: u32) -> u32 {
        id + CALLS.count()
    }
    let (clock, _, scope) = place();
    scope.run(|| {
        assert_eq!(load(10), 11);
        clock.advance(11 * SECOND);
        assert_eq!(load(10), 11);
        let deadline = Deadline::after(30 * SECOND);
        while load(10) == 11 {
            assert!(!deadline.left().is_zero());
            std::thread::yield_now();
        }
        assert_eq!((load(10), CALLS.so_far()), (12, 2));
    });
}

struct Shop {
    id: u32,
    calls: Calls,
}

impl Shop {
    #[ecached("late-goods:{self.id}:{page}", alias = "late", ttl = "10s", stale_while_revalidate = "30s")]
    async fn goods(self: Arc<Self>, page: u32) -> Result<u32, String> {
        Ok(self.id + page + self.calls.count())
    }

    #[ecached_property("late-rating:{self.id}", alias = "late", ttl = "10s", early_refresh)]
    async fn rating(self: Arc<Self>) -> u32 {
        self.id + self.calls.count()
    }

    #[ecached(
        "late-prices:{self.id}:{name}", prefix = "late-shop:{self.id}", tags = ["late-{name}"], alias = "late", ttl = "10s",
        stale_while_revalidate = "30s", refresh = "inline"
    )]
    async fn price(&self, name: &str) -> usize {
        tokio::task::yield_now().await;
        name.len() + self.calls.count() as usize
    }
}

#[test]
fn a_method_of_an_arc_is_refreshed_in_the_background() {
    let (clock, cache, scope) = place();
    let shop = Arc::new(Shop { id: 100, calls: Calls::new() });
    let goods = || Arc::clone(&shop).goods(10);
    run(&scope, async {
        assert_eq!(goods().await, Ok(111));
        clock.advance(11 * SECOND);
        assert_eq!(goods().await, Ok(111));
        settle(&cache).await;
        assert_eq!(goods().await, Ok(112));
    });
    assert_eq!(Arc::strong_count(&shop), 1, "the object was moved into the background, and is given back");
}

#[test]
fn a_property_is_refreshed_before_it_expires() {
    let (clock, cache, scope) = place();
    let shop = Arc::new(Shop { id: 100, calls: Calls::new() });
    run(&scope, async {
        assert_eq!(Arc::clone(&shop).rating().await, 101);
        clock.advance(8 * SECOND);
        assert_eq!(Arc::clone(&shop).rating().await, 101);
        settle(&cache).await;
        assert_eq!(shop.calls.so_far(), 1, "not yet");
        clock.advance(SECOND + SECOND / 2);
        assert_eq!(Arc::clone(&shop).rating().await, 101);
        settle(&cache).await;
        assert_eq!(Arc::clone(&shop).rating().await, 102);
    });
    assert_eq!((cache.stats().misses.total(), cache.stats().hits, cache.stats().refreshed), (1, 3, 1));
}

#[test]
fn with_borrowed_arguments_one_caller_refreshes_inline_and_the_others_are_served() {
    let (clock, _, scope) = place();
    let shop = Shop { id: 1, calls: Calls::new() };
    run(&scope, async {
        assert_eq!(shop.price("book").await, 5);
        clock.advance(11 * SECOND);
        let (first, second) = tokio::join!(shop.price("book"), shop.price("book"));
        assert_eq!((first, second), (6, 5));
        assert_eq!(shop.price("book").await, 6);
    });
}

#[test]
fn methods_have_companions_that_expire() {
    let (_, _, scope) = place();
    let shop = Shop { id: 2, calls: Calls::new() };
    run(&scope, async {
        let mut expected = 4;
        for way in ["key", "tags", "prefix", "entry"] {
            expected += 1;
            assert_eq!(shop.price("book").await, expected, "{way}");
            let done = match way {
                "key" => shop.price_expire_by_key("book").await,
                "tags" => Shop::price_expire_by_tags("book").await,
                "prefix" => shop.price_expire_by_prefix().await,
                _ => shop.price_entry("book").expire().await,
            };
            assert_eq!(done.unwrap().known, 1, "{way}");
            assert_eq!(shop.price_entry("book").peek().await.unwrap(), None, "{way}");
        }
    });
}

#[test]
fn functions_have_companions_that_expire_and_do_not_invalidate() {
    static CALLS: Calls = Calls::new();

    #[ecached("late-user:{id}", prefix = "late-tenant:{tenant}", tags = ["late-team:{team}"], alias = "late", stale_if_error = "1h")]
    fn load(tenant: u32, team: u32, id: u32) -> Result<u32, String> {
        if CALLS.count() == 1 { Ok(tenant + team + id) } else { Err("no answer".into()) }
    }
    let (_, cache, scope) = place();
    scope.run(|| {
        assert_eq!(load(1, 2, 3), Ok(6));
        assert_eq!(load::expire_by_key(1, 3).unwrap().known, 1);
        assert_eq!(load(1, 2, 3), Ok(6));
        assert_eq!(load::expire_by_tags(2).unwrap().known, 1);
        assert_eq!(load(1, 2, 3), Ok(6));
        assert_eq!(load::expire_by_prefix(1).unwrap().known, 1);
        assert_eq!(load(1, 2, 3), Ok(6));
        load::entry(1, 2, 3).expire().unwrap();
        assert_eq!(load(1, 2, 3), Ok(6));
        assert_eq!((CALLS.so_far(), cache.stats().stale), (5, 4), "each was tried first");
        load::invalidate_by_tags(2).unwrap();
        assert_eq!(load(1, 2, 3), Err("no answer".into()));
    });
}

#[test]
fn the_error_of_a_computation_is_answered_with_the_last_value() {
    static CALLS: Calls = Calls::new();

    /// Borrows: nothing goes on in the background.
    #[ecached("late-error:{id}", alias = "late", ttl = "10s", stale_if_error = "1h")]
    async fn load(id: &impl Display) -> Result<u32, std::num::ParseIntError> {
        tokio::task::yield_now().await;
        if CALLS.count() == 1 { Ok(1) } else { id.to_string().parse() }
    }
    let (clock, _, scope) = place();
    run(&scope, async {
        assert_eq!(load(&"x").await, Ok(1));
        clock.advance(1000 * SECOND);
        assert_eq!(load(&"x").await, Ok(1));
        clock.advance(3000 * SECOND);
        assert!(load(&"x").await.is_err(), "an hour is over");
    });
    assert_eq!(CALLS.so_far(), 3);
}

struct Library;

#[ecached_defaults(alias = "late", ttl = "10s", stale_while_revalidate = "30s")]
impl Library {
    #[ecached("late-default:{calls}")]
    fn books(calls: &'static str, count: &'static Calls) -> u32 {
        u32::try_from(calls.len()).unwrap() + count.count()
    }
}

#[test]
fn defaults_have_it_too_and_what_is_borrowed_for_ever_may_be_used_in_the_background() {
    static CALLS: Calls = Calls::new();
    let (clock, _, scope) = place();
    scope.run(|| {
        assert_eq!(Library::books("a", &CALLS), 2);
        clock.advance(11 * SECOND);
        assert_eq!(Library::books("a", &CALLS), 2);
        let deadline = Deadline::after(30 * SECOND);
        while Library::books("a", &CALLS) == 2 {
            assert!(!deadline.left().is_zero());
            std::thread::yield_now();
        }
    });
}

#[test]
fn generic_functions_may_compute_in_the_background() {
    static CALLS: Calls = Calls::new();

    #[ecached(alias = "late", ttl = "10s", stale_while_revalidate = "30s")]
    async fn show<T>(value: T) -> String
    where
        T: easycache::CacheKey + Display + Send + 'static,
    {
        format!("{value} {}", CALLS.count())
    }
    let (clock, cache, scope) = place();
    run(&scope, async {
        assert_eq!(show(1).await, "1 1");
        clock.advance(11 * SECOND);
        assert_eq!(show(1).await, "1 1");
        settle(&cache).await;
        assert_eq!(show(1).await, "1 2");
    });
}

/// An error with a place for those of the cache.
#[derive(Debug, PartialEq)]
struct Late(Option<easycache::ErrorKind>);

impl From<easycache::Error> for Late {
    fn from(error: easycache::Error) -> Self {
        Self(Some(error.kind()))
    }
}

#[test]
fn after_a_soft_timeout_the_last_value_is_served_and_after_a_hard_one_an_error() {
    static CALLS: Calls = Calls::new();

    #[ecached(
        "late-timeout:{id}", alias = "late", ttl = "10s", stale_if_error = "1h", timeout = { soft = "100ms", hard = "2s" }
    )]
    async fn load(id: u32) -> Result<u32, Late> {
        if CALLS.count() == 1 { Ok(id) } else { std::future::pending().await }
    }
    let (clock, _, scope) = place();
    run(&scope, async {
        assert_eq!(load(1).await, Ok(1));
        clock.advance(11 * SECOND);
        let moving = async {
            tokio::task::yield_now().await;
            clock.advance(SECOND / 10);
        };
        assert_eq!(tokio::join!(load(1), moving).0, Ok(1));
        let moving = async {
            tokio::task::yield_now().await;
            clock.advance(2 * SECOND);
        };
        assert_eq!(tokio::join!(load(2), moving).0, Err(Late(Some(easycache::ErrorKind::TimedOut))));
    });
}

#[test]
fn a_computation_that_borrows_is_dropped_at_its_timeout() {
    static CALLS: Calls = Calls::new();

    #[ecached("late-borrowed:{name}", alias = "late", timeout = "2s")]
    async fn load(name: &str) -> Result<usize, Late> {
        CALLS.count();
        std::future::pending::<()>().await;
        Ok(name.len())
    }
    let (clock, cache, scope) = place();
    run(&scope, async {
        let moving = async {
            tokio::task::yield_now().await;
            clock.advance(2 * SECOND);
        };
        assert_eq!(tokio::join!(load("a"), moving).0, Err(Late(Some(easycache::ErrorKind::TimedOut))));
        assert_eq!((CALLS.so_far(), cache.stats().in_flight), (1, 0));
    });
}

#[test]
fn a_function_that_is_not_async_is_left_to_itself_at_its_timeout() {
    #[ecached("late-blocking:{id}", alias = "late-blocking", timeout = "20ms")]
    fn load(id: u32) -> Result<u32, Late> {
        std::thread::sleep(Duration::from_millis(500));
        Ok(id)
    }
    let cache = Cache::builder().build().unwrap();
    easycache::scope("late-blocking", cache.clone()).run(|| {
        assert_eq!(load(7), Err(Late(Some(easycache::ErrorKind::TimedOut))));
        let deadline = Deadline::after(30 * SECOND);
        while cache.blocking().get::<u32>("late-blocking:7").unwrap() != Some(7) {
            assert!(!deadline.left().is_zero());
            std::thread::sleep(SECOND / 100);
        }
        assert_eq!(load(7), Ok(7));
    });
}
