//! Every clause of the contract of backends, on real servers.

use std::sync::Arc;

use easycache_core::Backend;
use easycache_redis::RedisBackend;
use easycache_testkit::{
    OwningBackend, backend_conformance,
    server::{RedisServer, Sentinel, Share, Shared},
    watch_conformance,
};

/// A server on its own.
static SINGLE: Shared<RedisServer> = Shared::new(RedisServer::start);

/// A master and two replicas.
static REPLICATED: Shared<[RedisServer; 3]> = Shared::new(|| {
    let master = RedisServer::start()?;
    let replica = || RedisServer::builder().start_replica_of(&master);
    let (one, two) = (replica()?, replica()?);
    Some([master, one, two])
});

/// The same, with Sentinels.
static WATCHED: Shared<Sentinel> = Shared::new(|| Sentinel::start(2));

type Owning<S> = OwningBackend<RedisBackend, Share<S>>;

async fn on<S: Send + Sync>(servers: &'static Shared<S>, url: impl FnOnce(&S) -> String) -> Option<Owning<S>> {
    let servers = servers.get()?;
    let backend = RedisBackend::connect(&url(&servers)).await.expect("the servers were just started");
    Some(OwningBackend::new(backend, servers))
}

/// A backend that is reached through an `Arc` of a `Box`.
fn pointers(backend: impl Backend) -> Arc<Box<dyn Backend>> {
    Arc::new(Box::new(backend))
}

mod single_server {
    use super::*;

    backend_conformance!(on(&SINGLE, RedisServer::url));
}

mod single_server_watched {
    use super::*;

    watch_conformance!(on(&SINGLE, RedisServer::url));
}

mod sentinel_watched {
    use super::*;

    watch_conformance!(on(&WATCHED, |sentinel| sentinel.url().to_owned()));
}

mod single_server_behind_pointers {
    use super::*;

    backend_conformance!(async { Some(pointers(on(&SINGLE, RedisServer::url).await?)) });
}

mod values_from_replicas {
    use super::*;

    backend_conformance!(on(&REPLICATED, |[master, ..]| format!("{}?replicas=read", master.url())));
}

mod sentinel {
    use super::*;

    backend_conformance!(on(&WATCHED, |sentinel| sentinel.url().to_owned()));
}

mod sentinel_behind_pointers {
    use super::*;

    backend_conformance!(async { Some(pointers(on(&WATCHED, |sentinel| sentinel.url().to_owned()).await?)) });
}

mod sentinel_with_every_option {
    use super::*;

    backend_conformance!(on(&WATCHED, |sentinel| format!("{}&replicas=read&epoch=on&wait=2", sentinel.url())));
}
