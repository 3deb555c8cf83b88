//! The same without async: `cargo run --example sync`.
//!
//! A cached function that is not async needs no runtime, and its companions are not async either.

#![expect(clippy::print_stdout, reason = "examples print")]

use std::{
    thread,
    time::{Duration, Instant},
};

use easycache::{Policy, ecached};

/// Nothing below one's own function is special: recursion goes through the cache as well.
#[ecached("fibonacci:{n}", ttl = "1h", tags = ["fibonacci"])]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

/// Only `Ok` is stored.
#[ecached("report:{year}", ttl = "10m")]
fn report(year: u16) -> Result<String, String> {
    if year < 2000 {
        return Err(format!("no records of {year}"));
    }
    thread::sleep(Duration::from_millis(50));
    Ok(format!("report of {year}"))
}

fn main() -> easycache::Result<()> {
    println!("fibonacci(90) = {}, computed once for each number below", fibonacci(90));
    fibonacci::invalidate_by_tags()?;

    println!("{:?}", report(1984));
    println!("{:?}", report(1984).map_err(|error| format!("{error}, again: errors are not stored")));

    // Eight threads ask at once: one computes, the others wait for it.
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| report(2024));
        }
    });
    let since = timed(|| report(2024));
    println!("report(2024) took {since:?}: it was there");

    // Without a function of its own:
    let cache = easycache::cache("default").expect("the default cache is always there");
    let answer = cache.blocking().get_or_compute("answer", Policy::ttl("1m"), || 42)?;
    println!("the answer is {answer}");
    println!("{}", cache.stats());
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "an example measures the time that passes")]
fn timed<R>(f: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    f();
    start.elapsed()
}
