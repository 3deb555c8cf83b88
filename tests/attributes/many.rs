//! `f::many(..)`.

use std::{
    borrow::Cow,
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache::{Cache, Deadline, ErrorKind, ecached, scope};
use easycache_testkit::{CountingBackend, FailingBackend, ManualClock, MemoryBackend, Method, Side};
use tokio::sync::Semaphore;

use crate::support::Calls;

#[derive(Debug, PartialEq, Eq)]
struct Gone(u64);

#[tokio::test]
async fn many_arguments_are_answered_in_their_order_and_computed_where_they_are_missing() {
    static CALLS: Calls = Calls::new();
    #[ecached("many-product:{a}:{b}")]
    async fn product(a: u64, b: u64) -> u64 {
        CALLS.count();
        a * b
    }
    assert_eq!(product(2, 3).await, 6);
    assert_eq!(product::many([(5, 6), (2, 3), (1, 1), (5, 6)]).await, [30, 6, 1, 30]);
    assert_eq!(CALLS.so_far(), 3, "what is there is not computed, and what is asked twice is computed once");
    assert_eq!(product::many(vec![(1, 1), (5, 6)]).await, [1, 30]);
    assert_eq!(product::many([]).await, [0; 0]);
    assert_eq!(CALLS.so_far(), 3);
}

#[tokio::test]
async fn one_parameter_is_given_by_itself_and_errors_are_each_ones_own() {
    static CALLS: Calls = Calls::new();
    #[ecached("many-load:{id}")]
    async fn load(id: u64) -> Result<u64, Gone> {
        CALLS.count();
        if id.is_multiple_of(2) { Ok(id) } else { Err(Gone(id)) }
    }
    assert_eq!(load::many(1..=4).await, [Err(Gone(1)), Ok(2), Err(Gone(3)), Ok(4)]);
    assert_eq!(load::many(1..=4).await, [Err(Gone(1)), Ok(2), Err(Gone(3)), Ok(4)]);
    assert_eq!(CALLS.so_far(), 6, "errors are not kept");
}

#[tokio::test]
async fn borrowed_opaque_and_generic_parameters_are_taken_as_the_function_takes_them() {
    #[ecached("many-borrowed:{name}:{tail}")]
    async fn borrowed(name: &str, tail: Cow<'_, str>, (one, two): (u32, u32)) -> String {
        format!("{name}{tail}{}", one + two)
    }
    #[ecached("many-opaque:{shown}:{T}")]
    async fn opaque<T: Into<u64> + Copy + Send>(shown: impl Display + Send, number: T, list: &[T]) -> String {
        format!("{shown}{}{}", number.into(), list.len())
    }
    let name = String::from("a");
    let both = [(name.as_str(), Cow::Borrowed("b"), (1, 2)), ("c", Cow::Owned("d".to_owned()), (3, 4))];
    assert_eq!(borrowed::many(both).await, ["ab3", "cd7"]);
    assert_eq!(opaque::many([("x", 1_u32, &[1_u32, 2][..]), ("y", 2, &[])]).await, ["x12", "y20"]);
}

struct Shop {
    id: u32,
}

impl Shop {
    #[ecached("many-goods:{self.id}:{page}")]
    async fn goods(&self, page: u32) -> u32 {
        100 * self.id + page
    }

    #[ecached("many-shared:{self.id}:{page}")]
    async fn shared(self: Arc<Self>, page: u32) -> u32 {
        200 * self.id + page
    }

    #[ecached("many-sync:{self.id}:{page}:{mark}")]
    fn sync(&self, page: u32, mut mark: String) -> String {
        mark.push_str(&(300 * self.id + page).to_string());
        mark
    }

    #[ecached("many-assoc:{page}", assoc)]
    async fn of_all(page: u32) -> u32 {
        page
    }
}

#[tokio::test]
async fn methods_have_it_under_their_own_name() {
    let shop = Arc::new(Shop { id: 7 });
    assert_eq!(shop.goods_many([1, 2]).await, [701, 702]);
    assert_eq!(Arc::clone(&shop).shared_many([1, 2]).await, [1401, 1402]);
    assert_eq!(shop.sync_many([(1, "a".to_owned()), (2, "b".to_owned())]), ["a2101", "b2102"]);
    assert_eq!(shop.sync(1, "a".to_owned()), "a2101");
    assert_eq!(Shop::of_all_many([3]).await, [3]);
}

#[test]
fn a_function_that_is_not_async_computes_one_after_the_other_and_each_once() {
    static CALLS: Calls = Calls::new();
    #[ecached("many-blocking:{id}")]
    fn square(id: u64) -> Result<u64, Gone> {
        CALLS.count();
        if id == 3 { Err(Gone(id)) } else { Ok(id * id) }
    }
    assert_eq!(square(2), Ok(4));
    assert_eq!(square::many([2, 4, 3, 4, 2]), [Ok(4), Ok(16), Err(Gone(3)), Ok(16), Ok(4)]);
    assert_eq!(CALLS.so_far(), 3);
}

#[tokio::test]
async fn so_many_bodies_run_at_a_time_as_it_says_or_else_sixteen() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    async fn body(id: u64) -> u64 {
        MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(1)).await;
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        id
    }
    #[ecached("many-some:{id}", concurrency = 3, alias = "many-bounded")]
    async fn some(id: u64) -> u64 {
        body(id).await
    }
    #[ecached("many-more:{id}", alias = "many-bounded")]
    async fn more(id: u64) -> u64 {
        body(id).await
    }
    let local = Cache::builder().build().unwrap();
    let remote = Cache::builder().backend(MemoryBackend::new()).build().unwrap();
    for cache in [local, remote] {
        let ids = (0..40).collect::<Vec<_>>();
        let test = async {
            assert_eq!(some::many(0..40).await, ids);
            assert_eq!(MOST.swap(0, Ordering::SeqCst), 3);
            assert_eq!(more::many(0..40).await, ids);
            assert_eq!(MOST.swap(0, Ordering::SeqCst), 16);
        };
        scope("many-bounded", cache).run_async(test).await;
    }
}

#[tokio::test]
async fn on_a_backend_a_batch_is_one_read_and_what_is_computed_at_once_one_fill() {
    #[ecached("many-wave:{id}", tags = ["many-wave"], alias = "many-wave")]
    async fn load(id: u64) -> Result<u64, Gone> {
        if id == 7 { Err(Gone(id)) } else { Ok(id) }
    }
    #[ecached("many-wave-sync:{id}", tags = ["many-wave"], alias = "many-wave")]
    fn load_sync(id: u64) -> u64 {
        id
    }
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let test = async {
        load::many(100..1000).await;
        let _ = backend.take();
        let all = load::many(0..1000).await;
        assert!(all.iter().zip(0..).all(|(got, id)| *got == if id == 7 { Err(Gone(7)) } else { Ok(id) }));
        let calls = backend.take();
        let counts =
            [Method::Read, Method::Acquire, Method::Fill].map(|method| (calls.of(method), calls.items(method)));
        assert_eq!(counts, [(1, 1000), (1, 100), (1, 99)]);
        assert_eq!(load_sync::many(0..200), (0..200).collect::<Vec<_>>());
        // The lease of what has failed may end as late as now.
        let methods = backend.take().methods().into_iter().filter(|method| *method != Method::Release);
        assert_eq!(methods.collect::<Vec<_>>(), [Method::Read, Method::Acquire, Method::Fill]);
    };
    scope("many-wave", cache).run_async(test).await;
}

#[tokio::test]
async fn a_name_that_cannot_be_used_keeps_its_own_element_from_being_cached_and_no_other() {
    static CALLS: Calls = Calls::new();
    #[ecached(key = |name| name.clone(), alias = "many-names")]
    async fn length(name: String) -> usize {
        CALLS.count();
        name.len()
    }
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::new())] {
        let before = CALLS.so_far();
        let names = || ["good", "", "fine"].map(str::to_owned);
        let test = async {
            assert_eq!(length::many(names()).await, [4, 0, 4]);
            assert_eq!(length::many(names()).await, [4, 0, 4]);
        };
        scope("many-names", cache.build().unwrap()).run_async(test).await;
        assert_eq!(CALLS.so_far() - before, 4, "the one with the bad name twice");
    }
}

#[tokio::test]
async fn without_its_backend_everything_is_computed() {
    #[ecached("many-down:{id}", alias = "many-down")]
    async fn load(id: u64) -> u64 {
        id
    }
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    backend.fail(Side::Before);
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let test = async { assert_eq!(load::many(0..100).await, (0..100).collect::<Vec<_>>()) };
    scope("many-down", cache).run_async(test).await;
}

#[tokio::test]
async fn its_future_is_send() {
    #[ecached("many-send:{id}")]
    async fn load(id: u64, name: &str) -> String {
        format!("{id}{name}")
    }
    let name = "x".to_owned();
    let task = tokio::spawn(async move { load::many([(1, name.as_str()), (2, "y")]).await });
    assert_eq!(task.await.unwrap(), ["1x", "2y"]);
}

/// A call of many gives up by itself.
#[derive(Debug, PartialEq, Eq)]
struct Late(ErrorKind);

impl From<easycache::Error> for Late {
    fn from(error: easycache::Error) -> Self {
        Self(error.kind())
    }
}

const TIMED_OUT: Result<u64, Late> = Err(Late(ErrorKind::TimedOut));

#[tokio::test]
async fn what_is_late_goes_on_and_is_stored_when_the_batch_is_over() {
    static CALLS: Calls = Calls::new();
    static OPEN: Semaphore = Semaphore::const_new(0);
    #[ecached("many-late:{id}", alias = "many-late", timeout = "50ms", concurrency = 2)]
    async fn load(id: u64) -> Result<u64, Late> {
        CALLS.count();
        if id > 1 {
            let _pass = OPEN.acquire().await;
        }
        Ok(id)
    }
    for remote in [false, true] {
        let builder = Cache::builder();
        let cache = if remote { builder.backend(MemoryBackend::new()) } else { builder }.build().unwrap();
        let before = CALLS.so_far();
        let test = async {
            assert_eq!(load::many(1..=4).await, [Ok(1), TIMED_OUT, TIMED_OUT, TIMED_OUT]);
            assert_eq!(CALLS.so_far() - before, 3, "two at a time, and the others wait for them");
            OPEN.add_permits(1);
            let deadline = Deadline::after(Duration::from_secs(30));
            while cache.stats().stored < 4 {
                assert!(!deadline.left().is_zero(), "remote: {remote}, {cache:?}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(load::many(1..=4).await, [Ok(1), Ok(2), Ok(3), Ok(4)]);
            assert_eq!(CALLS.so_far() - before, 4);
            OPEN.forget_permits(1);
        };
        scope("many-late", cache.clone()).run_async(test).await;
    }
}

#[tokio::test]
async fn who_gives_up_before_its_turn_leaves_it_to_the_next() {
    #[ecached("many-gives-up:{id}", timeout = "50ms", concurrency = 1)]
    async fn load(id: u64, borrowed: &str) -> Result<u64, Late> {
        if id == 1 { std::future::pending().await } else { Ok(id + borrowed.len() as u64) }
    }
    let all = load::many((1..=3).map(|id| (id, ""))).await;
    assert_eq!(all[0], TIMED_OUT);
    assert!(all[1..].iter().zip(2..).all(|(one, id)| *one == TIMED_OUT || *one == Ok(id)), "{all:?}");
    assert_eq!(load::many((2..=3).map(|id| (id, ""))).await, [Ok(2), Ok(3)]);
}

#[test]
fn a_function_that_is_not_async_begins_nothing_when_the_time_is_over() {
    static CALLS: Calls = Calls::new();
    #[ecached("many-begun:{id}", timeout = "100ms")]
    fn load(id: u64) -> Result<u64, Late> {
        CALLS.count();
        std::thread::sleep(Duration::from_millis(300));
        Ok(id)
    }
    assert_eq!(load::many(1..=4), [Ok(1), TIMED_OUT, TIMED_OUT, TIMED_OUT], "the one that has begun is waited for");
    assert_eq!(CALLS.so_far(), 1);
}

#[test]
fn what_is_stale_is_served_and_refreshed_behind_each_call() {
    static CALLS: Calls = Calls::new();
    #[ecached("many-stale:{id}", alias = "many-stale", ttl = "10s", stale_while_revalidate = "1h")]
    fn load(id: u64) -> u64 {
        u64::from(CALLS.count()) * 10 + id
    }
    #[ecached("many-stale-async:{id}", alias = "many-stale", ttl = "10s", stale_while_revalidate = "1h")]
    async fn load_async(id: u64) -> u64 {
        u64::from(CALLS.count()) * 10 + id
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for remote in [false, true] {
        let clock = Arc::new(ManualClock::new());
        let builder = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).jitter(0.0);
        let backend = MemoryBackend::with_clock(Arc::<ManualClock>::clone(&clock));
        let cache = if remote { builder.backend(backend) } else { builder }.build().unwrap();
        let scope = scope("many-stale", cache.clone());
        let many = || scope.run(|| load::many(1..=2));
        let many_async = || runtime.block_on(scope.run_async(load_async::many(1..=2)));
        let (one, other) = (many(), many_async());
        clock.advance(Duration::from_secs(11));
        assert_eq!((many(), many_async()), (one.clone(), other.clone()), "remote: {remote}");
        let deadline = Deadline::after(Duration::from_secs(30));
        while cache.stats().refreshed < 4 || cache.stats().in_flight > 0 {
            assert!(!deadline.left().is_zero(), "{cache:?}");
            runtime.block_on(tokio::task::yield_now());
        }
        let (one_now, other_now) = (many(), many_async());
        assert!(
            one_now.iter().zip(&one).chain(other_now.iter().zip(&other)).all(|(now, then)| now > then),
            "{cache:?}"
        );
    }
}
