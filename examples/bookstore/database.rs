//! The database: a few thousand rows in a `SQLite` file.

use std::{
    cell::Cell,
    env, fmt, fs,
    path::{Path, PathBuf},
    process,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Params, Row, TransactionBehavior};

use super::{Result, shop::Book};

const SHOPS: i64 = 5;
const BOOKS: i64 = 5_000;
const USERS: i64 = 500;

thread_local! {
    static QUERIES: Cell<u64> = const { Cell::new(0) };
}

pub(crate) struct Database {
    connection: Mutex<Connection>,
    file: PathBuf,
    /// Whether it is this process's own, and deleted with this.
    own: bool,
    is_new: bool,
}

impl Database {
    /// The file that several processes share, or one of our own; filled if it is new.
    pub(crate) fn open(shared: Option<&Path>) -> Result<Self> {
        let own = || env::temp_dir().join(format!("bookstore-{}.sqlite", process::id()));
        let file = shared.map_or_else(own, Path::to_owned);
        let mut connection = Connection::open(&file)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.execute_batch("PRAGMA synchronous = OFF")?;
        let is_new = fill(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), file, own: shared.is_none(), is_new })
    }

    /// Whether nobody has opened the file before.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// How many queries and changes the calling thread has sent to any database so far.
    pub(crate) fn queries_of_this_thread() -> u64 {
        QUERIES.get()
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
        QUERIES.set(QUERIES.get() + 1);
        Ok(f(&self.connection.lock().unwrap_or_else(PoisonError::into_inner))?)
    }
}

/// Of several processes that begin at the same time one fills the file; the others wait for it.
fn fill(connection: &mut Connection) -> Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if tables > 0 {
        return Ok(false);
    }
    transaction.execute_batch(
        "CREATE TABLE book (id INTEGER PRIMARY KEY, shop INTEGER, title TEXT, cents INTEGER CHECK (cents >= 0), stock INTEGER);
         CREATE TABLE favourite (user INTEGER, book INTEGER);",
    )?;
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
    transaction.commit()?;
    Ok(true)
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{BOOKS} books in {SHOPS} shops and the favourites of {USERS} users, in {}", self.file.display())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.own {
            let _ = fs::remove_file(&self.file);
        }
    }
}
