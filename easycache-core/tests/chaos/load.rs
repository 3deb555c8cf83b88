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

impl Shop {
    async fn read(&self, at: usize, coalesce: Coalesce) -> (u64, Duration) {
        let policy = Policy::ttl(60).tags([format!("row:{at}")]).prefix("shop").coalesce(coalesce);
        let known = self.rows[at].invalidated.load(Ordering::SeqCst);
        let since = now();
        let compute = || async {
            let commit = self.rows[at].commits.load(Ordering::SeqCst);
            tokio::time::sleep(COMPUTATION).await;
            commit
        };
        let value = self.cache.get_or_compute(&format!("row:{at}"), policy, compute).await.expect("it computes");
        assert!(value >= known, "row {at}: {value} was served after the invalidation of {known} had returned");
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

/// Who comes when somebody else computes waits for that, and its own look and computation may follow.
fn bound(coalesce: Coalesce) -> Duration {
    let alone = DEADLINE + COMPUTATION;
    SLACK + if coalesce == Coalesce::Off { alone } else { 2 * alone }
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
        let coalesce = if random().is_multiple_of(2) { Coalesce::Off } else { Coalesce::Process };
        let (_, took) = shop.read(at, coalesce).await;
        assert!(took < bound(coalesce), "{coalesce:?}: {took:?}");
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
    }
    let (tasks_before, threads_before) = (Handle::current().metrics().num_alive_tasks(), threads());
    backend.fail(0.2);
    backend.delay(0.2, 2 * DEADLINE);
    let until = now() + span;
    let all = (0..16).map(|seed| tokio::spawn(load(shop.clone(), seed, until))).collect::<Vec<_>>();
    let (mut calls, mut longest) = (0, Duration::ZERO);
    for one in all {
        let (count, took) = one.await.unwrap();
        (calls, longest) = (calls + count, longest.max(took));
    }
    let stats = shop.cache.stats();
    assert!(calls > 100 && stats.hits > 10 && stats.misses.unreachable > 10, "{calls} calls: {stats}");

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
    assert!(threads() <= threads_before + 3, "{threads_before} threads, and {} now", threads());
    eprintln!("{span:?}: {calls} calls, the longest {longest:?}, hits again after {recovered:?}; {stats}");
    backend
}
