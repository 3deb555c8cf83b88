//! Every clause of the contract of backends, on a real server.

use easycache_redis::RedisBackend;
use easycache_testkit::{OwningBackend, backend_conformance, server::RedisServer};

backend_conformance!(async {
    let server = RedisServer::start()?;
    let backend = RedisBackend::connect(&server.url()).await.expect("the server was just started");
    Some(OwningBackend::new(backend, server))
});
