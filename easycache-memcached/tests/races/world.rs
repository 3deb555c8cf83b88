//! Servers, and two processes that use them.

use std::{
    io::{BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, OnceLock},
};

use easycache_core::Clock;
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{
    Method, Proxy,
    server::{Memcached, until},
};
use tokio::runtime::Runtime;

use crate::process::{self, Process, Way};

/// The step in which a lease is granted to whoever finds nothing.
pub(crate) const GRANTING: Method = Method::Read;

/// Whether what is computed is refused when a stamp has moved, and not stored where nobody is served it.
pub(crate) const DOOMS: bool = false;

/// What stands for a lease is smaller, with all that belongs to it, and every value is larger.
const LARGEST_HOLDER: usize = 140;

/// What the backend of a process is, behind what stops it.
pub(crate) type OnWire = MemcachedBackend;

/// What is asked to mint, store or prolong; and to read: each time value, everything, two tags and two prefixes.
pub(crate) const WRITES: &str = "MS";
pub(crate) const READS: &str = "MG";
pub(crate) const READS_A_LOOK: usize = 6;

/// A server, and the ways to it.
pub(crate) struct World {
    pub(crate) server: Arc<Memcached>,
    pub(crate) runtime: Arc<Runtime>,
    ways: [Way; 2],
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
        let ways = [0, 1].map(|_| way(&server));
        Self { server, runtime: process::runtime(), ways }
    }

    /// Two processes of one application, of which nothing is stored yet.
    pub(crate) fn processes(&self) -> [Process; 2] {
        self.processes_with_clocks([None, None])
    }

    pub(crate) fn processes_with_clocks(&self, clocks: [Option<Arc<dyn Clock>>; 2]) -> [Process; 2] {
        process::two(&self.ways, &self.runtime, clocks)
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

fn way(server: &Memcached) -> Way {
    let proxy = Proxy::to(server.address());
    let backend = at(proxy.address());
    Way::new(proxy, backend)
}

fn at(address: SocketAddr) -> MemcachedBackend {
    MemcachedBackend::lazy(&format!("memcached://{address}")).unwrap()
}
