//! The configurations: each is checked as it is, and with rules broken.
//!
//! Small, and large enough: every broken rule that the project knows of is found in one of them. A race needs two or
//! three calls, one or two commits, and one or two losses.

use crate::{
    config::{Config, Covers, G, Kind, Recheck, Role},
    event::Event,
};

/// Two processes, a reader each.
const APART: &[(Role, u8)] = &[(Role::Reader, 0), (Role::Reader, 1)];
/// One process.
const TOGETHER: &[(Role, u8)] = &[(Role::Reader, 0), (Role::Reader, 0)];
const THREE_TOGETHER: &[(Role, u8)] = &[(Role::Reader, 0), (Role::Reader, 0), (Role::Reader, 0)];

pub(crate) const ONE_SERVER: Config = Config {
    reads: 3,
    must: &[Event::Hit, Event::Stored, Event::Lost, Event::Doomed, Event::Follows, Event::Changed],
    ..Config::new("one server", Kind::Single)
};

pub(crate) const ONE_SERVER_THREE_READERS: Config = Config {
    readers: &[(Role::Reader, 0), (Role::Reader, 1), (Role::Reader, 2)],
    losses: 0,
    ..Config::new("one server, three readers", Kind::Single)
};

pub(crate) const LOSSES: Config = Config {
    losses: 2,
    crashes: 1,
    must: &[Event::Hit, Event::Lost, Event::Doomed],
    ..Config::new("one server, two losses, a crash", Kind::Single)
};

pub(crate) const LOSSES_OF_STAMPS: Config = Config {
    writers: &[(Covers::Tag, 2), (Covers::Tag, 2)],
    losses: 2,
    must: &[Event::Hit, Event::Lost, Event::Doomed],
    ..Config::new("one server, invalidations by tag, two losses", Kind::Single)
};

pub(crate) const REFRESH: Config = Config {
    readers: &[(Role::Reader, 0), (Role::Reader, 1), (Role::Refresher, 1)],
    writers: &[(Covers::Key, 2)],
    losses: 1,
    must: &[Event::Hit, Event::Lost, Event::TakenOver],
    ..Config::new("two readers, a writer, a refresher, a loss", Kind::Single)
};

pub(crate) const REFRESH_BY_TAG: Config = Config {
    writers: &[(Covers::TagAndPrefix, 2)],
    prefix: true,
    ..REFRESH.named("two readers, a writer of tag and prefix, a refresher, a loss")
};

pub(crate) const TAKEOVER: Config = Config {
    readers: &[(Role::Reader, 0), (Role::Refresher, 1), (Role::Refresher, 1)],
    losses: 1,
    crashes: 1,
    must: &[Event::Hit, Event::Lost, Event::TakenOver],
    ..Config::new("two refreshers take over, a loss, a crash", Kind::Single)
};

pub(crate) const CLUSTER: Config = Config {
    must: &[Event::Hit, Event::Stored, Event::Lost, Event::Follows, Event::Changed],
    losses: 1,
    ..Config::new("cluster, a loss", Kind::Cluster)
};

pub(crate) const CLUSTER_TWO_STAMPS: Config = Config {
    prefix: true,
    reads: 1,
    writers: &[(Covers::TagAndPrefix, 2), (Covers::Key, 2)],
    ..Config::new("cluster, tag and prefix", Kind::Cluster)
};

pub(crate) const CLUSTER_LOSSES: Config =
    Config { losses: 2, reads: 1, ..Config::new("cluster, two losses", Kind::Cluster) };

pub(crate) const CLUSTER_REFRESH: Config = Config {
    readers: &[(Role::Reader, 0), (Role::Refresher, 1)],
    losses: 1,
    crashes: 1,
    must: &[Event::Hit, Event::Lost, Event::TakenOver],
    ..Config::new("cluster, a refresher, a loss, a crash", Kind::Cluster)
};

pub(crate) const STAMPED: Config =
    Config { promises: G, must: &[Event::Hit, Event::Stored], ..Config::new("plain store", Kind::Stamped) };

pub(crate) const STAMPED_LOSSES: Config = Config { losses: 1, reads: 1, ..STAMPED.named("plain store, a loss") };

pub(crate) const STAMPED_REFRESH: Config =
    Config { readers: &[(Role::Reader, 0), (Role::Refresher, 1)], ..STAMPED.named("plain store, a refresher") };

pub(crate) const REPLICA: Config = Config {
    writers: &[(Covers::Key, 2)],
    losses: 1,
    must: &[Event::Hit, Event::BodyOfReplica, Event::ReplicaLags],
    ..Config::new("bodies from a replica, a loss", Kind::Replicated)
};

pub(crate) const REPLICA_BY_TAG: Config = Config {
    writers: &[(Covers::Tag, 2), (Covers::Key, 2)],
    reads: 1,
    losses: 0,
    ..REPLICA.named("bodies from a replica, tag and key")
};

pub(crate) const FLIGHTS: Config = Config {
    readers: THREE_TOGETHER,
    coalesce: true,
    reads: 1,
    losses: 1,
    crashes: 1,
    must: &[Event::Hit, Event::JoinedEarly, Event::JoinedRunning, Event::SentBack],
    ..Config::new("flights, a loss, a crash", Kind::Single)
};

pub(crate) const FLIGHTS_TWICE: Config =
    Config { readers: TOGETHER, reads: 2, losses: 1, ..FLIGHTS.named("flights, two calls each, a loss, a crash") };

pub(crate) const FLIGHTS_IN_CLUSTER: Config =
    Config { kind: Kind::Cluster, losses: 0, crashes: 0, ..FLIGHTS.named("flights, cluster") };

pub(crate) const FLIGHTS_OVER_STORE: Config = Config {
    kind: Kind::Stamped,
    promises: G,
    readers: TOGETHER,
    losses: 1,
    crashes: 0,
    must: &[Event::JoinedEarly, Event::JoinedRunning],
    ..FLIGHTS.named("flights, plain store, a loss")
};

pub(crate) const RESULT_TAGS: Config = Config {
    writers: &[(Covers::ResultTag, 2), (Covers::ResultTag, 2)],
    result_tags: Some(Recheck::AtOnce),
    must: &[Event::Hit, Event::Stored, Event::ClockMoved, Event::Doomed],
    ..Config::new("tags of the result", Kind::Single)
};

pub(crate) const RESULT_TAGS_LOSSES: Config =
    Config { writers: &[(Covers::ResultTag, 2)], losses: 2, ..RESULT_TAGS.named("tags of the result, two losses") };

pub(crate) const RESULT_TAGS_AND_KEY: Config = Config {
    writers: &[(Covers::ResultTag, 2), (Covers::Key, 2)],
    must: &[Event::Hit, Event::ClockMoved, Event::Doomed, Event::Lost],
    ..RESULT_TAGS.named("tags of the result, and the key")
};

pub(crate) const RESULT_TAGS_MINTED_FIRST: Config = Config {
    result_tags: Some(Recheck::MintThenRead),
    ..RESULT_TAGS_LOSSES.named("tags of the result, minted, then read, two losses")
};

pub(crate) const RESULT_TAGS_FLIGHTS: Config = Config {
    readers: THREE_TOGETHER,
    coalesce: true,
    reads: 1,
    must: &[Event::Hit, Event::JoinedEarly, Event::JoinedRunning, Event::SentBack],
    ..RESULT_TAGS.named("tags of the result, flights")
};

/// Where nothing is ordered the clock of tags proves nothing: this one does not keep its promise.
pub(crate) const RESULT_TAGS_IN_CLUSTER: Config = Config {
    kind: Kind::Cluster,
    writers: &[(Covers::ResultTag, 2)],
    ..RESULT_TAGS.named("tags of the result, cluster")
};

pub(crate) const QUARANTINE: Config = Config {
    readers: APART,
    reads: 1,
    writers: &[(Covers::Tag, 0), (Covers::Tag, 0)],
    failures: 2,
    must: &[Event::Hit, Event::Bypassed, Event::Healed],
    ..Config::new("answers lost to two writers of a tag", Kind::Single)
};

pub(crate) const QUARANTINE_OF_KEY: Config =
    Config { reads: 2, writers: &[(Covers::Key, 0)], ..QUARANTINE.named("answers lost to a writer of a key") };

pub(crate) const QUARANTINE_FLIGHTS: Config = Config {
    readers: TOGETHER,
    coalesce: true,
    reads: 2,
    writers: &[(Covers::Tag, 0)],
    must: &[Event::Hit, Event::Bypassed, Event::Healed, Event::JoinedRunning],
    ..QUARANTINE.named("answers lost, flights")
};

pub(crate) const QUARANTINE_IN_CLUSTER: Config = Config {
    kind: Kind::Cluster,
    prefix: true,
    writers: &[(Covers::TagAndPrefix, 0)],
    ..QUARANTINE.named("answers lost, cluster")
};

pub(crate) const EXPIRED: Config = Config {
    window: true,
    writers: &[(Covers::Expiry, 2), (Covers::Tag, 2)],
    must: &[Event::Hit, Event::Stored, Event::Stale, Event::Doomed],
    ..Config::new("expired by tag, and invalidated by it", Kind::Single)
};

pub(crate) const EXPIRED_AND_KEY: Config = Config {
    writers: &[(Covers::Expiry, 2), (Covers::Key, 2)],
    must: &[Event::Hit, Event::Stored, Event::Stale, Event::Lost],
    ..EXPIRED.named("expired by tag, and invalidated by key")
};

pub(crate) const EXPIRED_LOSSES: Config = Config {
    losses: 2,
    reads: 1,
    must: &[Event::Hit, Event::Stale],
    ..EXPIRED.named("expired and invalidated by tag, two losses")
};

pub(crate) const EXPIRED_REFRESH: Config = Config {
    readers: &[(Role::Reader, 0), (Role::Refresher, 1)],
    losses: 1,
    must: &[Event::Hit, Event::Stale],
    ..EXPIRED.named("expired and invalidated by tag, a refresher, a loss")
};

pub(crate) const EXPIRED_IN_CLUSTER: Config = Config {
    kind: Kind::Cluster,
    reads: 1,
    must: &[Event::Hit, Event::Stale],
    ..EXPIRED.named("expired and invalidated by tag, cluster")
};

pub(crate) const HOLD: Config = Config {
    writers: &[(Covers::Tag, 2), (Covers::Tag, 2)],
    holds: true,
    losses: 1,
    crashes: 1,
    must: &[Event::Hit, Event::Stored, Event::Held, Event::Abandoned, Event::Doomed],
    ..Config::new("two writers hold their tag, one ends, a loss", Kind::Single)
};

pub(crate) const HOLD_IN_CLUSTER: Config = Config {
    kind: Kind::Cluster,
    writers: &[(Covers::Tag, 2)],
    must: &[Event::Hit, Event::Stored, Event::Held, Event::Abandoned],
    ..HOLD.named("a writer holds its tag and ends, cluster, a loss")
};

pub(crate) const HOLD_OVER_STORE: Config = Config {
    kind: Kind::Stamped,
    promises: G,
    ..HOLD_IN_CLUSTER.named("a writer holds its tag and ends, plain store, a loss")
};

pub(crate) const HOLD_FLIGHTS: Config = Config {
    readers: THREE_TOGETHER,
    coalesce: true,
    reads: 1,
    writers: &[(Covers::Tag, 2)],
    must: &[Event::JoinedEarly, Event::JoinedRunning, Event::Held, Event::Abandoned],
    ..HOLD.named("a writer holds its tag and ends, flights")
};
