//! Hits and invalidation in process, ours and the peers' side by side: `cargo bench --bench in_process`.

#[path = "support/compare.rs"]
mod compare;
#[path = "in_process/measure.rs"]
mod measure;
#[path = "in_process/ours.rs"]
mod ours;
#[path = "in_process/peers.rs"]
mod peers;
#[path = "support/table.rs"]
mod table;

use std::hint::black_box;

use compare::compare;
use easycache::Cache;
use measure::{HOT, Set, WIDE, per_call, per_call_of_threads};
use table::{Mark, Table};

/// What is cached: small, so that the cache is measured and not the clone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    id: u64,
    team: u32,
}

fn main() {
    // `cargo test --benches` runs this with other arguments: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut table = Table::new("in_process", &["cached", "moka", "quick_cache"], &[]);
    for set in [HOT, WIDE] {
        hits(&mut table, set);
        threads(&mut table, set);
    }
    invalidation(&mut table);
    invalidated_keys(&mut table);
    table.finish();
}

fn hits(table: &mut Table, set: Set) {
    table.row(
        &format!("{}: hit, 2 tags + prefix, ttl, template key | `cached`, same key as `String`", set.name),
        Mark::AtMost(0.6),
        compare(|| per_call(set, ours::tagged), || per_call(set, peers::cached_string)),
    );
    table.row(
        &format!("{}: the same | `cached`, native `u64` key", set.name),
        Mark::AtMost(1.0),
        compare(|| per_call(set, ours::tagged), || per_call(set, peers::cached_u64)),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("no I/O to set up");
    table.row(
        &format!("{}: async hit, same | `moka::future` `get_with`", set.name),
        Mark::AtMost(0.5),
        compare(
            || runtime.block_on(measure::per_async_call(set, ours::tagged_async)),
            || runtime.block_on(measure::per_async_call(set, peers::moka)),
        ),
    );
    table.row(
        &format!("{}: hit with 8 tags | ours without tags", set.name),
        Mark::AtMost(1.5),
        compare(|| per_call(set, ours::eight_tags), || per_call(set, ours::untagged)),
    );
    table.row(
        &format!("{}: hit, no tags, typed key | hand-written `quick_cache`", set.name),
        Mark::AtMost(2.0),
        compare(|| per_call(set, ours::typed), || per_call(set, peers::quick_cache)),
    );
}

/// One tag of a million entries, and one of a single entry, in the same cache.
fn invalidation(table: &mut Table) {
    let cache = Cache::builder().max_entries(1_100_000).build().expect("in range");
    let fill = |tag: &str, count: u64| {
        for id in 0..count {
            let policy = easycache::Policy::new().tags([tag]);
            cache.blocking().set(&format!("{tag}:{id}"), id, policy).expect("good names");
        }
    };
    fill("many", 1_000_000);
    fill("one", 1);
    let invalidate = |tag: &'static str| {
        compare::per_repeat(20_000, || {
            black_box(cache.blocking().invalidate_tags([black_box(tag)]).expect("good names"));
        })
    };
    table.row(
        "invalidate a tag of 1 000 000 entries | of 1",
        Mark::AtMost(1.1),
        compare(|| invalidate("many"), || invalidate("one")),
    );
}

/// A hot key that is invalidated again and again, alone and among many.
fn invalidated_keys(table: &mut Table) {
    let churn = |entries: u64| {
        let cache = Cache::builder().build().expect("in range");
        for id in 0..entries {
            cache.blocking().set(&format!("key:{id}"), id, easycache::Policy::new()).expect("good names");
        }
        move || {
            compare::per_repeat(5_000, || {
                cache.blocking().invalidate_key("key:0").expect("a good name");
                black_box(cache.blocking().get_or_compute("key:0", easycache::Policy::new(), || 1_u64))
                    .expect("a good name");
            })
        }
    };
    table.row(
        "invalidate a key and compute, among 100 000 entries | alone",
        Mark::AtMost(1.5),
        compare(churn(100_000), churn(1)),
    );
}

fn threads(table: &mut Table, set: Set) {
    // Twice the calls in that time, so: the time of one, over half the time of two.
    let both = |call: fn(u64) -> User| {
        compare(|| per_call_of_threads(set, 1, call), || per_call_of_threads(set, 2, call) / 2.0)
    };
    table.row(
        &format!("{}: throughput of two threads on distinct keys | of one", set.name),
        Mark::AtLeast(1.8),
        both(ours::tagged),
    );
    table.row(
        &format!("{}: the same of arithmetic: what the machine gives today | of one", set.name),
        Mark::None,
        both(peers::arithmetic),
    );
    table.row(&format!("{}: the same of `quick_cache` | of one", set.name), Mark::None, both(peers::quick_cache));
}
