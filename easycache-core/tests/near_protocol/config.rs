//! What is modelled in one run: the servers, who takes part, what may go wrong, and which rule is broken, if any.

use crate::{event::Event, variants::Broken};

/// Where an invalidation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The process of the near tier.
    Here,
    /// Another one.
    Elsewhere,
}

/// What an invalidation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Covers {
    Key,
    Tag,
}

/// How this process stores what it has computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fills {
    /// On a connection of its own, so that it is told of the change like everybody else. The next read keeps the value.
    Apart,
    /// On the connection that tells of changes, which does not tell of what was done on it (`NOLOOP`). The value is kept
    /// at once.
    Watched,
}

/// A promise that is checked, as a bit.
pub(crate) const B: u8 = 1;
pub(crate) const RYI: u8 = 2;
pub(crate) const AT_REST: u8 = 4;
/// Of what servers were asked for.
pub(crate) const G: u8 = 8;
/// **G** of what is answered from near.
pub(crate) const STRICT: u8 = 16;

/// For how many ticks after a heartbeat was sent what is near may be served.
pub(crate) const PATIENCE: u8 = 1;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub name: &'static str,
    /// One server has everything; of two the first has the value, the second the tag.
    pub nodes: usize,
    /// How many callers this process has.
    pub callers: usize,
    /// Calls that each of them makes.
    pub reads: u8,
    pub writers: &'static [(Origin, Covers)],
    /// Whether the value is stored to begin with.
    pub is_warm: bool,
    pub fills: Fills,
    /// How much time passes.
    pub ticks: u8,
    /// How often each connection is asked whether it is still there.
    pub pings: u8,
    /// How often a server loses something, or everything.
    pub losses: u8,
    /// How often a connection breaks.
    pub breaks: u8,
    /// How often an answer to an invalidation is lost.
    pub failures: u8,
    /// What is checked.
    pub promises: u8,
    /// What must have happened in some state: a near tier that keeps nothing keeps every promise.
    pub must: &'static [Event],
    pub broken: Option<Broken>,
}

impl Config {
    /// Two callers of two calls each, one invalidation by tag and one by key, no time passes, and nothing goes wrong.
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            nodes: 1,
            callers: 2,
            reads: 2,
            writers: &[(Origin::Elsewhere, Covers::Tag), (Origin::Elsewhere, Covers::Key)],
            is_warm: false,
            fills: Fills::Apart,
            ticks: 0,
            pings: 0,
            losses: 0,
            breaks: 0,
            failures: 0,
            promises: B | RYI | AT_REST | G,
            must: &[Event::NearHit, Event::TicketGone],
            broken: None,
        }
    }
}
