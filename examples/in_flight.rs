//! An invalidation that meets a computation under way, here and elsewhere: `cargo run --example in_flight`.
//!
//! A row has the value 1. A computation reads it, and is slow. Meanwhile the row is changed to 2 and the cache is
//! invalidated. When the slow computation has ended, what does the next read get?

#![expect(clippy::print_stdout, reason = "examples print")]

use std::{
    sync::{
        Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use cached::macros::concurrent_cached;
use easycache::ecached;

/// The database.
static ROW: AtomicU64 = AtomicU64::new(0);
/// Where the slow computation and the rest meet: when the row has been read, and when the cache was invalidated.
static READ: Barrier = Barrier::new(2);
static INVALIDATED: Barrier = Barrier::new(2);

/// Reads the row; slowly, if it is the first value.
fn compute() -> u64 {
    let value = ROW.load(Ordering::SeqCst);
    if value == 1 {
        READ.wait();
        INVALIDATED.wait();
    }
    value
}

#[ecached("row")]
fn by_easycache() -> u64 {
    compute()
}

#[concurrent_cached(key = "u8", convert = "{ 0 }", name = "CACHED")]
fn by_cached() -> u64 {
    compute()
}

/// Lets the slow computation and the invalidation meet; returns what is read afterwards.
fn race(read: impl Fn() -> u64 + Sync, invalidate: impl Fn()) -> u64 {
    ROW.store(1, Ordering::SeqCst);
    thread::scope(|scope| {
        scope.spawn(&read);
        READ.wait();
        ROW.store(2, Ordering::SeqCst);
        invalidate();
        INVALIDATED.wait();
    });
    read()
}

fn main() {
    let moka = moka::sync::Cache::<u8, u64>::new(10);
    let quick = quick_cache::sync::Cache::<u8, u64>::new(10);
    let by_quick = || quick.get_or_insert_with(&0, || Ok::<_, ()>(compute())).expect("it computes, come what may");

    let forget = || {
        let _removed = cached::ConcurrentCached::cache_remove(&*CACHED, &0);
    };
    let remove = || {
        let _removed = quick.remove(&0);
    };
    let invalidate = || {
        by_easycache::invalidate_by_key().expect("the key is a good one");
    };

    let answers = [
        ("easycache", race(by_easycache, invalidate)),
        ("cached", race(by_cached, forget)),
        ("moka", race(|| moka.get_with(0, compute), || moka.invalidate(&0))),
        ("quick_cache", race(by_quick, remove)),
    ];
    for (name, answer) in answers {
        let verdict = if answer == 2 { "current" } else { "stale, until it expires" };
        println!("{name:<12} reads {answer}: {verdict}");
    }
}
