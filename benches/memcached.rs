//! Hits, misses and invalidation on memcached, beside what one writes by hand:
//! `cargo bench --bench memcached --features memcached`.
//!
//! It starts a server of its own, for which `memcached` must be installed.

#[path = "memcached/by_hand.rs"]
mod by_hand;
#[path = "support/compare.rs"]
mod compare;
#[path = "remote/measure.rs"]
mod measure;
#[path = "remote/members.rs"]
mod members;
#[path = "remote/ours.rs"]
mod ours;
#[expect(dead_code, reason = "no row here is to reach a least ratio")]
#[path = "support/table.rs"]
mod table;

use easycache_testkit::server::Memcached;
use table::{Mark, Table};
use tokio::runtime::Builder;

fn main() {
    // `cargo test --benches` runs this with other arguments: there is nothing to test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    // There must be room for a million values.
    let Some(server) = Memcached::builder().arg("-m 2048").start() else { return };
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be started");
    let cache = measure::connect(&runtime, &server.url());
    let version = format!("memcached {} on loopback", server.stat("version"));
    let mut table = Table::new("memcached", &["rmp-serde"], &[version]);
    let by_hand = runtime.block_on(by_hand::Hand::connect(server.address()));
    let peer = "hand-written multi-get + `rmp-serde`, same connection type";
    measure::hits(&mut table, &runtime, peer, Mark::None, async |id| by_hand.load(1, 2, id).await);
    let peer = "hand-written multi-get, then a set of value and versions";
    measure::misses(&mut table, &runtime, peer, async |id| by_hand.load(1, 2, id).await);
    measure::invalidation(&mut table, &cache, &runtime);
    assert_eq!(cache.stats().misses.unreachable, 0, "the server has answered every call");
    assert_eq!(server.stat("evictions"), "0", "there was room for everything");
    table.finish();
}
