//! Storage of your own as a backend: a table of `SQLite`, shared by all processes that open the file.
//! `cargo run --example store`.
//!
//! A store gets, sets, deletes and adds bytes; it knows nothing of tags, versions or leases. [`Stamped`] makes a backend of it
//! that keeps the promise on invalidations. Whether it does what [`Store`] asks for, `store_conformance!` of the test kit tells:
//! that is all there is in `tests/store.rs`.

#![expect(clippy::print_stdout, reason = "examples print")]

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use easycache::{Cache, Deadline, Error, ErrorKind, Result, Stamped, Store, ecached};
use rusqlite::{Connection, OptionalExtension as _, Transaction};

/// One row for each name. What is too old is left to be overwritten.
#[derive(Debug)]
pub(crate) struct Table(Mutex<Connection>);

impl Table {
    pub(crate) fn open(file: &Path) -> Result<Self> {
        let open = || {
            let connection = Connection::open(file)?;
            connection.busy_timeout(Duration::from_secs(1))?;
            let schema = "CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY, value BLOB, until REAL)";
            connection.execute_batch(schema).map(|()| connection)
        };
        open().map(|connection| Self(Mutex::new(connection))).map_err(trouble)
    }

    /// Works in one transaction, and waits for other processes no longer than until the deadline.
    fn with<T>(&self, deadline: Deadline, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        if deadline.left().is_zero() {
            return Err(Error::new(ErrorKind::Unavailable, "the deadline has passed"));
        }
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let in_transaction = || {
            connection.busy_timeout(deadline.left())?;
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit().map(|()| done)
        };
        in_transaction().map_err(trouble)
    }
}

/// The cache computes meanwhile.
fn trouble(error: rusqlite::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the table cannot be used: {error}")).with_source(error)
}

#[async_trait]
impl Store for Table {
    async fn get_many(&self, keys: &[&str], deadline: Deadline) -> Result<Vec<Option<Bytes>>> {
        self.with(deadline, |table| {
            let mut get =
                table.prepare_cached("SELECT value FROM entry WHERE name = ?1 AND until > unixepoch('subsec')")?;
            let mut get = |key: &&str| get.query_row([key], |row| row.get::<_, Vec<u8>>(0)).optional();
            keys.iter().map(|key| Ok(get(key)?.map(Bytes::from))).collect()
        })
    }

    async fn set_many(&self, entries: &[(&str, Bytes, Duration)], deadline: Deadline) -> Result<()> {
        self.with(deadline, |table| {
            let mut set = table.prepare_cached("REPLACE INTO entry VALUES (?1, ?2, unixepoch('subsec') + ?3)")?;
            entries.iter().try_for_each(|(key, value, ttl)| set.execute((key, &**value, ttl.as_secs_f64())).map(drop))
        })
    }

    async fn delete_many(&self, keys: &[&str], deadline: Deadline) -> Result<()> {
        self.with(deadline, |table| {
            let mut delete = table.prepare_cached("DELETE FROM entry WHERE name = ?1")?;
            keys.iter().try_for_each(|key| delete.execute([key]).map(drop))
        })
    }

    async fn add(&self, key: &str, value: Bytes, ttl: Duration, deadline: Deadline) -> Result<Bytes> {
        self.with(deadline, |table| {
            table.execute("DELETE FROM entry WHERE name = ?1 AND until <= unixepoch('subsec')", [key])?;
            let add = "INSERT OR IGNORE INTO entry VALUES (?1, ?2, unixepoch('subsec') + ?3)";
            table.execute(add, (key, &*value, ttl.as_secs_f64()))?;
            table
                .query_row("SELECT value FROM entry WHERE name = ?1", [key], |row| Ok(row.get::<_, Vec<u8>>(0)?.into()))
        })
    }
}

#[ecached("square:{number}", ttl = "1h", tags = ["squares"])]
fn square(number: u64) -> u64 {
    println!("computing the square of {number}");
    number * number
}

fn main() -> Result<()> {
    let file = std::env::temp_dir().join("easycache-example-store.sqlite");
    let backend = Stamped::new(Table::open(&file)?);
    easycache::register("default", Cache::builder().namespace("example").backend(backend).build()?);

    println!("{} and {}: in {}, also for the next run", square(12), square(12), file.display());
    square::invalidate_by_tags()?;
    println!("{}: computed again", square(12));
    Ok(())
}
