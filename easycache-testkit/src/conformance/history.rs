//! The promise itself, under arbitrary interleavings.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use easycache_core::{Acquired, Filled, Names, On, Target};
use tokio::task::JoinSet;

use super::subject::{FULL, Subject, fill, id, served, value};
use crate::history::{History, Kind, Promise, Recorder, Verdict};

const KEYS: [&str; 3] = ["k", "l", "m"];
const READERS: usize = 6;
const WRITERS: usize = 2;
const ROUNDS: usize = 120;

/// A source of truth, of which every value is a copy: its contents are the number of the last commit.
#[derive(Clone)]
struct World {
    it: Subject,
    source: Arc<AtomicU64>,
    /// What everybody has done.
    recorder: Arc<Recorder>,
}

pub async fn no_interleaving_serves_what_was_invalidated(it: Subject) {
    let has_leases = it.caps().lease;
    let world = World { it, source: Arc::new(AtomicU64::new(0)), recorder: Arc::new(Recorder::in_memory()) };
    let mut tasks = JoinSet::new();
    for _ in 0..READERS {
        tasks.spawn(world.clone().reader());
    }
    for _ in 0..WRITERS {
        tasks.spawn(world.clone().writer());
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no reader and no writer panics");
    }
    let hits = world.verdict().happened(Kind::Hit);
    // With nobody else about, the second of two reads is a hit.
    world.read(0).await;
    world.read(0).await;
    let verdict = world.verdict();
    assert!(verdict.happened(Kind::Hit) > hits, "{verdict}");
    assert_eq!(verdict.count(Promise::Invalidation), 0, "{verdict}");
    // Without leases nothing is promised about the order of hits.
    assert!(!has_leases || verdict.count(Promise::Monotonic) == 0, "{verdict}");
}

impl World {
    fn verdict(&self) -> Verdict {
        let mut history = History::new(0);
        history.parse(&self.recorder.text()).expect("it was just recorded");
        history.check()
    }

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
            let (scopes, targets): (&[_], Vec<_>) = match fastrand::u8(..3) {
                0 => (&["tag"], vec![Target::Stamp(self.it.stamp("tag"))]),
                1 => (&KEYS, KEYS.iter().map(|key| Target::Stamp(self.it.stamp(key))).collect()),
                _ => (&KEYS, (0..KEYS.len()).map(|key| value(&self.names(key))).collect()),
            };
            let call = self.recorder.begin();
            self.it.invalidate(&targets).await;
            call.end(Kind::Invalidated, commit, "-", scopes);
            tokio::time::sleep(std::time::Duration::from_micros(fastrand::u64(..1500))).await;
        }
    }

    /// As the cache does it: read, or acquire, compute and fill.
    async fn read(&self, key: usize) {
        let names = self.names(key);
        let call = self.recorder.begin();
        let mut seen = self.it.see(&names, FULL).await;
        for _ in 0..3 {
            if let Some(payload) = served(&seen) {
                let commit = u64::from_le_bytes(payload[..].try_into().expect("a commit is eight bytes"));
                return call.end(Kind::Hit, commit, KEYS[key], &["tag", KEYS[key]]);
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
                    return call.end(Kind::Computed, commit, KEYS[key], &["tag", KEYS[key]]);
                }
            }
        }
    }
}
