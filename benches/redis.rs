//! Hits and invalidation on Redis, beside what one writes by hand, and beside Python:
//! `cargo bench --bench redis --features redis`.
//!
//! It starts a server of its own, for which `redis-server` must be installed.

#[path = "redis/by_hand.rs"]
mod by_hand;
#[path = "support/compare.rs"]
mod compare;
#[path = "redis/members.rs"]
mod members;
#[path = "redis/ours.rs"]
mod ours;
#[path = "redis/python.rs"]
mod python;
#[expect(dead_code, reason = "no row here is to reach a least ratio")]
#[path = "support/table.rs"]
mod table;

use std::{hint::black_box, time::Duration};

use compare::{compare, now, per_repeat, since};
use easycache::{Cache, Targets};
use easycache_testkit::server::RedisServer;
use table::{Mark, Table};
use tokio::runtime::{Builder, Runtime};

/// What is cached: small, so that the cache is measured and not the codec.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct User {
    id: u64,
    team: u32,
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many keys are read, over and over.
const KEYS: u64 = 64;
/// How many calls are one measurement.
const CALLS: u64 = 1_000;

fn main() {
    // `cargo test --benches` runs this with other arguments: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(server) = RedisServer::start() else { return };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be started");
    let url = format!("{}?deadline={}s", server.url(), PATIENCE.as_secs());
    let cache = runtime.block_on(easycache::connect(&url)).expect("the server was just started");
    easycache::register("default", cache.clone());
    let version = format!("redis-server {} on loopback", server.info("redis_version"));
    let mut table = Table::new("redis", &["redis", "rmp-serde"], &[version]);
    hits(&mut table, &server, &runtime);
    beside_python(&mut table, &server, &runtime);
    batches(&mut table, &cache, &runtime);
    invalidation(&mut table, &cache, &runtime);
    assert_eq!(cache.stats().misses.unreachable, 0, "the server has answered every call");
    table.finish();
}

fn hits(table: &mut Table, server: &RedisServer, runtime: &Runtime) {
    let by_hand = runtime.block_on(by_hand::Hand::connect(&server.url()));
    table.row(
        "hit, 2 tags + prefix, tags from arguments | hand-written `MGET` + `rmp-serde`, same connection type",
        Mark::AtMost(1.1),
        compare(
            || runtime.block_on(per_call(async |id| ours::load_async(1, 2, id).await)),
            || runtime.block_on(per_call(async |id| by_hand.load(1, 2, id).await)),
        ),
    );
    table.row(
        "the same, a function that is not async | ours, async",
        Mark::None,
        compare(|| ours_sync(ours::load), || runtime.block_on(per_call(async |id| ours::load_async(1, 2, id).await))),
    );
}

/// Another process is asked for its times, in turn with ours.
fn beside_python(table: &mut Table, server: &RedisServer, runtime: &Runtime) {
    let python = match python::Python::start(server.port()) {
        Ok(python) => python,
        Err(why) => {
            eprintln!("the rows beside Python's easy_cache are left out: {why}");
            return;
        }
    };
    let python = std::cell::RefCell::new(python);
    table.row(
        &format!("tagged hit, one caller | {}", python.borrow().version()),
        Mark::AtMost(0.2),
        compare(
            || runtime.block_on(per_call(async |id| ours::load_async(1, 2, id).await)),
            || python.borrow_mut().per_call(CALLS),
        ),
    );
    table.row(
        "the same, a function that is not async | the same",
        Mark::None,
        compare(|| ours_sync(ours::load), || python.borrow_mut().per_call(CALLS)),
    );
}

/// A thousand ids at once, and one after the other; every tenth is computed. Nanoseconds per id.
fn batches(table: &mut Table, cache: &Cache, runtime: &Runtime) {
    let tenth = || (0..CALLS).step_by(10).fold(Targets::new(), |all, id| all.key(format!("tenant:1|async_user:{id}")));
    let measure = |all: &dyn Fn() -> f64| {
        runtime.block_on(async { cache.invalidate(tenth()).await.expect("the server answers") });
        all()
    };
    let ids = || (0..CALLS).map(|id| (1, 2, id));
    let many = || {
        runtime.block_on(async {
            let start = now();
            black_box(ours::load_async::many(black_box(ids())).await);
            since(start, CALLS)
        })
    };
    let one_by_one = || {
        runtime.block_on(async {
            let start = now();
            for (tenant, team, id) in black_box(ids()) {
                black_box(ours::load_async(tenant, team, id).await);
            }
            since(start, CALLS)
        })
    };
    table.row(
        "1 000 ids at once (`many`), 90 % hits, for each | the same in a loop",
        Mark::None,
        compare(|| measure(&many), || measure(&one_by_one)),
    );
}

/// One tag of a million values, and one of a single value, on the same server.
fn invalidation(table: &mut Table, cache: &Cache, runtime: &Runtime) {
    runtime.block_on(members::fill(cache, "many", 1_000_000));
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

/// Nanoseconds per call of an async function, whose values are all there after the first lap.
async fn per_call(call: impl AsyncFn(u64) -> User) -> f64 {
    for id in 0..KEYS {
        call(id).await;
    }
    let start = now();
    for at in 0..CALLS {
        black_box(call(black_box(at % KEYS)).await);
    }
    since(start, CALLS)
}

/// The same of a function that is not async.
fn ours_sync(call: fn(u32, u32, u64) -> User) -> f64 {
    for id in 0..KEYS {
        call(1, 2, id);
    }
    let mut at = 0;
    per_repeat(CALLS, || {
        black_box(call(1, 2, black_box(at % KEYS)));
        at += 1;
    })
}
