//! Every clause of the contract of backends, on real servers.

use std::sync::OnceLock;

use easycache_memcached::MemcachedBackend;
use easycache_testkit::{backend_conformance, server::Memcached};

/// Three servers, for all tests of this process.
fn servers() -> Option<&'static [Memcached]> {
    static SERVERS: OnceLock<Option<Vec<Memcached>>> = OnceLock::new();
    SERVERS.get_or_init(|| (0..3).map(|_| Memcached::start()).collect()).as_deref()
}

/// A backend on so many of them.
async fn connect(count: usize) -> Option<MemcachedBackend> {
    let addresses = servers()?[..count].iter().map(|server| server.address().to_string()).collect::<Vec<_>>();
    let url = format!("memcached://{}", addresses.join(","));
    Some(MemcachedBackend::connect(&url).await.expect("the servers were just started"))
}

mod on_one_server {
    use super::*;

    backend_conformance!(connect(1));
}

mod on_three_servers {
    use super::*;

    backend_conformance!(connect(3));
}
