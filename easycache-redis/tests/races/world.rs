//! A server, and two processes that use it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use easycache_core::{
    Acquire, Acquired, Cache, Caps, Clock, Deadline, Fill, Filled, Grant, Names, Read, Result, Seen, Target,
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    self as testkit, FailingBackend, Method, Proxy, StoppingBackend,
    server::{RedisServer, Reply, until},
};
use tokio::runtime::{Builder, Runtime};

/// The step in which a lease is granted to whoever finds nothing.
pub(crate) const GRANTING: Method = Method::Acquire;

/// Whether what is computed is refused when a stamp has moved, and not stored where nobody is served it.
pub(crate) const DOOMS: bool = true;

/// A backend on a connection of its own that stops and fails as it is told to.
pub(crate) type Backend = Arc<StoppingBackend<FailingBackend<RedisBackend>>>;

/// A server, and the ways to it.
pub(crate) struct World {
    pub(crate) server: RedisServer,
    pub(crate) runtime: Arc<Runtime>,
    ways: [Way; 2],
    spaces: AtomicUsize,
}

/// A way to a server, and who takes it.
#[derive(Clone)]
struct Way {
    proxy: Arc<Proxy>,
    backend: Backend,
}

/// What one process has of a cache.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) cache: Cache,
    pub(crate) backend: Backend,
    /// What its connections go through.
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) runtime: Arc<Runtime>,
    namespace: String,
}

impl World {
    /// None if there is no `redis-server` here.
    pub(crate) fn start() -> Option<Self> {
        Some(Self::on(RedisServer::start()?, ""))
    }

    /// On that server, with these options in the URL.
    pub(crate) fn on(server: RedisServer, options: &str) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let ways = [0, 1].map(|_| Way::to(&server, options));
        Self { server, runtime: Arc::new(runtime), ways, spaces: AtomicUsize::new(0) }
    }

    /// Two processes of one application, of which nothing is stored yet.
    pub(crate) fn processes(&self) -> [Process; 2] {
        self.processes_with_clocks([None, None])
    }

    pub(crate) fn processes_with_clocks(&self, clocks: [Option<Arc<dyn Clock>>; 2]) -> [Process; 2] {
        let namespace = format!("space{}", self.spaces.fetch_add(1, Ordering::SeqCst));
        let mut clocks = clocks.into_iter();
        self.ways.each_ref().map(|way| self.process(way.clone(), &namespace, clocks.next().flatten()))
    }

    /// One more process of the application that those are of, on a way of its own.
    pub(crate) fn another(&self, like: &Process, options: &str) -> Process {
        self.process(Way::to(&self.server, options), &like.namespace, None)
    }

    fn process(&self, Way { proxy, backend }: Way, namespace: &str, clock: Option<Arc<dyn Clock>>) -> Process {
        // Nothing here is meant to be late: a test stops things for as long as it likes.
        let cache = Cache::builder().namespace(namespace).deadline("30s").coalesce_wait("30s");
        let cache = match clock {
            Some(clock) => cache.clock(clock),
            None => cache,
        };
        let cache = cache.backend(Arc::clone(&backend)).build().unwrap();
        Process { cache, backend, proxy, runtime: Arc::clone(&self.runtime), namespace: namespace.into() }
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

impl Way {
    fn to(server: &RedisServer, options: &str) -> Self {
        let proxy = Proxy::to(server.address());
        let backend = RedisBackend::lazy(&format!("{}{options}", proxy.url())).unwrap();
        Self { proxy: Arc::new(proxy), backend: Arc::new(StoppingBackend::new(FailingBackend::new(backend))) }
    }
}

impl Process {
    /// A process whose invalidations can be stopped between two names.
    pub(crate) fn one_by_one(&self) -> Self {
        let cache = Cache::builder().namespace(&*self.namespace).deadline("30s");
        let cache = cache.backend(OneByOne(Arc::clone(&self.backend))).build().unwrap();
        Self { cache, ..self.clone() }
    }

    /// The name on the server of what is called that, as `t:users`.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{}:{what}", self.namespace)
    }

    /// How many values it has computed and not stored.
    pub(crate) fn refused(&self) -> u64 {
        self.cache.stats().refused.total()
    }

    /// How often it has asked to acquire, store, renew or release.
    pub(crate) fn writes(&self) -> usize {
        self.proxy.tally().count("EVALSHA")
    }

    /// How often it has read.
    pub(crate) fn looks(&self) -> usize {
        self.proxy.tally().count("MGET")
    }

    /// Waits until it has written that often.
    pub(crate) fn has_sent(&self, writes: usize) {
        until("the request is on its way", || (self.writes() >= writes).then_some(()));
    }

    /// Waits until every invalidation of this process is acknowledged.
    pub(crate) fn is_confirmed(&self) {
        until("the invalidation is acknowledged", || (self.cache.stats().unconfirmed == 0).then_some(()));
    }
}

/// The next call of that method, and none after it.
pub(crate) fn the_next(method: Method) -> impl Fn(&testkit::Call) -> bool + Send + Sync {
    let seen = AtomicBool::new(false);
    move |call| call.method == method && !seen.swap(true, Ordering::SeqCst)
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
