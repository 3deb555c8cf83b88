//! `each` together with what may be done with values that are not fresh, and with `timeout`.

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use easycache::{Cache, Deadline, Error, ErrorKind, ecached};
use easycache_testkit::{ManualClock, MemoryBackend};

const SECOND: Duration = Duration::from_secs(1);

type Values = HashMap<u64, u64>;

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Source,
    Cache(ErrorKind),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error.kind())
    }
}

/// Where values come from: each run of a body gives them the next hundred.
#[derive(Default)]
struct Source {
    given: Mutex<Vec<Vec<u64>>>,
    fails: AtomicBool,
    hangs: AtomicBool,
    without: Mutex<Option<u64>>,
}

impl Source {
    const fn new() -> Self {
        let (fails, hangs) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { given: Mutex::new(Vec::new()), fails, hangs, without: Mutex::new(None) }
    }

    fn read(&self, ids: &[u64]) -> Result<Values, Failure> {
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        let mut given = self.given.lock().unwrap();
        given.push(sorted);
        if self.fails.load(Ordering::SeqCst) {
            return Err(Failure::Source);
        }
        let (run, without) = (given.len() as u64, *self.without.lock().unwrap());
        Ok(ids.iter().filter(|id| Some(**id) != without).map(|id| (*id, 100 * run + id)).collect())
    }

    async fn wait(&self) {
        if self.hangs.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }

    fn hang(&self, yes: bool) {
        self.hangs.store(yes, Ordering::SeqCst);
    }

    fn fail(&self, yes: bool) {
        self.fails.store(yes, Ordering::SeqCst);
    }

    /// What bodies were given since the last time, run by run.
    fn take(&self) -> Vec<Vec<u64>> {
        std::mem::take(&mut *self.given.lock().unwrap())
    }

    fn runs(&self) -> usize {
        self.given.lock().unwrap().len()
    }
}

/// A clock, and a cache of each kind that goes by it, in the place of "each-late".
fn caches() -> [(Arc<ManualClock>, Cache); 2] {
    [false, true].map(|remote| {
        let clock = Arc::new(ManualClock::new());
        let builder = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).jitter(0.0);
        let builder = if remote {
            builder.backend(MemoryBackend::with_clock(Arc::<ManualClock>::clone(&clock)))
        } else {
            builder
        };
        (clock, builder.build().unwrap())
    })
}

async fn everywhere(test: impl AsyncFn(&ManualClock, &Cache)) {
    for (clock, cache) in caches() {
        easycache::scope("each-late", cache.clone()).run_async(test(&clock, &cache)).await;
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let deadline = Deadline::after(30 * SECOND);
    while !is_so() {
        assert!(!deadline.left().is_zero(), "it never comes to that");
        tokio::task::yield_now().await;
    }
}

/// Waits for a call while the clock goes on by so much.
async fn meanwhile<F: Future>(clock: &ManualClock, call: F, span: Duration) -> F::Output {
    let moving = async {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        clock.advance(span);
    };
    tokio::join!(call, moving).0
}

fn values(run: u64, ids: &[u64]) -> Values {
    ids.iter().map(|id| (*id, 100 * run + id)).collect()
}

/// The values of two runs.
fn both(one: Values, other: Values) -> Values {
    one.into_iter().chain(other).collect()
}

#[tokio::test]
async fn what_is_stale_is_served_and_computed_together_in_the_background() {
    #[ecached(
        "each-late:{id}", each = id in ids, tags = ["each-late:{id}"], alias = "each-late", ttl = "10s",
        stale_while_revalidate = "30s"
    )]
    async fn load(ids: Vec<u64>, source: Arc<Source>) -> Result<Values, Failure> {
        source.wait().await;
        source.read(&ids)
    }
    everywhere(async |clock, cache| {
        let source = Arc::new(Source::new());
        let load = |ids: &[u64]| load(ids.to_vec(), Arc::clone(&source));
        let settled = |runs| until(move || cache.stats().refreshed == runs && cache.stats().in_flight == 0);
        assert_eq!(load(&[1, 2, 3]).await, Ok(values(1, &[1, 2, 3])));
        clock.advance(11 * SECOND);
        assert_eq!(load(&[1, 2, 3, 4]).await, Ok(both(values(1, &[1, 2, 3]), values(2, &[4]))), "{cache:?}");
        settled(3).await;
        assert_eq!(source.given.lock().unwrap()[1..], [vec![4], vec![1, 2, 3]], "one run for each");
        assert_eq!(load(&[1, 2, 3, 4]).await, Ok(both(values(3, &[1, 2, 3]), values(2, &[4]))));
        assert_eq!((cache.stats().stale, source.runs()), (3, 3));

        clock.advance(11 * SECOND);
        cache.invalidate_tags(["each-late:2"]).await.unwrap();
        assert_eq!(
            load(&[1, 2]).await,
            Ok(both(values(3, &[1]), values(4, &[2]))),
            "what was invalidated is not served"
        );
        settled(4).await;
        source.fail(true);
        assert_eq!(load(&[3, 4]).await, Ok(both(values(3, &[3]), values(2, &[4]))));
        until(|| source.runs() == 6 && cache.stats().in_flight == 0).await;
        source.fail(false);
        // Tried again, once its lease has ended: that is not waited for.
        let deadline = Deadline::after(30 * SECOND);
        while load(&[3, 4]).await.unwrap().values().any(|value| *value < 700) {
            assert!(!deadline.left().is_zero(), "{cache:?}");
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_body_may_return_nothing_in_the_background_either() {
    #[ecached("each-gone:{id}", each = id in ids, alias = "each-late", ttl = "10s", stale_while_revalidate = "30s")]
    async fn load(ids: Vec<u64>, source: Arc<Source>) -> Result<Values, Failure> {
        source.read(&ids)
    }
    everywhere(async |clock, cache| {
        let source = Arc::new(Source::new());
        load(vec![1, 2], Arc::clone(&source)).await.unwrap();
        clock.advance(11 * SECOND);
        *source.without.lock().unwrap() = Some(2);
        assert_eq!(load(vec![1, 2], Arc::clone(&source)).await, Ok(values(1, &[1, 2])));
        until(|| source.runs() == 2 && cache.stats().in_flight == 0).await;
        clock.advance(35 * SECOND);
        let left = load(vec![1, 2], Arc::clone(&source)).await.unwrap();
        assert_eq!(left.into_keys().collect::<Vec<_>>(), [1], "its window is over");
    })
    .await;
}

#[test]
fn a_function_that_is_not_async_refreshes_its_elements_on_one_thread() {
    #[ecached("each-thread:{id}", each = id in ids, alias = "each-late", ttl = "10s", early_refresh)]
    fn load(ids: Vec<u64>, source: &'static Source) -> Values {
        source.read(&ids).unwrap()
    }
    for (clock, cache) in caches() {
        let source: &'static Source = Box::leak(Box::default());
        easycache::scope("each-late", cache.clone()).run(|| {
            assert_eq!(load(vec![1, 2], source), values(1, &[1, 2]));
            clock.advance(9 * SECOND + SECOND / 2);
            assert_eq!(load(vec![1, 2], source), values(1, &[1, 2]));
            let deadline = Deadline::after(30 * SECOND);
            while cache.stats().refreshed < 2 || cache.stats().in_flight > 0 {
                assert!(!deadline.left().is_zero(), "{cache:?}");
                std::thread::yield_now();
            }
            assert_eq!(load(vec![1, 2], source), values(2, &[1, 2]), "{cache:?}");
        });
        assert_eq!(source.take(), [vec![1, 2], vec![1, 2]]);
    }
}

#[tokio::test]
async fn an_error_is_answered_with_the_last_values_if_there_is_one_of_each_element() {
    #[ecached("each-rescue:{id}", each = id in ids, alias = "each-late", ttl = "10s", stale_if_error = "1h")]
    async fn load(ids: &[u64], source: &Source) -> Result<Values, Failure> {
        source.wait().await;
        source.read(ids)
    }
    everywhere(async |clock, cache| {
        let source = Source::new();
        load(&[1, 2], &source).await.unwrap();
        clock.advance(11 * SECOND);
        source.fail(true);
        assert_eq!(load(&[1, 2], &source).await, Ok(values(1, &[1, 2])), "{cache:?}");
        assert_eq!(load(&[1, 2, 3], &source).await, Err(Failure::Source), "there is none of 3");
        assert_eq!(source.take().len(), 3);
        source.fail(false);
        *source.without.lock().unwrap() = Some(2);
        // Whoever meets the lease of the computation that has failed is served as its callers were.
        let deadline = Deadline::after(30 * SECOND);
        while load(&[1, 2], &source).await != Ok(values(1, &[1])) {
            assert!(!deadline.left().is_zero(), "that there is nothing is no error");
            source.take();
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_patience_is_one_for_all_elements() {
    #[ecached(
        "each-timeout:{id}", each = id in ids, alias = "each-late", ttl = "10s", stale_if_error = "1h",
        timeout = { soft = "100ms", hard = "2s" }
    )]
    async fn load(ids: Vec<u64>, source: Arc<Source>) -> Result<Values, Failure> {
        source.wait().await;
        source.read(&ids)
    }
    everywhere(async |clock, cache| {
        let source = Arc::new(Source::new());
        let load = |ids: &[u64]| load(ids.to_vec(), Arc::clone(&source));
        assert_eq!(load(&[1, 2]).await, Ok(values(1, &[1, 2])));
        clock.advance(11 * SECOND);
        assert_eq!(load(&[3]).await, Ok(values(2, &[3])));
        source.hang(true);
        let soon = meanwhile(clock, load(&[1, 2, 3]), SECOND / 10).await;
        assert_eq!(soon, Ok(both(values(1, &[1, 2]), values(2, &[3]))), "{cache:?}");
        assert_eq!(cache.stats().stale, 2);
        let late = async {
            let call = meanwhile(clock, load(&[2, 4]), SECOND / 10);
            meanwhile(clock, call, 2 * SECOND).await
        };
        assert_eq!(late.await, Err(Failure::Cache(ErrorKind::TimedOut)), "there is none of 4");
    })
    .await;
}

#[tokio::test]
async fn what_is_late_is_stored_when_it_is_there() {
    #[ecached("each-behind:{id}", each = id in ids, tags = ["each-behind:{id}"], alias = "each-late", timeout = "100ms")]
    async fn load(ids: Vec<u64>, source: Arc<Source>, gate: Arc<tokio::sync::Semaphore>) -> Result<Values, Failure> {
        let values = source.read(&ids);
        let _pass = gate.acquire().await;
        values
    }
    everywhere(async |clock, cache| {
        let (source, gate) = (Arc::new(Source::new()), Arc::new(tokio::sync::Semaphore::new(0)));
        let load = |ids: &[u64]| load(ids.to_vec(), Arc::clone(&source), Arc::clone(&gate));
        // Not for longer than a lease lasts: it is renewed by another clock.
        let late = meanwhile(clock, load(&[1, 2]), SECOND / 10).await;
        assert_eq!(late, Err(Failure::Cache(ErrorKind::TimedOut)));
        cache.invalidate_tags(["each-behind:2"]).await.unwrap();
        gate.add_permits(100);
        until(|| cache.stats().stored + cache.stats().refused.total() == 2).await;
        assert_eq!(
            load(&[1, 2]).await,
            Ok(both(values(1, &[1]), values(2, &[2]))),
            "2 was invalidated meanwhile: {cache:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_body_that_borrows_is_dropped_when_the_time_is_over() {
    #[ecached("each-within:{id}", each = id in ids, alias = "each-late", timeout = "2s")]
    async fn load(ids: &[u64], source: &Source) -> Result<Values, Failure> {
        let values = source.read(ids);
        source.wait().await;
        values
    }
    everywhere(async |clock, cache| {
        let source = Source::new();
        source.hang(true);
        let late = meanwhile(clock, load(&[1, 2], &source), 2 * SECOND).await;
        assert_eq!(late, Err(Failure::Cache(ErrorKind::TimedOut)));
        source.hang(false);
        assert_eq!((load(&[1, 2], &source).await, cache.stats().in_flight), (Ok(values(2, &[1, 2])), 0));
    })
    .await;
}

#[test]
fn a_body_that_is_not_async_is_left_to_itself_when_the_time_is_over() {
    #[ecached("each-blocking:{id}", each = id in ids, alias = "each-blocking", timeout = "20ms")]
    fn load(ids: Vec<u64>) -> Result<Values, Failure> {
        std::thread::sleep(Duration::from_millis(300));
        Ok(values(1, &ids))
    }
    let cache = Cache::builder().build().unwrap();
    easycache::scope("each-blocking", cache.clone()).run(|| {
        assert_eq!(load(vec![1, 2]), Err(Failure::Cache(ErrorKind::TimedOut)));
        let deadline = Deadline::after(30 * SECOND);
        while cache.stats().in_flight > 0 {
            assert!(!deadline.left().is_zero());
            std::thread::sleep(SECOND / 100);
        }
        assert_eq!(load(vec![2, 1]), Ok(values(1, &[1, 2])));
    });
}
