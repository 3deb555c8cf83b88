//! The promises of near tiers: four processes with one each, and all that happens to servers and to the connections that
//! tell of changes.

use std::{thread, time::Duration};

use easycache_core::{Freshness, Near};
use easycache_testkit::{
    Proxy,
    history::{Kind, Verdict},
    server::{RedisServer, Sentinel},
};
use fastrand::Rng;

use crate::{
    process::Driver,
    run::Run,
    torment::Tormentor,
    trouble::{drop_connections, lose, on_single_server},
};

const HEARTBEAT: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_millis(200);
/// How long after an invalidation has returned somebody else may still be served what it was about.
const BOUND: Duration = Duration::from_millis(300);

const PROCESSES: usize = 4;

/// What a process is told of its near tier behind its URL.
pub(crate) fn split(url: &str) -> (&str, Option<Near>) {
    let Some((url, freshness)) = url.split_once('#') else { return (url, None) };
    let near = Near::bounded(1000);
    let near = match freshness {
        "strict" => near.freshness(Freshness::Strict),
        _ => near.heartbeat(HEARTBEAT).patience(PATIENCE),
    };
    (url, Some(near))
}

fn tracked(url: &str) -> String {
    format!("{url}#tracked")
}

fn torment(run: Run, tormentor: &mut Tormentor<'_>) -> Verdict {
    run.torment_and_judge(tormentor, |history| history.check_within(BOUND))
}

#[track_caller]
fn assert_kept(verdict: &Verdict, kinds: &[Kind]) {
    verdict.assert_kept();
    for kind in kinds {
        assert!(verdict.happened(*kind) > 20, "{verdict}");
    }
}

/// Each process has a link of its own, which may be dead for a while, so that it hears of nothing.
struct Links(Vec<Proxy>);

impl Links {
    fn to(server: &RedisServer) -> Self {
        Self((0..PROCESSES).map(|_| Proxy::to(server.address())).collect())
    }

    fn urls(&self) -> Vec<String> {
        self.0.iter().map(|link| tracked(&link.url())).collect()
    }

    fn any(&self, rng: &mut Rng) -> &Proxy {
        &self.0[rng.usize(..self.0.len())]
    }

    fn trouble(&self, rng: &mut Rng) {
        let link = self.any(rng);
        match rng.u32(..6) {
            0 => link.cut(),
            1 => link.delay(Duration::from_millis(rng.u64(..20))),
            2..=3 => link.hold(),
            _ => link.hold_replies(),
        }
        thread::sleep(Duration::from_millis(rng.u64(..600)));
        link.resume();
        link.delay(Duration::ZERO);
    }
}

#[test]
fn near_tiers_are_never_further_behind_than_promised_while_links_are_dead_and_servers_restart() {
    let Some(server) = RedisServer::start() else { return };
    let links = Links::to(&server);
    let Some(run) = Run::apart(Driver::Ours, &links.urls(), Duration::from_secs(6)) else { return };
    let mut tormentor = Tormentor::default()
        .often(40, |rng| links.trouble(rng))
        .often(8, |_| drop_connections(&server))
        .often(10, |rng| lose(&server, rng.usize(1..6)))
        .often(4, |_| drop(server.command(&["FLUSHALL"])))
        .each(20, |rng| {
            server.stop();
            thread::sleep(Duration::from_millis(rng.u64(5..600)));
            server.cont();
        })
        .each(29, |_| server.restart());
    let verdict = torment(run, &mut tormentor);
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Failed]);
}

#[test]
fn near_tiers_are_never_further_behind_than_promised_while_masters_die() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let url = tracked(&format!("{}&epoch=on", sentinel.url()));
    let Some(run) = Run::apart(Driver::Ours, &vec![url; PROCESSES], Duration::from_secs(6)) else { return };
    let mut tormentor = Tormentor::default()
        .often(10, |_| drop_connections(sentinel.master()))
        .often(20, |rng| lose(sentinel.master(), rng.usize(1..6)))
        .often(2, |_| drop(sentinel.master().command(&["FLUSHALL"])))
        .each(60, |_| {
            let old = sentinel.master();
            sentinel.fail_over();
            old.restart();
        });
    let verdict = torment(run, &mut tormentor);
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Invalidated]);
}

#[test]
fn strict_near_tiers_are_not_behind_at_all() {
    let Some(server) = RedisServer::start() else { return };
    let url = format!("{}#strict", server.url());
    let Some(run) = Run::apart(Driver::Ours, &vec![url; PROCESSES], Duration::from_secs(4)) else { return };
    let verdict = run.torment(&mut on_single_server(&server));
    assert_kept(&verdict, &[Kind::Hit, Kind::Computed, Kind::Invalidated, Kind::Failed]);
}
