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

use easycache::{Cache, ecached, scope};
use easycache_testkit::{CountingBackend, FailingBackend, MemoryBackend, Method, Side};

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
        assert_eq!(backend.take().methods(), [Method::Read, Method::Acquire, Method::Fill]);
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
