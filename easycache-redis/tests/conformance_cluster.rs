//! Every clause of the contract of backends, on a cluster.

use std::sync::Arc;

use easycache_core::Backend;
use easycache_redis::RedisBackend;
use easycache_testkit::{
    OwningBackend, backend_conformance,
    server::{RedisCluster, Share, Shared},
};

/// One for all clauses, which do not get in each other's way.
static CLUSTER: Shared<RedisCluster> = Shared::new(RedisCluster::start);

async fn connected() -> Option<OwningBackend<RedisBackend, Share<RedisCluster>>> {
    let cluster = CLUSTER.get()?;
    let backend = RedisBackend::connect(&cluster.url()).await.expect("the cluster is well");
    Some(OwningBackend::new(backend, cluster))
}

mod plain {
    super::backend_conformance!(super::connected());
}

mod watched {
    easycache_testkit::watch_conformance!(super::connected());
}

mod boxed {
    use super::Backend;

    super::backend_conformance!(async { Some(Box::new(super::connected().await?) as Box<dyn Backend>) });
}

mod arced {
    use super::{Arc, Backend};

    super::backend_conformance!(async { Some(Arc::new(super::connected().await?) as Arc<dyn Backend>) });
}
