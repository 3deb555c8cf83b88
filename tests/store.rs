//! The store of `examples/store.rs`, clause by clause.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

#[expect(dead_code, reason = "its `main` is for the example")]
#[path = "../examples/store.rs"]
mod example;

use std::{
    env, fs, process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use easycache::{Deadline, Result, Stamped, Store};
use example::Table;

/// In a file of its own, removed with it.
#[derive(Debug)]
struct Own {
    table: Table,
    file: std::path::PathBuf,
}

impl Own {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = env::temp_dir().join(format!("easycache-store-{}-{number}.sqlite", process::id()));
        Self { table: Table::open(&file).unwrap(), file }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

#[async_trait]
impl Store for Own {
    async fn get_many(&self, keys: &[&str], deadline: Deadline) -> Result<Vec<Option<Bytes>>> {
        self.table.get_many(keys, deadline).await
    }

    async fn set_many(&self, entries: &[(&str, Bytes, Duration)], deadline: Deadline) -> Result<()> {
        self.table.set_many(entries, deadline).await
    }

    async fn delete_many(&self, keys: &[&str], deadline: Deadline) -> Result<()> {
        self.table.delete_many(keys, deadline).await
    }

    async fn add(&self, key: &str, value: Bytes, ttl: Duration, deadline: Deadline) -> Result<Bytes> {
        self.table.add(key, value, ttl, deadline).await
    }
}

mod as_a_store {
    easycache_testkit::store_conformance!(async { Some(super::Own::new()) });
}

mod as_a_backend {
    easycache_testkit::backend_conformance!(async { Some(super::Stamped::new(super::Own::new())) });
}
