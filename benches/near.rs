//! Hits of a near tier in front of Redis, beside those of a cache that is purely in process, and beside the same function
//! without one: `cargo bench --bench near --features redis`.
//!
//! It starts a server of its own, for which `redis-server` must be installed.

#[path = "support/compare.rs"]
mod compare;
#[path = "support/table.rs"]
mod table;

use std::{hint::black_box, sync::OnceLock, time::Duration};

use compare::{compare, now, per_repeat, since};
use easycache::{Cache, ecached};
use easycache_testkit::server::RedisServer;
use table::{Mark, Table};
use tokio::runtime::{Builder, Runtime};

/// How many keys are read, over and over.
const KEYS: u64 = 64;
/// How many calls are one measurement, of those that ask nobody and of others.
const CALLS: [u64; 2] = [100_000, 1_000];

/// What is cached: small, so that the cache is measured and not the clone.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
    team: u32,
}

/// The same function, cached by each of the caches: two tags, a prefix, a ttl and a key template.
macro_rules! loads {
    ($($cache:ident: $load:ident, $load_async:ident;)*) => {$(
        #[ecached("user:{id}", ttl = "1h", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}", cache = &caches().$cache)]
        fn $load(tenant: u32, team: u32, id: u64) -> User {
            User { id, team: team + tenant }
        }

        #[ecached("async_user:{id}", ttl = "1h", tags = ["users", "team:{team}"], prefix = "tenant:{tenant}", cache = &caches().$cache)]
        async fn $load_async(tenant: u32, team: u32, id: u64) -> User {
            User { id, team: team + tenant }
        }
    )*};
}

loads! {
    near: load_near, load_near_async;
    far: load_far, load_far_async;
    local: load_local, load_local_async;
}

fn main() {
    // `cargo test --benches` runs this with other arguments: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(server) = RedisServer::start() else { return };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be started");
    runtime.block_on(connect(&server));
    let version = format!("redis-server {} on loopback", server.info("redis_version"));
    let mut table = Table::new("near", &["redis", "rmp-serde"], &[version]);
    settle(&caches().near, &runtime);
    table.row(
        "near hit, 2 tags + prefix, ttl, template key | ours, purely in process",
        Mark::AtMost(1.3),
        compare(|| sync(load_near, CALLS[0]), || sync(load_local, CALLS[0])),
    );
    table.row(
        "the same, async | the same",
        Mark::AtMost(1.3),
        compare(
            || runtime.block_on(per_call(load_near_async, CALLS[0])),
            || runtime.block_on(per_call(load_local_async, CALLS[0])),
        ),
    );
    table.row(
        "the same function without near tier | near hit",
        Mark::AtLeast(100.0),
        compare(
            || runtime.block_on(per_call(load_far_async, CALLS[1])),
            || runtime.block_on(per_call(load_near_async, CALLS[0])),
        ),
    );
    table.row(
        "the same, a function that is not async | near hit",
        Mark::None,
        compare(|| sync(load_far, CALLS[1]), || sync(load_near, CALLS[0])),
    );
    table.finish();
}

/// The caches: one with a near tier, one without, and one in process.
#[derive(Debug)]
struct Caches {
    near: Cache,
    far: Cache,
    local: Cache,
}

static CACHES: OnceLock<Caches> = OnceLock::new();

fn caches() -> &'static Caches {
    CACHES.get().expect("they are made before anything is cached")
}

async fn connect(server: &RedisServer) {
    let on_server = async |options: &str| {
        let url = format!("{}?deadline=60s&{options}", server.url());
        easycache::connect(&url).await.expect("the server was just started")
    };
    let near = on_server("namespace=near&near=10000&freshness=tracked").await;
    let far = on_server("namespace=far").await;
    let local = Cache::builder().build().expect("the settings are good");
    CACHES.set(Caches { near, far, local }).expect("nobody else makes them");
}

/// Until everything is kept near.
fn settle(near: &Cache, runtime: &Runtime) {
    let hits = || near.stats().near.map_or(0, |near| near.hits);
    loop {
        let before = hits();
        for id in 0..KEYS {
            load_near(1, 2, id);
            runtime.block_on(load_near_async(1, 2, id));
        }
        if hits() - before == 2 * KEYS {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Nanoseconds per call of an async function, whose values are all there after the first lap.
async fn per_call<F: Future<Output = User>>(call: fn(u32, u32, u64) -> F, calls: u64) -> f64 {
    for id in 0..KEYS {
        call(1, 2, id).await;
    }
    let start = now();
    for at in 0..calls {
        black_box(call(1, 2, black_box(at % KEYS)).await);
    }
    since(start, calls)
}

/// The same of a function that is not async.
fn sync(call: fn(u32, u32, u64) -> User, calls: u64) -> f64 {
    for id in 0..KEYS {
        call(1, 2, id);
    }
    let mut at = 0;
    per_repeat(calls, || {
        black_box(call(1, 2, black_box(at % KEYS)));
        at += 1;
    })
}
