//! A backend that fails a fifth of the time and is late a fifth of the time, under load: nobody sees an error, nobody waits
//! for long, nobody is served what was invalidated, and nothing is left of it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use easycache_core::{Cache, Coalesce, Policy};
use easycache_testkit::{ChaosBackend, MemoryBackend};
use tokio::runtime::Handle;

/// How long a call waits for the backend, and its computation takes.
const DEADLINE: Duration = Duration::from_millis(200);
const COMPUTATION: Duration = Duration::from_millis(5);
/// What a busy machine adds.
const SLACK: Duration = Duration::from_millis(400);
const KEYS: usize = 20;
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

async fn load(shop: Shop, seed: u64, until: Instant) -> usize {
    let mut random = fastrand_of(seed);
    let mut calls = 0;
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
    }
    calls
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

async fn torment(span: Duration) {
    let backend = Arc::new(ChaosBackend::new(MemoryBackend::new(), 11));
    let builder = Cache::builder().backend(Arc::clone(&backend)).deadline(DEADLINE);
    let shop = Shop { cache: builder.build().unwrap(), rows: Arc::default() };
    let tasks_before = Handle::current().metrics().num_alive_tasks();
    backend.fail(0.2);
    backend.delay(0.2, 2 * DEADLINE);
    let until = now() + span;
    let all = (0..16).map(|seed| tokio::spawn(load(shop.clone(), seed, until))).collect::<Vec<_>>();
    let mut calls = 0;
    for one in all {
        calls += one.await.unwrap();
    }
    let stats = shop.cache.stats();
    assert!(calls > 100 && stats.hits > 10 && stats.misses.unreachable > 10, "{calls} calls: {stats}");

    backend.calm();
    until_so("every read is a hit again", BREAKER + SLACK, async || {
        let hits = shop.cache.stats().hits;
        for at in 0..KEYS {
            shop.read(at, Coalesce::Process).await;
        }
        shop.cache.stats().hits == hits + KEYS as u64
    })
    .await;
    until_so("nothing is under way", DEADLINE + SLACK + BREAKER, async || {
        let stats = shop.cache.stats();
        (stats.in_flight, stats.unconfirmed) == (0, 0)
    })
    .await;
    until_so("no task is left", SLACK, async || Handle::current().metrics().num_alive_tasks() <= tasks_before).await;
    assert!(backend.inner().values() <= KEYS && backend.inner().stamps() <= KEYS + 3, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backend_that_fails_and_is_late_all_the_time_harms_nobody() {
    torment(Duration::from_secs(3)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute"]
async fn nor_for_half_a_minute() {
    torment(Duration::from_secs(30)).await;
}
