//! Hits, misses and invalidation on Redis, beside what one writes by hand, and beside Python:
//! `cargo bench --bench redis --features redis`.
//!
//! It starts a server of its own, for which `redis-server` must be installed.

#[path = "redis/bulk.rs"]
mod bulk;
#[path = "redis/by_hand.rs"]
mod by_hand;
#[path = "support/compare.rs"]
mod compare;
#[path = "remote/measure.rs"]
mod measure;
#[path = "remote/members.rs"]
mod members;
#[path = "remote/ours.rs"]
mod ours;
#[path = "redis/python.rs"]
mod python;
#[expect(dead_code, reason = "no row here is to reach a least ratio")]
#[path = "support/table.rs"]
mod table;

use std::hint::black_box;

use compare::{compare, now, since};
use easycache::{Cache, Targets};
use easycache_testkit::server::RedisServer;
use measure::{CALLS, ours_sync, per_hit};
use table::{Mark, Table};
use tokio::runtime::{Builder, Runtime};

fn main() {
    // `cargo test --benches` runs this with other arguments: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(server) = RedisServer::start() else { return };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be started");
    let cache = measure::connect(&runtime, &server.url());
    let version = format!("redis-server {} on loopback", server.info("redis_version"));
    let mut table = Table::new("redis", &["redis", "rmp-serde"], &[version]);
    let by_hand = runtime.block_on(by_hand::Hand::connect(&server.url()));
    let peer = "hand-written `MGET` + `rmp-serde`, same connection type";
    measure::hits(&mut table, &runtime, peer, Mark::AtMost(1.1), async |id| by_hand.load(1, 2, id).await);
    beside_python(&mut table, &server, &runtime);
    let peer = "hand-written `MGET`, then `SET` of value and versions";
    measure::misses(&mut table, &runtime, peer, async |id| by_hand.load(1, 2, id).await);
    batches(&mut table, &cache, &runtime);
    bulk::rows(&mut table, &cache, &by_hand, &runtime);
    bulk::walk(&mut table, &cache, &by_hand, &runtime);
    measure::invalidation(&mut table, &cache, &runtime);
    assert_eq!(cache.stats().misses.unreachable, 0, "the server has answered every call");
    table.finish();
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
        compare(|| runtime.block_on(per_hit(measure::ours)), || python.borrow_mut().per_call(CALLS)),
    );
    table.row(
        "the same, a function that is not async | the same",
        Mark::None,
        compare(ours_sync, || python.borrow_mut().per_call(CALLS)),
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
