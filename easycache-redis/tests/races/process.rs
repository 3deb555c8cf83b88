//! A process of an application: a cache on a way of its own to the server.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use easycache_core::{Cache, CacheBuilder, Clock};
use easycache_testkit::{self as testkit, FailingBackend, Method, Proxy, StoppingBackend, server::until};
use tokio::runtime::{Builder, Runtime};

use crate::world::{OnWire, READS, READS_A_LOOK, WRITES};

/// A backend on a connection of its own that stops and fails as it is told to.
pub(crate) type Backend = Arc<StoppingBackend<FailingBackend<OnWire>>>;

/// A way to a server, and who takes it.
#[derive(Clone)]
pub(crate) struct Way {
    proxy: Arc<Proxy>,
    backend: Backend,
}

impl Way {
    pub(crate) fn new(proxy: Proxy, backend: OnWire) -> Self {
        Self { proxy: Arc::new(proxy), backend: Arc::new(StoppingBackend::new(FailingBackend::new(backend))) }
    }
}

/// What one process has of a cache.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) cache: Cache,
    pub(crate) backend: Backend,
    /// What its connections go through.
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) namespace: String,
}

/// Where tasks of several processes run.
pub(crate) fn runtime() -> Arc<Runtime> {
    Arc::new(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Two processes of one application, of which nothing is stored yet.
pub(crate) fn two(ways: &[Way; 2], runtime: &Arc<Runtime>, clocks: [Option<Arc<dyn Clock>>; 2]) -> [Process; 2] {
    static SPACES: AtomicUsize = AtomicUsize::new(0);
    let namespace = format!("space{}", SPACES.fetch_add(1, Ordering::SeqCst));
    let mut clocks = clocks.into_iter();
    ways.each_ref().map(|way| Process::new(way.clone(), runtime, &namespace, clocks.next().flatten()))
}

impl Process {
    pub(crate) fn new(
        Way { proxy, backend }: Way,
        runtime: &Arc<Runtime>,
        ns: &str,
        clock: Option<Arc<dyn Clock>>,
    ) -> Self {
        let cache = builder(ns);
        let cache = match clock {
            Some(clock) => cache.clock(clock),
            None => cache,
        };
        let cache = cache.backend(Arc::clone(&backend)).build().unwrap();
        Self { cache, backend, proxy, runtime: Arc::clone(runtime), namespace: ns.into() }
    }

    /// The name on the server of what is called that, as `t:users`.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{}:{what}", self.namespace)
    }

    /// How many values it has computed and not stored.
    pub(crate) fn refused(&self) -> u64 {
        self.cache.stats().refused.total()
    }

    /// How often it has written: granted, stored, prolonged or released.
    pub(crate) fn writes(&self) -> usize {
        self.proxy.tally().count(WRITES)
    }

    /// How often it has looked.
    pub(crate) fn looks(&self) -> usize {
        self.proxy.tally().count(READS) / READS_A_LOOK
    }

    /// Waits until it has written that often.
    pub(crate) fn has_sent(&self, writes: usize) {
        until("the request is on its way", || (self.writes() >= writes).then_some(()));
    }
}

/// Nothing here is meant to be late: a test stops things for as long as it likes.
pub(crate) fn builder(namespace: &str) -> CacheBuilder {
    Cache::builder().namespace(namespace).deadline("30s").coalesce_wait("30s")
}

/// The next call of that method, and none after it.
pub(crate) fn the_next(method: Method) -> impl Fn(&testkit::Call) -> bool + Send + Sync {
    let seen = AtomicBool::new(false);
    move |call| call.method == method && !seen.swap(true, Ordering::SeqCst)
}
