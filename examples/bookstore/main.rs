//! A bookstore on a `SQLite` file, with its queries cached: `cargo run --example bookstore`.
//!
//! Users, books and favourites in a real database file. The queries are ordinary functions and methods with one
//! attribute each (see `shop.rs`); this file walks through them and prints what each call cost.

#![expect(clippy::print_stdout, reason = "examples print")]

mod account;
mod database;
mod shop;

use std::error::Error;

use account::{Account, chapter, remark};
use database::Database;
use shop::{Shop, User, bestsellers};

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

fn main() -> Result {
    let database = Database::open(None)?;
    assert!(database.is_new(), "it is our own");
    println!("{database}\n");
    let mut account = Account::new();

    lists(&database, &mut account)?;
    properties(&database, &mut account)?;
    mutators(&database, &mut account)?;
    by_hand(&database, &mut account)?;

    account.close();
    Ok(())
}

/// A list is tagged with every book in it.
fn lists(database: &Database, account: &mut Account) -> Result {
    chapter("Lists, tagged with every book in the result");
    let (ann, bob) = (User::new(database, 1), User::new(database, 2));
    account.call("favourites of user 1", || ann.favourites())?;
    account.call("favourites of user 1, again", || ann.favourites())?;
    account.call("favourites of user 2", || bob.favourites())?;

    let book = ann.favourites()?[0].id;
    account.invalidation(&format!("tag book:{book}, which user 1 likes"), || {
        easycache::blocking::invalidate_tags([easycache::tag!("book:{book}")])
    })?;
    account.call("favourites of user 1", || ann.favourites())?;
    account.call("favourites of user 2: has other books", || bob.favourites())?;
    Ok(())
}

/// A property is a method without arguments.
fn properties(database: &Database, account: &mut Account) -> Result {
    chapter("A property, and its key");
    let ann = User::new(database, 1);
    account.call("how many favourites user 1 has", || ann.favourite_count())?;
    account.call("how many favourites user 1 has, again", || ann.favourite_count())?;
    account.invalidation("key, by the companion of the property", || ann.favourite_count_invalidate_by_key())?;
    account.call("how many favourites user 1 has", || ann.favourite_count())?;
    Ok(())
}

/// A mutator says what it changes; after it has succeeded, that is invalid.
fn mutators(database: &Database, account: &mut Account) -> Result {
    chapter("Two shops: a prefix each, and mutators that invalidate");
    let (mut north, south) = (Shop::new(database, 1), Shop::new(database, 2));
    for page in 1..=3 {
        account.call(format!("shop 1, page {page}"), || north.shelf(page))?;
    }
    account.call("shop 2, page 1", || south.shelf(1))?;
    account.invalidation("prefix shop:1, by taking stock", || north.take_stock())?;
    account.call("shop 1, page 1", || north.shelf(1))?;
    account.call("shop 2, page 1: another shop", || south.shelf(1))?;

    let book = &south.shelf(1)?[0];
    let (id, cents) = (book.id, book.cents + 100);
    account.invalidation(&format!("tag book:{id}, by changing its price"), || south.set_price(id, cents))?;
    let shelf = account.call("shop 2, page 1: the new price", || south.shelf(1))?;
    assert_eq!(shelf[0].cents, cents, "an invalidation that has returned holds");

    if let Err(error) = south.set_price(id, -1) {
        remark(format!("a price of -1 is refused ({error}), and invalidates nothing"));
    }
    account.call("shop 2, page 1", || south.shelf(1))?;
    Ok(())
}

/// Refresh, and the handle of an entry.
fn by_hand(database: &Database, account: &mut Account) -> Result {
    chapter("Refresh, and what is stored under which key");
    account.call("bestsellers", || bestsellers(database, 10))?;
    account.call("bestsellers, refreshed", || bestsellers::refresh(database, 10))?;
    account.call("bestsellers", || bestsellers(database, 10))?;
    let entry = bestsellers::entry(database, 10);
    let stored = entry.peek()?.map_or(0, |books| books.len());
    remark(format!("key {:?}, tags {:?}: {stored} books", entry.key(), entry.tags()));
    Ok(())
}
