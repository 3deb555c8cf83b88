//! The configurations: each is checked as it is, and with rules broken.

use crate::{
    config::{B, Config, Covers, Fills, Origin, STRICT},
    event::Event,
};

/// Somebody else invalidates by tag.
const BY_TAG: &[(Origin, Covers)] = &[(Origin::Elsewhere, Covers::Tag)];

pub(crate) const ONE_SERVER: Config = Config::new("one server");

pub(crate) const LOSSES: Config = Config {
    writers: BY_TAG,
    callers: 1,
    reads: 3,
    losses: 2,
    must: &[Event::NearHit, Event::TicketGone, Event::Emptied],
    ..Config::new("one server, two losses")
};

pub(crate) const BREAKS: Config = Config {
    writers: BY_TAG,
    is_warm: true,
    breaks: 2,
    must: &[Event::NearHit, Event::TicketGone, Event::Flushed],
    ..Config::new("a connection that breaks twice")
};

/// Time passes, so that what is near may be too old.
pub(crate) const TIME: Config = Config {
    writers: BY_TAG,
    is_warm: true,
    callers: 1,
    reads: 3,
    ticks: 3,
    pings: 2,
    must: &[Event::NearHit, Event::TicketGone, Event::NotFresh],
    ..Config::new("heartbeats")
};

/// Without the promises that are broken sooner.
pub(crate) const TIME_ALONE: Config = Config { promises: B, ..TIME };

/// Nothing is told any more, and nobody has noticed.
pub(crate) const HALF_OPEN: Config = Config {
    breaks: 1,
    must: &[Event::NearHit, Event::NotFresh, Event::Flushed],
    ..TIME.named("heartbeats on a connection that breaks")
};

pub(crate) const OWN: Config = Config {
    writers: &[(Origin::Here, Covers::Tag), (Origin::Elsewhere, Covers::Key)],
    is_warm: true,
    ..Config::new("an invalidation of this process")
};

pub(crate) const OWN_OF_KEY: Config =
    Config { writers: &[(Origin::Here, Covers::Key)], ..OWN.named("an invalidation of a key by this process") };

pub(crate) const OWN_FAILS: Config = Config {
    writers: &[(Origin::Here, Covers::Tag)],
    is_warm: true,
    failures: 2,
    must: &[Event::NearHit, Event::TicketGone, Event::Healed],
    ..Config::new("an invalidation of this process that fails")
};

pub(crate) const TWO_SERVERS: Config = Config { nodes: 2, writers: BY_TAG, ..Config::new("two servers") };

pub(crate) const TWO_SERVERS_TIME: Config = Config {
    is_warm: true,
    callers: 1,
    ticks: 2,
    pings: 1,
    must: &[Event::NearHit, Event::TicketGone, Event::NotFresh],
    ..TWO_SERVERS.named("two servers, heartbeats")
};

pub(crate) const TWO_SERVERS_BREAKS: Config = Config {
    callers: 1,
    reads: 3,
    breaks: 1,
    must: &[Event::NearHit, Event::TicketGone, Event::Flushed],
    ..TWO_SERVERS.named("two servers, a connection that breaks")
};

/// Another design than ours, which needs one rule more.
pub(crate) const FILLS_WATCHED: Config = Config {
    fills: Fills::Watched,
    writers: &[(Origin::Elsewhere, Covers::Key)],
    must: &[Event::NearHit, Event::TicketGone, Event::OwnFillKept],
    ..Config::new("fills on the connection that tells of changes")
};

/// What no near tier can promise whose hits ask nobody.
pub(crate) const STRICT_HITS: Config = Config { promises: STRICT, ..ONE_SERVER.named("hits as strict as reads") };
