//! A server, and two processes that use it.

use std::sync::Arc;

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Caps, Clock, Deadline, Fill, Filled, Grant, Names, Read, Result, Seen, Target,
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Method, Proxy,
    server::{RedisServer, Reply, until},
};
use tokio::runtime::Runtime;

use crate::process::{self, Backend, Process, Way};

/// The step in which a lease is granted to whoever finds nothing.
pub(crate) const GRANTING: Method = Method::Acquire;

/// Whether what is computed is refused when a stamp has moved, and not stored where nobody is served it.
pub(crate) const DOOMS: bool = true;

/// What the backend of a process is, behind what stops it.
pub(crate) type OnWire = RedisBackend;

/// What is asked to acquire, store, renew or release, and to read.
pub(crate) const WRITES: &str = "EVALSHA";
pub(crate) const READS: &str = "MGET";
pub(crate) const READS_A_LOOK: usize = 1;

/// A server, and the ways to it.
pub(crate) struct World {
    pub(crate) server: RedisServer,
    pub(crate) runtime: Arc<Runtime>,
    ways: [Way; 2],
}

impl World {
    /// None if there is no `redis-server` here.
    pub(crate) fn start() -> Option<Self> {
        Some(Self::on(RedisServer::start()?, ""))
    }

    /// On that server, with these options in the URL.
    pub(crate) fn on(server: RedisServer, options: &str) -> Self {
        let ways = [0, 1].map(|_| way(&server, options));
        Self { server, runtime: process::runtime(), ways }
    }

    /// Two processes of one application, of which nothing is stored yet.
    pub(crate) fn processes(&self) -> [Process; 2] {
        self.processes_with_clocks([None, None])
    }

    pub(crate) fn processes_with_clocks(&self, clocks: [Option<Arc<dyn Clock>>; 2]) -> [Process; 2] {
        process::two(&self.ways, &self.runtime, clocks)
    }

    /// One more process of the application that those are of, on a way of its own.
    pub(crate) fn another(&self, like: &Process, options: &str) -> Process {
        Process::new(way(&self.server, options), &like.runtime, &like.namespace, None)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.server.command(&["EXISTS", name]).int() == 1
    }

    /// What is under that name.
    pub(crate) fn content(&self, name: &str) -> Reply {
        self.server.command(&["GET", name])
    }

    /// Ends the life of what is under that name.
    pub(crate) fn expire(&self, name: &str) {
        self.server.command(&["PEXPIRE", name, "1"]);
    }

    /// Puts what is under one name under another as well.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        self.server.command(&["COPY", from, to, "REPLACE"]);
    }

    /// Loses what is under that name, as a server does that needs the space.
    #[track_caller]
    pub(crate) fn lose(&self, name: &str) {
        assert_eq!(self.server.command(&["DEL", name]), Reply::Int(1), "{name} was there");
    }
}

fn way(server: &RedisServer, options: &str) -> Way {
    let proxy = Proxy::to(server.address());
    let backend = RedisBackend::lazy(&format!("{}{options}", proxy.url())).unwrap();
    Way::new(proxy, backend)
}

/// A process whose invalidations can be stopped between two names.
pub(crate) fn one_by_one(process: &Process) -> Process {
    let cache = process::builder(&process.namespace).backend(OneByOne(Arc::clone(&process.backend))).build().unwrap();
    Process { cache, ..process.clone() }
}

/// Waits until every invalidation of that process is acknowledged.
pub(crate) fn is_confirmed(process: &Process) {
    until("the invalidation is acknowledged", || (process.cache.stats().unconfirmed == 0).then_some(()));
}

/// Invalidates one name after the other, in their order, and not all in one round trip.
#[derive(Debug)]
struct OneByOne(Backend);

#[async_trait]
impl easycache_core::Backend for OneByOne {
    fn caps(&self) -> Caps {
        self.0.caps()
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        self.0.read(reads, deadline).await
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        self.0.acquire(acquires, deadline).await
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        self.0.fill(fills, deadline).await
    }

    async fn renew(&self, names: &Names, grant: &mut Grant, deadline: Deadline) -> Result<bool> {
        self.0.renew(names, grant, deadline).await
    }

    async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        self.0.release(names, grant, deadline).await
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        let mut answers = Vec::with_capacity(targets.len());
        for target in targets {
            answers.append(&mut self.0.invalidate(std::slice::from_ref(target), deadline).await);
        }
        answers
    }
}
