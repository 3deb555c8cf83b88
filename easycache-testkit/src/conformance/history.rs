//! The promise itself, under arbitrary interleavings.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use bytes::Bytes;
use easycache_core::{Acquired, Filled, Names, On, Target};
use tokio::task::JoinSet;

use super::subject::{FULL, Subject, fill, id, served, value};

const KEYS: [&str; 3] = ["k", "l", "m"];
const READERS: usize = 6;
const WRITERS: usize = 2;
const ROUNDS: usize = 120;

/// A source of truth, of which every value is a copy: its contents are the number of the last commit.
#[derive(Clone)]
struct World {
    it: Subject,
    source: Arc<AtomicU64>,
    /// The last commit whose invalidation has returned.
    acknowledged: Arc<AtomicU64>,
    /// The last commit that a hit has returned, by key.
    hit: Arc<[AtomicU64; KEYS.len()]>,
    hits: Arc<AtomicU64>,
}

pub async fn no_interleaving_serves_what_was_invalidated(it: Subject) {
    let zero = || Arc::new(AtomicU64::new(0));
    let hit = Arc::new(KEYS.map(|_| AtomicU64::new(0)));
    let world = World { it, source: zero(), acknowledged: zero(), hit, hits: zero() };
    let mut tasks = JoinSet::new();
    for _ in 0..READERS {
        tasks.spawn(world.clone().reader());
    }
    for _ in 0..WRITERS {
        tasks.spawn(world.clone().writer());
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no reader has seen what it must not see");
    }
    // With nobody else about, the second of two reads is a hit.
    let before = world.hits.load(SeqCst);
    world.read(0).await;
    world.read(0).await;
    assert!(world.hits.load(SeqCst) > before);
}

impl World {
    fn names(&self, key: usize) -> Names {
        self.it.names(KEYS[key], &["tag", KEYS[key]])
    }

    async fn reader(self) {
        for _ in 0..ROUNDS {
            self.read(fastrand::usize(..KEYS.len())).await;
        }
    }

    /// Commits, and then invalidates everything, in one of the ways there are.
    async fn writer(self) {
        for _ in 0..ROUNDS {
            let commit = self.source.fetch_add(1, SeqCst) + 1;
            let targets = match fastrand::u8(..3) {
                0 => vec![Target::Stamp(self.it.stamp("tag"))],
                1 => KEYS.iter().map(|key| Target::Stamp(self.it.stamp(key))).collect(),
                _ => (0..KEYS.len()).map(|key| value(&self.names(key))).collect(),
            };
            self.it.invalidate(&targets).await;
            self.acknowledged.fetch_max(commit, SeqCst);
            tokio::time::sleep(std::time::Duration::from_micros(fastrand::u64(..1500))).await;
        }
    }

    /// As the cache does it: read, or acquire, compute and fill.
    async fn read(&self, key: usize) {
        let names = self.names(key);
        let (floor, earlier) = (self.acknowledged.load(SeqCst), self.hit[key].load(SeqCst));
        let mut seen = self.it.see(&names, FULL).await;
        for _ in 0..3 {
            if let Some(payload) = served(&seen) {
                return self.check(key, &payload, floor, earlier);
            }
            let replace = fastrand::u8(..8) == 0;
            let on = if replace { On::Replace } else { On::Miss(seen.blob.as_ref().map(id)) };
            match self.it.acquire(&names, on).await {
                Acquired::Changed(now) => seen = now,
                Acquired::Granted(grant) => {
                    let commit = self.source.load(SeqCst);
                    // A computation takes its time, and others come between.
                    tokio::time::sleep(std::time::Duration::from_micros(fastrand::u64(..500))).await;
                    let filled = self.it.fill(&fill(&names, grant, &commit.to_le_bytes())).await;
                    assert_ne!(filled, Filled::TooLarge);
                    return;
                }
            }
        }
    }

    fn check(&self, key: usize, payload: &Bytes, floor: u64, earlier: u64) {
        let commit = u64::from_le_bytes(payload[..].try_into().expect("a commit is eight bytes"));
        assert!(commit >= floor, "{commit} was served after {floor} had been acknowledged");
        if self.it.caps().lease {
            assert!(commit >= earlier, "{commit} was served after {earlier} had been");
            self.hit[key].fetch_max(commit, SeqCst);
        }
        self.hits.fetch_add(1, SeqCst);
    }
}
