//! What is measured on every server, in the same way.

use std::{cell::Cell, hint::black_box, time::Duration};

use easycache::Cache;
use tokio::runtime::Runtime;

use crate::{
    compare::{compare, now, per_repeat, since},
    members, ours,
    table::{Mark, Table},
};

/// What is cached: small, so that the cache is measured and not the codec.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) team: u32,
}

/// How long an answer is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How many keys are read, over and over.
const KEYS: u64 = 64;
/// How many calls are one measurement.
pub(crate) const CALLS: u64 = 1_000;
/// How many values have the tag that is invalidated.
const MEMBERS: u64 = 1_000_000;

/// The cache on that server that all functions here use, as patient as what it is compared with.
pub(crate) fn connect(runtime: &Runtime, url: &str) -> Cache {
    let url = format!("{url}?deadline={}s", PATIENCE.as_secs());
    let cache = runtime.block_on(easycache::connect(&url)).expect("the server was just started");
    easycache::register("default", cache.clone());
    cache
}

/// Calls that find a value, beside what one writes by hand.
pub(crate) fn hits(table: &mut Table, runtime: &Runtime, peer: &str, most: Mark, by_hand: impl AsyncFn(u64) -> User) {
    table.row(
        &format!("hit, 2 tags + prefix, tags from arguments | {peer}"),
        most,
        compare(|| runtime.block_on(per_hit(ours)), || runtime.block_on(per_hit(&by_hand))),
    );
    table.row(
        "the same, a function that is not async | ours, async",
        Mark::None,
        compare(ours_sync, || runtime.block_on(per_hit(ours))),
    );
}

/// Calls that find none, compute and store.
pub(crate) fn misses(table: &mut Table, runtime: &Runtime, peer: &str, by_hand: impl AsyncFn(u64) -> User) {
    let ids = Cell::new(KEYS);
    let fresh = || ids.replace(ids.get() + CALLS);
    table.row(
        &format!("miss, 2 tags + prefix: look, compute, store | {peer}"),
        Mark::None,
        compare(|| runtime.block_on(per_miss(fresh(), ours)), || runtime.block_on(per_miss(fresh(), &by_hand))),
    );
}

/// One tag of a million values, and one of a single value, on the same server.
pub(crate) fn invalidation(table: &mut Table, cache: &Cache, runtime: &Runtime) {
    runtime.block_on(members::fill(cache, "many", MEMBERS));
    runtime.block_on(members::fill(cache, "one", 1));
    let invalidate = |tag: &'static str| {
        runtime.block_on(async {
            let start = now();
            for _ in 0..CALLS {
                black_box(cache.invalidate_tags([black_box(tag)]).await.expect("the server answers"));
            }
            since(start, CALLS)
        })
    };
    table.row(
        "invalidate a tag of 1 000 000 values | of 1",
        Mark::AtMost(1.1),
        compare(|| invalidate("many"), || invalidate("one")),
    );
}

/// Our async function.
pub(crate) async fn ours(id: u64) -> User {
    ours::load_async(1, 2, id).await
}

/// Nanoseconds per call of an async function, whose values are all there after the first lap.
pub(crate) async fn per_hit(call: impl AsyncFn(u64) -> User) -> f64 {
    for id in 0..KEYS {
        call(id).await;
    }
    let start = now();
    for at in 0..CALLS {
        black_box(call(black_box(at % KEYS)).await);
    }
    since(start, CALLS)
}

/// The same of ours that is not async.
pub(crate) fn ours_sync() -> f64 {
    for id in 0..KEYS {
        ours::load(1, 2, id);
    }
    let mut at = 0;
    per_repeat(CALLS, || {
        black_box(ours::load(1, 2, black_box(at % KEYS)));
        at += 1;
    })
}

/// Nanoseconds per call for values that nobody has asked for before, from that one on.
async fn per_miss(first: u64, call: impl AsyncFn(u64) -> User) -> f64 {
    let start = now();
    for id in first..first + CALLS {
        black_box(call(black_box(id)).await);
    }
    since(start, CALLS)
}
