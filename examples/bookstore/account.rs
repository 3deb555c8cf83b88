//! What each call cost: computed or hit, and how long it took.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use easycache::Cache;

use super::database::Database;

pub(crate) fn chapter(title: &str) {
    println!("{title}");
}

pub(crate) fn remark(text: impl Display) {
    println!("  · {text}");
}

/// Prints a line for each call.
pub(crate) struct Account {
    cache: Cache,
    hits: Vec<Duration>,
    computed: Vec<Duration>,
}

impl Account {
    pub(crate) fn new() -> Self {
        let cache = easycache::cache("default").expect("the default cache is always there");
        Self { cache, hits: Vec::new(), computed: Vec::new() }
    }

    /// Calls a cached function, and tells from the statistics whether it was a hit.
    pub(crate) fn call<T, E>(&mut self, what: impl Display, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let computed = self.cache.stats().computed;
        let (value, took) = timed(call);
        let value = value?;
        let (how, list) = match self.cache.stats().computed - computed {
            0 => ("hit", &mut self.hits),
            _ => ("computed", &mut self.computed),
        };
        list.push(took);
        println!("  {:<44} {how:<8} {:>9.1} µs", what.to_string(), micros(took));
        Ok(value)
    }

    /// Invalidates, and tells how many entries that has made obsolete.
    pub(crate) fn invalidation<T, E>(&mut self, what: &str, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.cache.sweep();
        let before = self.cache.stats().entries;
        let (answer, took) = timed(call);
        let answer = answer?;
        self.cache.sweep();
        let gone = before - self.cache.stats().entries;
        println!("  invalidate {what:<49} {:>5.1} µs, {gone} of {before} entries gone", micros(took));
        Ok(answer)
    }

    pub(crate) fn close(&self) {
        println!("\nStatistics\n  {}", self.cache.stats());
        println!("  {} queries and changes were sent to the database", Database::queries_of_this_thread());
        let (hits, computed) = (mean(&self.hits), mean(&self.computed));
        println!(
            "  a computed call took {computed:.1} µs on average, a hit {hits:.1} µs: {:.0} times faster",
            computed / hits
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "an example measures the time that passes")]
fn timed<R>(f: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    (f(), start.elapsed())
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

fn mean(spans: &[Duration]) -> f64 {
    micros(spans.iter().sum::<Duration>()) / f64::from(u32::try_from(spans.len().max(1)).unwrap_or(u32::MAX))
}
