//! Reads whose changes are told: who is told what, and when.

mod changes;
mod cluster;
mod connections;
mod order;
mod sentinel;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use easycache_core::{
    Backend, Clock, Deadline, Moment, Names, NearSink, NodeId, Read, Result, SystemClock, Want, Watch, Watched,
    Watching,
};
use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisServer, until};

use crate::common::{MINUTE, blob, filled, granted, soon};

/// Often enough for tests, and not so often that a busy machine cannot keep up.
const HEARTBEAT: Duration = Duration::from_millis(50);

const PATIENCE: Duration = Duration::from_millis(500);

/// What a sink was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Lost(String),
    Flush(NodeId),
    /// And when it was asked.
    Fresh(NodeId, Moment),
}

/// Remembers what it was told.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<Told>>);

impl Recorder {
    fn all(&self) -> MutexGuard<'_, Vec<Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self) -> Vec<Told> {
        self.all().clone()
    }

    /// What it was told but for freshness, in order.
    fn news(&self) -> Vec<Told> {
        let mut told = self.told();
        told.retain(|told| !matches!(told, Told::Fresh(..)));
        told
    }

    fn forget(&self) {
        self.all().clear();
    }

    fn tell(&self, told: Told) {
        self.all().push(told);
    }

    fn has_lost(&self, name: &str) -> bool {
        self.told().contains(&Told::Lost(name.to_owned()))
    }

    /// Waits until it has been told that this is lost.
    fn lost(&self, name: &str) {
        until(&format!("{name} is lost"), || self.has_lost(name).then_some(()));
    }

    /// Waits until it has been told that everything of that node is lost.
    fn flushed(&self, node: NodeId) {
        until("it is flushed", || self.told().contains(&Told::Flush(node)).then_some(()));
    }

    /// When that node was asked, each time that it was told to be fresh.
    fn beats(&self, node: NodeId) -> Vec<Moment> {
        let beats = self.told().into_iter().filter_map(|told| match told {
            Told::Fresh(fresh, asked) if fresh == node => Some(asked),
            _ => None,
        });
        beats.collect()
    }
}

impl NearSink for Recorder {
    fn lost(&self, name: &str) {
        self.tell(Told::Lost(name.to_owned()));
    }

    fn flush(&self, node: NodeId) {
        self.tell(Told::Flush(node));
    }

    fn now(&self) -> Moment {
        SystemClock.now()
    }

    fn fresh(&self, node: NodeId, asked: Moment) {
        self.tell(Told::Fresh(node, asked));
    }
}

/// A watch on a backend, and who is told.
struct Watcher {
    backend: RedisBackend,
    sink: Arc<Recorder>,
    watch: Arc<dyn Watch>,
}

impl Watcher {
    fn on(url: &str) -> Self {
        let backend = RedisBackend::lazy(url).expect("the URL is right");
        let sink = Arc::new(Recorder::default());
        let watch = backend.watch(watching(&sink)).expect("Redis tells of changes");
        Self { backend, sink, watch }
    }

    /// What is there, and who tells of changes.
    async fn read(&self, names: &Names) -> Result<Watched> {
        self.read_as(names, Want::Peek).await
    }

    async fn read_as(&self, names: &Names, want: Want) -> Result<Watched> {
        self.watch.read(&[Read { names: names.clone(), want, left: false }], soon()).await.remove(0)
    }

    /// The same, once there is a connection that tells.
    async fn watched(&self, names: &Names) -> (Watched, Vec<NodeId>) {
        let over = Deadline::after(Duration::from_secs(20));
        loop {
            // While servers change there may be errors.
            match self.read(names).await {
                Ok(Watched { seen, nodes: Some(nodes) }) => {
                    return (Watched { seen, nodes: Some(nodes.clone()) }, nodes);
                }
                other => assert!(!over.left().is_zero(), "nobody tells when that changes: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The same, once they are others than these.
    async fn watched_by_others(&self, names: &Names, than: &[NodeId]) -> Vec<NodeId> {
        let over = Deadline::after(Duration::from_secs(20));
        loop {
            let (_, nodes) = self.watched(names).await;
            if nodes != than {
                return nodes;
            }
            assert!(!over.left().is_zero(), "they are still the same");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stores something.
    async fn store(&self, names: &Names) {
        let grant = granted(&self.backend, names).await;
        filled(&self.backend, names, &grant, &blob("blob-id1", "body")).await.expect("the server answers");
    }

    /// Forgets what was told so far, when all of it has been.
    async fn settle(&self, names: &Names) {
        self.watched(names).await;
        self.sink.forget();
    }
}

fn watching(sink: &Arc<Recorder>) -> Watching {
    let weak = Arc::downgrade(sink);
    Watching { sink: weak, heartbeat: HEARTBEAT, patience: PATIENCE }
}

/// A server, and a watch on it.
fn watched() -> Option<(RedisServer, Watcher)> {
    let server = RedisServer::start()?;
    let watcher = Watcher::on(&server.url());
    Some((server, watcher))
}

/// How many connections the server tells of changes.
fn tracked(server: &RedisServer) -> usize {
    let clients = server.command(&["CLIENT", "LIST"]).text();
    let tells = |client: &str| client.split(' ').any(|field| field.starts_with("flags=") && field.contains('t'));
    clients.lines().filter(|client| tells(client)).count()
}

const FULL: Want = Want::Full { lease: MINUTE };
