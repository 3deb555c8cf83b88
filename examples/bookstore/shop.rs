//! The queries: functions and methods as anyone would write them, with one attribute each.

use easycache::{ecached, ecached_property, invalidates, tag};
use serde::{Deserialize, Serialize};

use super::{Result, database::Database};

/// A book as the shops sell it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Book {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) cents: i64,
}

/// Somebody who likes books.
pub(crate) struct User<'a> {
    id: i64,
    database: &'a Database,
}

impl<'a> User<'a> {
    pub(crate) fn new(database: &'a Database, id: i64) -> Self {
        Self { id, database }
    }

    /// Gone when any book in it changes: its tags come from the result.
    #[ecached("favourites:{self.id}", ttl = "1h", tags = ["user:{self.id}"], tags_from = |value| tags_of(value))]
    pub(crate) fn favourites(&self) -> Result<Vec<Book>> {
        self.database.books(
            "SELECT book.id, title, cents FROM book JOIN favourite ON book = book.id WHERE user = ?1 ORDER BY book.id",
            [self.id],
        )
    }

    #[ecached_property("favourite_count:{self.id}", ttl = 3600, tags = ["user:{self.id}"])]
    pub(crate) fn favourite_count(&self) -> Result<i64> {
        self.database.number("SELECT count(*) FROM favourite WHERE user = ?1", [self.id])
    }
}

/// A shop, with shelves in pages of 50 books.
pub(crate) struct Shop<'a> {
    id: i64,
    database: &'a Database,
}

impl<'a> Shop<'a> {
    pub(crate) fn new(database: &'a Database, id: i64) -> Self {
        Self { id, database }
    }

    #[ecached("shelf:{page}", prefix = "shop:{self.id}", ttl = "1h", tags_from = |value| tags_of(value))]
    pub(crate) fn shelf(&self, page: i64) -> Result<Vec<Book>> {
        self.database.books(
            "SELECT id, title, cents FROM book WHERE shop = ?1 ORDER BY title LIMIT 50 OFFSET 50 * (?2 - 1)",
            [self.id, page],
        )
    }

    /// Changes one book: whatever shows it is computed anew, in every shop and every list.
    #[invalidates(tags = ["book:{id}"])]
    pub(crate) fn set_price(&self, id: i64, cents: i64) -> Result {
        self.database.change("UPDATE book SET cents = ?2 WHERE id = ?1", [id, cents])
    }

    /// Changes everything in the shop at once.
    #[invalidates(prefix = "shop:{self.id}")]
    pub(crate) fn take_stock(&mut self) -> Result {
        self.database.change("UPDATE book SET stock = stock + 1 WHERE shop = ?1", [self.id])
    }
}

/// The database is no part of the key: it is the same one every time.
#[ecached([count], ttl = "5m", tags = ["bestsellers"])]
pub(crate) fn bestsellers(database: &Database, count: i64) -> Result<Vec<Book>> {
    database.books(
        "SELECT book.id, title, cents FROM book JOIN favourite ON book = book.id
         GROUP BY book.id ORDER BY count(*) DESC, book.id LIMIT ?1",
        [count],
    )
}

fn tags_of(books: &[Book]) -> Vec<String> {
    books.iter().map(|book| tag!("book:{book.id}")).collect()
}
