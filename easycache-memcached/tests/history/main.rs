//! The promises, under all that happens to servers and connections: several processes read, compute, refresh, store and
//! invalidate on one cache while a tormentor is at its servers; then all that they saw is judged. Who does all that is the
//! same as on Redis; what happens to servers is in the files here.
//!
//! `EASYCACHE_SEED` repeats the choices of a run; not its timing. `EASYCACHE_HISTORY_SECONDS` makes all runs that long.

#[path = "../../../easycache-redis/tests/history/caller.rs"]
mod caller;
#[path = "../../../easycache-redis/tests/history/database.rs"]
mod database;
#[path = "../../../easycache-redis/tests/history/naive.rs"]
mod naive;
#[path = "../../../easycache-redis/tests/history/pace.rs"]
mod pace;
mod plain;
#[path = "../../../easycache-redis/tests/history/policies.rs"]
mod policies;
#[path = "../../../easycache-redis/tests/history/process.rs"]
mod process;
#[path = "../../../easycache-redis/tests/history/rows.rs"]
mod rows;
#[path = "../../../easycache-redis/tests/history/run.rs"]
mod run;
#[path = "../../../easycache-redis/tests/history/shop.rs"]
mod shop;
#[path = "../../../easycache-redis/tests/history/torment.rs"]
mod torment;
mod trouble;

use std::time::Duration;

use easycache_core::{Cache, CacheBuilder};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{
    history::{Kind, Verdict},
    server::Memcached,
};

use self::{
    process::Driver,
    run::Run,
    torment::Tormentor,
    trouble::{Linked, evictions, flood, url},
};

/// A cache of that URL.
fn cache(url: &str) -> CacheBuilder {
    Cache::builder().backend(MemcachedBackend::lazy(url).expect("the URL is well-formed"))
}

#[track_caller]
fn assert_kept(verdict: &Verdict, kinds: &[Kind]) {
    verdict.assert_kept();
    for kind in kinds {
        assert!(verdict.happened(*kind) > 20, "{verdict}");
    }
}

#[test]
fn promises_hold_in_quiet_times_where_what_many_share_has_copies() {
    let Some(servers) = Linked::start(3) else { return };
    let url = format!("{}?stripes=2", url(&servers));
    let Some(run) = Run::new(Driver::Ours, url, Duration::from_secs(3)) else { return };
    let verdict = run.torment(&mut Tormentor::default());
    verdict.assert_kept();
    assert!(verdict.happened(Kind::Hit) > 100, "{verdict}");
}

#[test]
fn promises_hold_while_links_break_things_are_lost_and_the_server_restarts() {
    let Some(servers) = Linked::start(1) else { return };
    let Some(run) = Run::new(Driver::Ours, url(&servers), Duration::from_secs(9)) else { return };
    let verdict = run.torment(&mut trouble::on(&servers, 75));
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed]);
}

#[test]
fn promises_hold_while_one_of_three_servers_restarts() {
    let Some(servers) = Linked::start(3) else { return };
    let Some(run) = Run::new(Driver::Ours, url(&servers), Duration::from_secs(9)) else { return };
    let verdict = run.torment(&mut trouble::on(&servers, 50));
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed]);
}

#[test]
fn promises_hold_while_servers_are_short_of_memory() {
    let Some(servers) = Linked::start_with(2, "-m 2") else { return };
    let Some(run) = Run::new(Driver::Ours, url(&servers), Duration::from_secs(5)) else { return };
    let mut tormentor = Tormentor::default().often(60, |rng| flood(&servers[rng.usize(..2)].server, rng));
    let verdict = run.torment(&mut tormentor);
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Invalidated]);
    for Linked { server, .. } in &servers {
        assert!(evictions(server) > 1000, "nothing was evicted");
    }
}

#[test]
fn versions_read_after_the_computation_break_promises_by_the_thousand() {
    let Some(server) = Memcached::start() else { return };
    run::assert_noticed(&server.url());
}

#[test]
#[ignore = "a process of the other tests, which start it"]
fn child() {
    process::child();
}
