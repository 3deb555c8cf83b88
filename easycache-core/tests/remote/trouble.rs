//! Backends that fail.

use std::sync::Arc;

use easycache_core::{Error, ErrorKind, OnError, Policy};
use easycache_testkit::{FailingBackend, MemoryBackend, Side};

use crate::common::{number, on};

#[tokio::test]
async fn without_its_backend_a_cache_computes_or_fails_as_it_is_told() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    assert_eq!(number(&cache, Policy::ttl("1h"), 1).await, 1);
    backend.fail(Side::Before);
    assert_eq!(number(&cache, Policy::ttl("1h"), 2).await, 2);
    let failing = Policy::ttl("1h").on_error(OnError::Fail);
    let failed: Result<i32, Error> = cache.get_or_compute("key", failing, || async { 3 }).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable);
}
