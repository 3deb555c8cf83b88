//! The database: a few thousand rows in a `SQLite` file of its own.

use std::{
    env, fmt, fs,
    path::PathBuf,
    process,
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, Params, Row};

use crate::{Result, shop::Book};

const SHOPS: i64 = 5;
const BOOKS: i64 = 5_000;
const USERS: i64 = 500;

/// Deleted when it is dropped.
pub(crate) struct Database {
    connection: Mutex<Connection>,
    file: PathBuf,
}

impl Database {
    /// A new file with all rows in it.
    pub(crate) fn create() -> Result<Self> {
        let file = env::temp_dir().join(format!("bookstore-{}.sqlite", process::id()));
        let mut connection = Connection::open(&file)?;
        connection.execute_batch(
            "PRAGMA synchronous = OFF;
             CREATE TABLE book (id INTEGER PRIMARY KEY, shop INTEGER, title TEXT, cents INTEGER CHECK (cents >= 0), stock INTEGER);
             CREATE TABLE favourite (user INTEGER, book INTEGER);",
        )?;
        fill(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), file })
    }

    pub(crate) fn books(&self, query: &str, params: impl Params) -> Result<Vec<Book>> {
        let book = |row: &Row<'_>| Ok(Book { id: row.get(0)?, title: row.get(1)?, cents: row.get(2)? });
        self.with(|connection| connection.prepare_cached(query)?.query_map(params, book)?.collect())
    }

    pub(crate) fn number(&self, query: &str, params: impl Params) -> Result<i64> {
        self.with(|connection| connection.query_row(query, params, |row| row.get(0)))
    }

    pub(crate) fn change(&self, statement: &str, params: impl Params) -> Result {
        self.with(|connection| connection.execute(statement, params)).map(drop)
    }

    fn with<T>(&self, f: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        Ok(f(&self.connection.lock().unwrap_or_else(PoisonError::into_inner))?)
    }
}

fn fill(connection: &mut Connection) -> Result {
    let transaction = connection.transaction()?;
    {
        let mut book = transaction.prepare("INSERT INTO book VALUES (?1, ?2, ?3, ?4, 1)")?;
        for id in 1..=BOOKS {
            book.execute((id, 1 + id % SHOPS, format!("Volume {:05}", id * 7919 % 100_000), 500 + id % 4_000))?;
        }
        let mut favourite = transaction.prepare("INSERT INTO favourite VALUES (?1, ?2)")?;
        for user in 1..=USERS {
            for nth in 0..(5 + user % 20) {
                favourite.execute((user, 1 + (user * 31 + nth * 97) % BOOKS))?;
            }
        }
    }
    Ok(transaction.commit()?)
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BOOKS} books in {SHOPS} shops and the favourites of {USERS} users, in {}", self.file.display())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}
