//! Every clause of the contract of backends, on real servers.

use std::sync::Arc;
use std::sync::{Mutex, PoisonError, Weak};

use easycache_core::Backend;
use easycache_redis::RedisBackend;
use easycache_testkit::{
    OwningBackend, backend_conformance,
    server::{RedisServer, Sentinel},
};

/// Servers that clauses share which run at the same time, or one right after the other.
struct Shared<S>(Mutex<Weak<S>>);

impl<S> Shared<S> {
    const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    fn get(&self, start: impl FnOnce() -> Option<S>) -> Option<Arc<S>> {
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(servers) = there.upgrade() {
            return Some(servers);
        }
        let servers = Arc::new(start()?);
        *there = Arc::downgrade(&servers);
        Some(servers)
    }
}

/// A server on its own.
fn single() -> Option<Arc<RedisServer>> {
    static SERVER: Shared<RedisServer> = Shared::new();
    SERVER.get(RedisServer::start)
}

/// A master and two replicas.
fn replicated() -> Option<Arc<[RedisServer; 3]>> {
    static SERVERS: Shared<[RedisServer; 3]> = Shared::new();
    SERVERS.get(|| {
        let master = RedisServer::start()?;
        let replica = || RedisServer::builder().start_replica_of(&master);
        let (one, two) = (replica()?, replica()?);
        Some([master, one, two])
    })
}

/// The same, with Sentinels.
fn watched() -> Option<Arc<Sentinel>> {
    static SERVERS: Shared<Sentinel> = Shared::new();
    SERVERS.get(|| Sentinel::start(2))
}

async fn on<S>(servers: Option<Arc<S>>, url: impl FnOnce(&S) -> String) -> Option<OwningBackend<RedisBackend, Arc<S>>>
where
    S: Send + Sync,
{
    let servers = servers?;
    let backend = RedisBackend::connect(&url(&servers)).await.expect("the servers were just started");
    Some(OwningBackend::new(backend, servers))
}

/// A backend that is reached through an `Arc` of a `Box`.
fn pointers(backend: impl Backend) -> Arc<Box<dyn Backend>> {
    Arc::new(Box::new(backend))
}

mod single_server {
    use super::*;

    backend_conformance!(on(single(), RedisServer::url));
}

mod single_server_behind_pointers {
    use super::*;

    backend_conformance!(async { Some(pointers(on(single(), RedisServer::url).await?)) });
}

mod values_from_replicas {
    use super::*;

    backend_conformance!(on(replicated(), |[master, ..]| format!("{}?replicas=read", master.url())));
}

mod sentinel {
    use super::*;

    backend_conformance!(on(watched(), |sentinel| sentinel.url().to_owned()));
}

mod sentinel_behind_pointers {
    use super::*;

    backend_conformance!(async { Some(pointers(on(watched(), |sentinel| sentinel.url().to_owned()).await?)) });
}

mod sentinel_with_every_option {
    use super::*;

    backend_conformance!(on(watched(), |sentinel| format!("{}&replicas=read&epoch=on&wait=2", sentinel.url())));
}
