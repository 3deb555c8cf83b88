//! Servers, and two processes that use them.

use std::{
    io::{BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use easycache_core::{Cache, Clock};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{
    self as testkit, FailingBackend, Method, Proxy, StoppingBackend,
    server::{Memcached, until},
};
use tokio::runtime::{Builder, Runtime};

/// The step in which a lease is granted to whoever finds nothing.
pub(crate) const GRANTING: Method = Method::Read;

/// Whether what is computed is refused when a stamp has moved, and not stored where nobody is served it.
pub(crate) const DOOMS: bool = false;

/// What stands for a lease is smaller, with all that belongs to it, and every value is larger.
const LARGEST_HOLDER: usize = 140;

/// A backend on a connection of its own that stops and fails as it is told to.
pub(crate) type Backend = Arc<StoppingBackend<FailingBackend<MemcachedBackend>>>;

/// A server, and the ways to it.
pub(crate) struct World {
    pub(crate) server: Arc<Memcached>,
    pub(crate) runtime: Arc<Runtime>,
    ways: [Way; 2],
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

/// One server for all tests, for it has to have run for a moment: a lease is prolonged by another connection than the
/// one it was granted on, which has to know that it is to the same run of the server.
fn shared() -> Option<Arc<Memcached>> {
    static SERVER: OnceLock<Option<Arc<Memcached>>> = OnceLock::new();
    SERVER.get_or_init(|| Memcached::start().map(settled)).clone()
}

fn settled(server: Memcached) -> Arc<Memcached> {
    until("it has run for a moment", || (server.stat("uptime").parse::<u32>().ok()? > 2).then_some(()));
    Arc::new(server)
}

impl World {
    /// None if there is no `memcached` here.
    pub(crate) fn start() -> Option<Self> {
        Some(Self::on(shared()?))
    }

    /// On a server of its own.
    pub(crate) fn alone() -> Option<Self> {
        Some(Self::on(settled(Memcached::start()?)))
    }

    fn on(server: Arc<Memcached>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let ways = [0, 1].map(|_| Way::to(&server));
        Self { server, runtime: Arc::new(runtime), ways }
    }

    /// Two processes of one application, of which nothing is stored yet.
    pub(crate) fn processes(&self) -> [Process; 2] {
        self.processes_with_clocks([None, None])
    }

    pub(crate) fn processes_with_clocks(&self, clocks: [Option<Arc<dyn Clock>>; 2]) -> [Process; 2] {
        static SPACES: AtomicUsize = AtomicUsize::new(0);
        let namespace = format!("space{}", SPACES.fetch_add(1, Ordering::SeqCst));
        let mut clocks = clocks.into_iter();
        self.ways.each_ref().map(|way| self.process(way.clone(), &namespace, clocks.next().flatten()))
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

    /// Whether there is something of that name: a value, a lease or a stamp. It is not looked at as readers do, who would be
    /// told to compute.
    pub(crate) fn exists(&self, name: &str) -> bool {
        let Some(size) = self.size(name) else { return false };
        if name.contains(":l:") {
            // A value that is computed anew is marked.
            return size < LARGEST_HOLDER || self.server.command(&format!("mg {}", place(name))) == ["HD Z X"];
        }
        !name.contains(":v:") || size >= LARGEST_HOLDER
    }

    /// How large an item is.
    fn size(&self, name: &str) -> Option<usize> {
        let told = self.server.command(&format!("me {}", place(name)));
        let size = told[0].split(' ').find_map(|word| word.strip_prefix("size="));
        size.map(|size| size.parse().unwrap())
    }

    /// What tells the state of what is under that name.
    pub(crate) fn content(&self, name: &str) -> String {
        let told = self.server.command(&format!("me {}", place(name)));
        told[0].split(' ').find(|word| word.starts_with("cas=")).unwrap_or_default().to_owned()
    }

    /// Loses what is under that name, as a server does that needs the space.
    #[track_caller]
    pub(crate) fn lose(&self, name: &str) {
        assert_eq!(self.server.command(&format!("md {}", place(name))), ["HD"], "{name} was there");
    }

    /// Ends the life of what is under that name.
    pub(crate) fn expire(&self, name: &str) {
        self.server.command(&format!("mg {} T-1", place(name)));
    }

    /// Puts what is under one name under another as well.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        stream.write_all(format!("mg {} v\r\nmn\r\n", place(from)).as_bytes()).unwrap();
        let value = answered(&stream);
        let body = value.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let body = &value[body..value.len() - 2];
        stream.write_all(format!("ms {} {}\r\n", place(to), body.len()).as_bytes()).unwrap();
        stream.write_all(&[body, b"\r\nmn\r\n"].concat()).unwrap();
        assert_eq!(answered(&stream), b"HD\r\n");
    }
}

/// Everything before the answer to `mn`.
fn answered(stream: &TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    for byte in BufReader::new(stream).bytes() {
        answer.push(byte.unwrap());
        if answer.ends_with(b"MN\r\n") {
            break;
        }
    }
    answer.truncate(answer.len() - 4);
    answer
}

/// Where what is called that is kept: a lease is in the place of its value.
fn place(name: &str) -> String {
    name.replace(":l:", ":v:")
}

impl Way {
    fn to(server: &Memcached) -> Self {
        let proxy = Proxy::to(server.address());
        let backend = at(proxy.address());
        Self { proxy: Arc::new(proxy), backend: Arc::new(StoppingBackend::new(FailingBackend::new(backend))) }
    }
}

fn at(address: SocketAddr) -> MemcachedBackend {
    MemcachedBackend::lazy(&format!("memcached://{address}")).unwrap()
}

impl Process {
    /// The name on the server of what is called that, as `t:users`.
    pub(crate) fn name(&self, what: &str) -> String {
        format!("{}:{what}", self.namespace)
    }

    /// How many values it has computed and not stored.
    pub(crate) fn refused(&self) -> u64 {
        self.cache.stats().refused.total()
    }

    /// How often it has minted, stored or prolonged.
    pub(crate) fn writes(&self) -> usize {
        self.proxy.tally().count("MS")
    }

    /// How often it has read: each time value, everything, two tags and two prefixes.
    pub(crate) fn looks(&self) -> usize {
        self.proxy.tally().count("MG") / 6
    }

    /// Waits until it has written that often.
    pub(crate) fn has_sent(&self, writes: usize) {
        until("the request is on its way", || (self.writes() >= writes).then_some(()));
    }
}

/// The next call of that method, and none after it.
pub(crate) fn the_next(method: Method) -> impl Fn(&testkit::Call) -> bool + Send + Sync {
    let seen = AtomicBool::new(false);
    move |call| call.method == method && !seen.swap(true, Ordering::SeqCst)
}
