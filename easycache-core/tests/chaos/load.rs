//! The load, and what is to be true of it: the same on a backend in memory and on real servers.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use easycache_core::{Backend, Cache, Coalesce, Policy};
use easycache_testkit::ChaosBackend;
use tokio::runtime::Handle;

/// How long a call waits for the backend, and its computation takes.
const DEADLINE: Duration = Duration::from_millis(200);
const COMPUTATION: Duration = Duration::from_millis(5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_millis(400);
pub(crate) const KEYS: usize = 20;
/// The longest pause of a breaker.
const BREAKER: Duration = Duration::from_secs(1);

/// What is cached: how often it was changed, and how often that is known to be invalidated.
#[derive(Debug, Default)]
struct Row {
    commits: AtomicU64,
    invalidated: AtomicU64,
}

#[derive(Clone, Debug)]
struct Shop {
    cache: Cache,
    rows: Arc<[Row; KEYS]>,
}

/// How a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By who computes himself.
    Compute(Coalesce),
    /// With everything that is done in the background, and for callers that do not wait.
    Refresh,
}

impl Way {
    /// Who comes when somebody else computes waits for that, and its own look and computation may follow.
    fn bound(self) -> Duration {
        let alone = DEADLINE + COMPUTATION;
        SLACK + if self == Self::Compute(Coalesce::Off) { alone } else { 2 * alone }
    }
}

/// Lives for a moment, and is served for longer; nobody is to lose patience altogether.
fn late(at: usize) -> Policy {
    let policy = Policy::ttl(Duration::from_millis(300)).tags([format!("row:{at}")]).prefix("shop");
    let policy = policy.stale_while_revalidate(1).stale_if_error(1).early_refresh(1.0);
    policy.soft_timeout(Duration::from_millis(50)).timeout(10)
}

impl Shop {
    async fn ask(&self, at: usize, way: Way) -> Duration {
        match way {
            Way::Compute(coalesce) => self.read(at, coalesce).await.1,
            Way::Refresh => self.read_late(at).await,
        }
    }

    fn judge(at: usize, known: u64, value: u64) {
        assert!(value >= known, "row {at}: {value} was served after the invalidation of {known} had returned");
    }

    fn known(&self, at: usize) -> u64 {
        self.rows[at].invalidated.load(Ordering::SeqCst)
    }

    async fn read_late(&self, at: usize) -> Duration {
        let (known, since, rows) = (self.known(at), now(), Arc::clone(&self.rows));
        let compute = move || async move {
            let commit = rows[at].commits.load(Ordering::SeqCst);
            tokio::time::sleep(COMPUTATION).await;
            commit
        };
        let value = self.cache.get_or_refresh(&format!("late:{at}"), late(at), compute).await.expect("it computes");
        Self::judge(at, known, value);
        since.elapsed()
    }

    fn read_late_blocking(&self, at: usize) -> Duration {
        let (known, since, rows) = (self.known(at), now(), Arc::clone(&self.rows));
        let compute = move || {
            let commit = rows[at].commits.load(Ordering::SeqCst);
            std::thread::sleep(COMPUTATION);
            commit
        };
        let cache = self.cache.blocking();
        let value = cache.get_or_refresh(&format!("late:{at}"), late(at), compute).expect("it computes");
        Self::judge(at, known, value);
        since.elapsed()
    }

    async fn read(&self, at: usize, coalesce: Coalesce) -> (u64, Duration) {
        let policy = Policy::ttl(60).tags([format!("row:{at}")]).prefix("shop").coalesce(coalesce);
        let known = self.known(at);
        let since = now();
        let compute = || async {
            let commit = self.rows[at].commits.load(Ordering::SeqCst);
            tokio::time::sleep(COMPUTATION).await;
            commit
        };
        let value = self.cache.get_or_compute(&format!("row:{at}"), policy, compute).await.expect("it computes");
        Self::judge(at, known, value);
        (value, since.elapsed())
    }

    async fn change(&self, at: usize) {
        let commit = self.rows[at].commits.fetch_add(1, Ordering::SeqCst) + 1;
        if self.cache.invalidate_tags([format!("row:{at}")]).await.is_ok() {
            self.rows[at].invalidated.fetch_max(commit, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured here is real time")]
fn now() -> Instant {
    Instant::now()
}

async fn load(shop: Shop, seed: u64, until: Instant) -> (usize, Duration) {
    let mut random = fastrand_of(seed);
    let (mut calls, mut longest) = (0, Duration::ZERO);
    while now() < until {
        let at = random() % KEYS;
        if random().is_multiple_of(8) {
            shop.change(at).await;
            continue;
        }
        let way = [Way::Compute(Coalesce::Off), Way::Compute(Coalesce::Process), Way::Refresh][random() % 3];
        let took = shop.ask(at, way).await;
        assert!(took < way.bound(), "{way:?}: {took:?}");
        calls += 1;
        longest = longest.max(took);
    }
    (calls, longest)
}

/// The same by a caller that blocks its thread.
fn load_blocking(shop: &Shop, seed: u64, until: Instant) -> (usize, Duration) {
    let mut random = fastrand_of(seed);
    let (mut calls, mut longest) = (0, Duration::ZERO);
    while now() < until {
        let took = shop.read_late_blocking(random() % KEYS);
        assert!(took < Way::Refresh.bound(), "{took:?}");
        calls += 1;
        longest = longest.max(took);
    }
    (calls, longest)
}

/// Numbers that look random.
fn fastrand_of(seed: u64) -> impl FnMut() -> usize {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    }
}

async fn until_so(what: &str, within: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    let since = now();
    while !is_so().await {
        assert!(since.elapsed() < within, "in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Torments a cache on that backend for so long. Returns the backend, to see what is left there.
pub(crate) async fn torment<B: Backend>(backend: B, span: Duration) -> Arc<ChaosBackend<B>> {
    let backend = Arc::new(ChaosBackend::new(backend, 11));
    let builder = Cache::builder().backend(Arc::clone(&backend)).deadline(DEADLINE);
    let shop = Shop { cache: builder.build().unwrap(), rows: Arc::default() };
    // What a connection takes is there before.
    shop.change(0).await;
    for at in 0..KEYS {
        shop.read(at, Coalesce::Process).await;
        shop.read_late(at).await;
    }
    shop.read_late_blocking(0);
    let (tasks_before, threads_before) = (Handle::current().metrics().num_alive_tasks(), threads());
    backend.fail(0.2);
    backend.delay(0.2, 2 * DEADLINE);
    let until = now() + span;
    let all = (0..16).map(|seed| tokio::spawn(load(shop.clone(), seed, until))).collect::<Vec<_>>();
    let blocking = (16..18).map(|seed| {
        let shop = shop.clone();
        std::thread::spawn(move || load_blocking(&shop, seed, until))
    });
    let blocking = blocking.collect::<Vec<_>>();
    let (mut calls, mut longest) = (0, Duration::ZERO);
    let mut ends = Vec::new();
    for one in all {
        ends.push(one.await.unwrap());
    }
    ends.extend(blocking.into_iter().map(|one| one.join().unwrap()));
    for (count, took) in ends {
        (calls, longest) = (calls + count, longest.max(took));
    }
    let stats = shop.cache.stats();
    assert!(calls > 100 && stats.hits > 10 && stats.misses.unreachable > 10, "{calls} calls: {stats}");
    assert!(stats.stale > 0 && stats.refreshed > 0, "{} stale, {} refreshed", stats.stale, stats.refreshed);

    backend.calm();
    let calm = now();
    until_so("every read is a hit again", BREAKER + SLACK, async || {
        let hits = shop.cache.stats().hits;
        for at in 0..KEYS {
            shop.read(at, Coalesce::Process).await;
        }
        shop.cache.stats().hits == hits + KEYS as u64
    })
    .await;
    let recovered = calm.elapsed();
    until_so("nothing is under way", DEADLINE + SLACK + BREAKER, async || {
        let stats = shop.cache.stats();
        (stats.in_flight, stats.unconfirmed) == (0, 0)
    })
    .await;
    until_so("no task is left", SLACK, async || Handle::current().metrics().num_alive_tasks() <= tasks_before).await;
    // The one of the background runtime, and the runtime's own for what blocks, may have come since.
    until_so("no thread is left", SLACK, async || threads() <= threads_before + 3).await;
    let (stale, refreshed) = (stats.stale, stats.refreshed);
    eprintln!(
        "{span:?}: {calls} calls, the longest {longest:?}, hits again after {recovered:?}; {stale} expired values served, \
         {refreshed} refreshed; {stats}"
    );
    backend
}
