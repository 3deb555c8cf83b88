//! A near tier as one would write it: what is read is kept, and what is told to be lost is thrown away.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use easycache_core::{
    Backend, Clock, Deadline, Moment, Names, NearSink, NodeId, Read, Seen, SystemClock, Want, Watch, Watching,
};
use easycache_redis::RedisBackend;

/// What is kept, by the name of the value.
#[derive(Debug, Default)]
struct Kept(Mutex<HashMap<String, (Names, Seen)>>);

impl Kept {
    fn all(&self) -> MutexGuard<'_, HashMap<String, (Names, Seen)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NearSink for Kept {
    fn lost(&self, name: &str) {
        self.all().retain(|value, (names, _)| value != name && names.stamps.iter().all(|stamp| **stamp != *name));
    }

    fn flush(&self, _: NodeId) {
        self.all().clear();
    }

    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn fresh(&self, _: NodeId, _: Moment) {}
}

pub(crate) struct Naive {
    kept: Arc<Kept>,
    watch: Arc<dyn Watch>,
}

impl Naive {
    pub(crate) async fn on(url: &str) -> Self {
        let kept = Arc::new(Kept::default());
        let weak = Arc::downgrade(&kept);
        let second = Duration::from_secs(1);
        let watching = Watching { sink: weak, heartbeat: second, patience: second };
        let backend = RedisBackend::lazy(url).expect("the URL is right");
        let naive = Self { kept, watch: backend.watch(watching).expect("Redis tells of changes") };
        let over = Deadline::after(Duration::from_secs(20));
        let nothing = Names { value: "nothing".into(), lease: "nothing".into(), stamps: Vec::new() };
        while !naive.read(&nothing).await.1 {
            assert!(!over.left().is_zero(), "nobody tells of changes");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        naive
    }

    /// What is there, and whether it was kept.
    pub(crate) async fn read(&self, names: &Names) -> (Seen, bool) {
        let kept = self.kept.all().get(&*names.value).map(|(_, seen)| seen.clone());
        if let Some(seen) = kept {
            return (seen, true);
        }
        let reads = [Read { names: names.clone(), want: Want::Peek, left: false }];
        let read = self.watch.read(&reads, Deadline::after(Duration::from_secs(5))).await.remove(0);
        let read = read.expect("the server answers");
        let is_told = read.nodes.is_some();
        if is_told {
            self.kept.all().insert(names.value.to_string(), (names.clone(), read.seen.clone()));
        }
        (read.seen, is_told)
    }

    /// What is kept.
    pub(crate) fn has(&self, names: &Names) -> bool {
        self.kept.all().contains_key(&*names.value)
    }
}
