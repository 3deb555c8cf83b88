//! A deadline of a collection that is missed, on any server.

use std::time::Duration;

use easycache_core::{Cache, ErrorKind, NodeState, Policy, collections::CacheValue};
use easycache_testkit::Proxy;

/// Of a cache whose server is behind that proxy.
pub(crate) async fn is_not_that_of_cached_calls(cache: &Cache, proxy: &Proxy) {
    let value = CacheValue::<i64>::new(cache, "v");
    assert_eq!(value.get().await.unwrap(), None);
    cache.set("k", 7, Policy::new()).await.unwrap();
    proxy.reset();
    proxy.delay(Duration::from_millis(300));
    let missed = value.clone().deadline("50ms").increment(1).await.unwrap_err();
    assert_eq!(missed.kind(), ErrorKind::Unavailable);
    assert_eq!(value.get().await.unwrap_err().kind(), ErrorKind::Unavailable, "collections leave the server alone");
    assert_eq!(cache.get::<i32>("k").await.unwrap(), Some(7));
    proxy.delay(Duration::ZERO);
    let states = cache.status().await.unwrap().into_iter().map(|node| node.state).collect::<Vec<_>>();
    assert!(matches!(states[..], [NodeState::Up { .. }]), "{states:?}");
    assert_eq!(proxy.tally().connections(), 0, "the connection of cached calls has stayed");
}
