//! The promises, under all that happens to servers and connections: several processes read, compute, refresh, store and
//! invalidate on one cache while a tormentor is at its server; then all that they saw is judged.
//!
//! `EASYCACHE_SEED` repeats the choices of a run; not its timing. `EASYCACHE_HISTORY_SECONDS` makes all runs that long.

mod caller;
mod clusters;
mod database;
mod naive;
mod near;
mod pace;
mod plain;
mod policies;
mod process;
mod rows;
mod run;
mod sentinels;
mod shop;
mod torment;
mod trouble;

use std::time::Duration;

use easycache_core::{Cache, CacheBuilder};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    history::Kind,
    server::{RedisServer, Sentinel},
};

use self::{process::Driver, run::Run, torment::Tormentor, trouble::on_single_server};

/// A cache of that URL.
fn cache(url: &str) -> CacheBuilder {
    let (url, near) = near::split(url);
    let cache = Cache::builder().backend(RedisBackend::lazy(url).expect("the URL is well-formed"));
    match near {
        None => cache,
        Some(near) => cache.near(near),
    }
}

#[test]
fn promises_hold_in_quiet_times() {
    let Some(server) = RedisServer::start() else { return };
    let Some(run) = Run::new(Driver::Ours, server.url(), Duration::from_secs(4)) else { return };
    let verdict = run.torment(&mut Tormentor::default());
    verdict.assert_kept();
    assert!(verdict.happened(Kind::Hit) > 100, "{verdict}");
}

#[test]
fn promises_hold_while_connections_break_things_are_lost_and_the_server_restarts() {
    let Some(server) = RedisServer::start() else { return };
    let Some(run) = Run::new(Driver::Ours, server.url(), Duration::from_secs(9)) else { return };
    let verdict = run.torment(&mut on_single_server(&server));
    verdict.assert_kept();
    for kind in [Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed] {
        assert!(verdict.happened(kind) > 20, "{verdict}");
    }
}

#[test]
fn promises_hold_while_old_data_comes_back_if_versions_know_of_the_boot() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("{}?epoch=on", server.url());
    let Some(run) = Run::new(Driver::Ours, url, Duration::from_secs(9)) else { return };
    let mut tormentor = Tormentor::default()
        .often(8, |_| drop(server.client().and_then(|mut client| client.command(&["SAVE"]))))
        .each(30, |_| server.restart())
        .often(8, |_| trouble::drop_connections(&server));
    let verdict = run.torment(&mut tormentor);
    verdict.assert_kept();
    assert!(verdict.happened(Kind::Hit) > 20, "{verdict}");
}

#[test]
fn promises_hold_while_masters_die_and_sentinels_put_others_in_their_place() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let url = format!("{}&epoch=on", sentinel.url());
    let Some(run) = Run::new(Driver::Ours, url, Duration::from_secs(8)) else { return };
    let mut tormentor = Tormentor::default()
        .often(15, |_| trouble::drop_connections(sentinel.master()))
        .often(10, |_| drop(sentinel.master().command(&["SCRIPT", "FLUSH"])))
        .often(20, |rng| trouble::lose(sentinel.master(), rng.usize(1..6)))
        .each(60, |_| {
            let old = sentinel.master();
            sentinel.fail_over();
            old.restart();
        });
    let verdict = run.torment(&mut tormentor);
    verdict.assert_kept();
    assert!(verdict.happened(Kind::Hit) > 20, "{verdict}");
}

#[test]
fn versions_read_after_the_computation_break_promises_by_the_thousand() {
    let Some(server) = RedisServer::start() else { return };
    run::assert_noticed(&server.url());
}

#[test]
#[ignore = "a process of the other tests, which start it"]
fn child() {
    process::child();
}
