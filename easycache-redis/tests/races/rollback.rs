//! Servers that go back in time: restarts from an old file, failovers, and old masters that are asked still.
//!
//! Each is shown twice: with what is there against it, and without, where the old value comes back. That is documented,
//! and shows that the interleaving is the one that it is about.

use easycache_core::ErrorKind;
use easycache_testkit::{
    Proxy,
    server::{RedisServer, until},
};

use crate::{
    calls::{ALL_WAYS, Answer, By, STYLES, Style, VALUE, dependent, in_every_style, neighbour, tell_on_panic},
    process::Process,
    world::{World, is_confirmed},
};

const EPOCH: &str = "?epoch=on";

/// Waits until the server answers that process.
fn is_back(process: &Process) {
    until("the server answers", || process.cache.blocking().get::<u64>("any").ok());
}

/// The server is killed after an invalidation, and starts again with what it had before that.
#[test]
fn with_epochs_a_restart_from_an_old_file_brings_nothing_back() {
    for (options, found) in [(EPOCH, Answer::Computed(2)), ("", Answer::Hit(1))] {
        let Some(server) = RedisServer::start() else { return };
        let world = World::on(server, options);
        for (style, by) in STYLES.into_iter().zip([By::Key, By::Tag, By::PrefixAbove, By::Clear]) {
            tell_on_panic(&format!("{options:?}, {style:?}, {by:?}"), || {
                let [one, other] = world.processes();
                dependent().read(style, &one, 1);
                world.server.command(&["SAVE"]);
                by.invalidate(style, &other);
                world.server.restart();
                is_back(&one);
                assert_eq!(dependent().read(style, &one, 2), found);
                assert_eq!(dependent().read(style, &world.another(&one, options), 2), Answer::Hit(found.value()));
            });
        }
    }
}

/// The same while it is computed: lease and stamps come back, and the late result is stored under them.
#[test]
fn with_epochs_a_computation_across_a_restart_from_an_old_file_is_not_served() {
    for (options, found) in [(EPOCH, Answer::Computed(2)), ("", Answer::Hit(1))] {
        let Some(server) = RedisServer::start() else { return };
        let world = World::on(server, options);
        for (style, by) in STYLES.into_iter().zip([By::Tag, By::Prefix, By::Key, By::Clear]) {
            tell_on_panic(&format!("{options:?}, {style:?}, {by:?}"), || {
                let [one, other] = world.processes();
                let late = dependent().begin(style, &one, 1);
                world.server.command(&["SAVE"]);
                by.invalidate(style, &other);
                world.server.restart();
                is_back(&one);
                is_back(&other);
                assert_eq!(late.finish(), 1);
                assert!(world.exists(&one.name(VALUE)), "it is stored, for whatever that is worth");
                assert_eq!(dependent().read(style, &other, 2), found);
            });
        }
    }
}

impl Answer {
    const fn value(self) -> u64 {
        match self {
            Self::Hit(value) | Self::Computed(value) => value,
        }
    }
}

/// A master, and its replica behind a link that can be held.
struct Pair {
    world: World,
    replica: RedisServer,
    link: Proxy,
}

impl Pair {
    fn start(options: &str) -> Option<Self> {
        let master = RedisServer::start()?;
        let link = Proxy::to(master.address());
        let replica = RedisServer::builder().arg("--replicaof", &format!("127.0.0.1 {}", link.port())).start()?;
        until("the replica is in sync", || (replica.info("master_link_status") == "up").then_some(()));
        Some(Self { world: World::on(master, options), replica, link })
    }

    /// The replica has that value.
    fn is_replicated(&self, process: &Process) {
        let name = process.name(VALUE);
        until("it is replicated", || (self.replica.command(&["EXISTS", &name]).int() == 1).then_some(()));
    }

    /// The master dies, and the replica takes its place with what it has.
    fn fail_over(&self, processes: &[Process; 2]) {
        self.world.server.kill();
        self.replica.command(&["REPLICAOF", "NO", "ONE"]);
        for process in processes {
            process.proxy.retarget(self.replica.address());
            process.proxy.cut();
        }
    }
}

#[test]
fn with_epochs_a_failover_that_loses_an_invalidation_brings_nothing_back() {
    for (style, by) in STYLES.into_iter().zip([By::Tag, By::Key, By::Prefix, By::Clear]) {
        for (options, found) in [(EPOCH, Answer::Computed(2)), ("", Answer::Hit(1))] {
            tell_on_panic(&format!("{options:?}, {style:?}, {by:?}"), || {
                let Some(pair) = Pair::start(options) else { return };
                let processes = pair.world.processes();
                let [one, other] = &processes;
                dependent().read(style, one, 1);
                pair.is_replicated(one);
                pair.link.hold();
                by.invalidate(style, other);
                pair.fail_over(&processes);
                is_back(one);
                is_back(other);
                assert_eq!(dependent().read(style, one, 2), found);
                assert_eq!(dependent().read(style, other, 3), Answer::Hit(found.value()));
            });
        }
    }
}

/// It has not returned successfully before the replica had it.
#[test]
fn an_invalidation_that_waits_for_the_replica_survives_a_failover() {
    let options = "?wait=1&wait_timeout=100ms";
    for (style, by) in STYLES.into_iter().zip([By::Tag, By::Key, By::Prefix, By::Clear]) {
        tell_on_panic(&format!("{style:?}, {by:?}"), || {
            let Some(pair) = Pair::start(options) else { return };
            let processes = pair.world.processes();
            let [one, other] = &processes;
            dependent().read(style, one, 1);
            pair.is_replicated(one);
            pair.link.hold();
            assert_eq!(by.try_invalidate(style, other).unwrap_err().kind(), ErrorKind::Unavailable);
            assert_eq!(dependent().read(style, other, 2), Answer::Computed(2), "it is not confirmed");
            pair.link.resume();
            is_confirmed(other);
            pair.fail_over(&processes);
            is_back(one);
            assert_eq!(dependent().read(style, one, 3), Answer::Computed(3));
        });
    }
}

/// A failover, and the old master is a replica now. It must not say that something is invalidated.
#[test]
fn a_master_that_was_demoted_acknowledges_no_invalidation() {
    let Some(pair) = Pair::start("") else { return };
    for style in [STYLES[0], STYLES[1]] {
        for by in ALL_WAYS {
            tell_on_panic(&format!("{style:?}, {by:?}"), || demoted(&pair, style, by));
        }
    }
}

fn demoted(pair: &Pair, style: Style, by: By) {
    let (old, new) = (&pair.world.server, &pair.replica);
    let [one, other] = pair.world.processes();
    dependent().read(style, &one, 1);
    pair.is_replicated(&one);
    new.command(&["REPLICAOF", "NO", "ONE"]);
    old.command(&["REPLICAOF", "127.0.0.1", &new.port().to_string()]);
    assert_eq!(by.try_invalidate(style, &one).unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(dependent().read(style, &one, 2), Answer::Computed(2));

    // It is found in the end, and told of what was asked for in between.
    one.proxy.retarget(new.address());
    one.proxy.cut();
    is_confirmed(&one);
    other.proxy.retarget(new.address());
    other.proxy.cut();
    is_back(&other);
    assert_eq!(dependent().read(style, &other, 3), Answer::Computed(3));

    for process in [&one, &other] {
        process.proxy.retarget(old.address());
    }
    old.command(&["REPLICAOF", "NO", "ONE"]);
    new.command(&["REPLICAOF", "127.0.0.1", &pair.link.port().to_string()]);
    until("the replica is in sync", || (new.info("master_link_status") == "up").then_some(()));
    for process in [&one, &other] {
        process.proxy.cut();
        is_back(process);
    }
}

/// An old master that has lost its replicas may have lost its place, too.
#[test]
fn a_master_that_must_have_replicas_acknowledges_no_invalidation_without_them() {
    let builder = || RedisServer::builder().arg("--min-replicas-to-write", "1");
    for (style, by) in STYLES.into_iter().zip([By::Tag, By::Key, By::Prefix, By::Clear]) {
        tell_on_panic(&format!("{style:?}, {by:?}"), || {
            let Some(master) = builder().start() else { return };
            let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
            let world = World::on(master, "");
            let [one, other] = world.processes();
            dependent().read(style, &one, 1);
            replica.kill();
            until("it is alone", || (world.server.info("connected_slaves") == "0").then_some(()));
            assert_eq!(by.try_invalidate(style, &one).unwrap_err().kind(), ErrorKind::Unavailable);
            assert_eq!(dependent().read(style, &one, 2), Answer::Computed(2));
            let _replica = RedisServer::builder().start_replica_of(&world.server);
            is_confirmed(&one);
            assert_eq!(dependent().read(style, &other, 3), Answer::Computed(3));
        });
    }
}

#[test]
fn a_server_that_has_lost_everything_is_an_empty_cache() {
    in_every_style(|world, [one, other], style| {
        neighbour().read(style, one, 1);
        let late = dependent().begin(style, one, 1);
        world.server.command(&["FLUSHALL"]);
        By::Tag.invalidate(style, other);
        assert_eq!(late.finish(), 1);
        assert_eq!(dependent().read(style, other, 2), Answer::Computed(2));
        assert_eq!(neighbour().read(style, other, 2), Answer::Computed(2));
        assert_eq!(neighbour().read(style, one, 3), Answer::Hit(2));
    });
}
