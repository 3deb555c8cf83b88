//! Backends that fail.

use std::{future::pending, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use easycache_core::{Cache, Deadline, Error, ErrorKind, OnError, Policy, Stamped, Store};
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

/// A store that never answers.
#[derive(Debug)]
struct Stuck;

#[async_trait]
impl Store for Stuck {
    async fn get_many(&self, _: &[&str], _: Deadline) -> easycache_core::Result<Vec<Option<Bytes>>> {
        pending().await
    }

    async fn set_many(&self, _: &[(&str, Bytes, Duration)], _: Deadline) -> easycache_core::Result<()> {
        pending().await
    }

    async fn delete_many(&self, _: &[&str], _: Deadline) -> easycache_core::Result<()> {
        pending().await
    }

    async fn add(&self, _: &str, _: Bytes, _: Duration, _: Deadline) -> easycache_core::Result<Bytes> {
        pending().await
    }
}

#[tokio::test]
async fn nobody_waits_for_a_store_that_does_not_answer_longer_than_the_deadline() {
    let builder = Cache::builder().backend(Stamped::new(Stuck)).deadline(Duration::from_millis(50));
    let cache = builder.build().unwrap();
    let all = async {
        assert_eq!(number(&cache, Policy::ttl("1h"), 1).await, 1);
        assert_eq!(cache.set("key", 1, Policy::ttl("1h")).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(cache.get::<i32>("key").await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(cache.invalidate_key("key").await.unwrap_err().kind(), ErrorKind::Unavailable);
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("the store never answers");
}
