//! Places to run functions in.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use easycache::{Cache, Scope};
use easycache_testkit::server::{Memcached, RedisServer};
use tokio::runtime::Builder;

/// The cache that the functions of these tests use.
pub const ALIAS: &str = "shop";

/// How often a body has run.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<AtomicU32>);

impl Calls {
    /// One more; gives the new number.
    pub fn count(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn so_far(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A cache in the place of [`ALIAS`], and what it is on.
pub struct Place {
    pub name: &'static str,
    pub server: Option<RedisServer>,
    pub cache: Cache,
    /// Where other processes find what is kept there.
    url: Option<String>,
    /// A server of another kind.
    _other: Option<Box<dyn std::any::Any>>,
}

impl Place {
    pub fn in_process() -> Self {
        let cache = easycache::blocking::connect("memory://").unwrap();
        Self { name: "in process", server: None, cache, url: None, _other: None }
    }

    /// None: there is no `redis-server`.
    pub fn on_redis() -> Option<Self> {
        Self::on_redis_with("")
    }

    /// The same with options.
    pub fn on_redis_with(options: &str) -> Option<Self> {
        let server = RedisServer::start()?;
        let cache = easycache::blocking::connect(&format!("{}&{options}", patient(&server))).unwrap();
        let url = Some(patient(&server));
        Some(Self { name: "on Redis", server: Some(server), cache, url, _other: None })
    }

    /// None: there is no `memcached`.
    pub fn on_memcached() -> Option<Self> {
        Self::on_memcached_with("")
    }

    /// The same with options.
    pub fn on_memcached_with(options: &str) -> Option<Self> {
        let server = Memcached::start()?;
        let url = format!("{}?deadline=20s&connect_timeout=20s&{options}", server.url());
        let cache = easycache::blocking::connect(&url).unwrap();
        Some(Self { name: "on memcached", server: None, cache, url: Some(url), _other: Some(Box::new(server)) })
    }

    /// Where other processes find what is kept there.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Another process's cache on the same server.
    pub fn another(&self) -> Cache {
        match &self.url {
            Some(url) => easycache::blocking::connect(url).unwrap(),
            None => self.cache.clone(),
        }
    }

    pub fn scope(&self) -> Scope {
        easycache::scope(ALIAS, self.cache.clone())
    }

    /// Runs a test in which functions use this cache.
    pub fn run<R>(&self, test: impl FnOnce() -> R) -> R {
        self.scope().run(test)
    }

    /// The same, async.
    pub fn block_on<F: Future>(&self, test: F) -> F::Output {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.scope().run_async(test))
    }
}

/// Servers with near tiers in front of them.
pub fn near_places() -> Vec<Place> {
    let kinds = ["near=100", "near=100&freshness=strict", "near=100&freshness=ttl:1h"];
    let on_redis = kinds.into_iter().filter_map(|options| {
        let place = Place::on_redis_with(options)?;
        Some(Place { name: options, ..place })
    });
    let on_memcached = kinds.into_iter().skip(1).filter_map(|options| {
        let place = Place::on_memcached_with(options)?;
        Some(Place { name: options, ..place })
    });
    on_redis.chain(on_memcached).collect()
}

/// The URL of a server, with deadlines that no busy machine misses.
pub fn patient(server: &RedisServer) -> String {
    format!("{}?deadline=20s&connect_timeout=20s", server.url())
}

/// All of them: not a line of a function differs between them.
pub fn places() -> Vec<Place> {
    [Some(Place::in_process()), Place::on_redis(), Place::on_memcached()].into_iter().flatten().collect()
}

/// A kind of thread that a function may be called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thread {
    Plain,
    /// A worker of a runtime that has several.
    Worker,
    /// The one thread of a runtime.
    OnlyOne,
    /// One for work that blocks.
    Blocking,
}

impl Thread {
    pub const ALL: [Self; 4] = [Self::Plain, Self::Worker, Self::OnlyOne, Self::Blocking];

    /// Calls something that is not async on such a thread.
    pub fn call<R: Send + 'static>(self, call: impl FnOnce() -> R + Send + 'static) -> R {
        let several = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        match self {
            Self::Plain => thread::spawn(call).join().unwrap(),
            Self::Worker => several().block_on(async { tokio::spawn(async { call() }).await.unwrap() }),
            Self::OnlyOne => Builder::new_current_thread().enable_all().build().unwrap().block_on(async { call() }),
            Self::Blocking => several().block_on(async { tokio::task::spawn_blocking(call).await.unwrap() }),
        }
    }
}
