//! What a moment of the modelled world consists of.
//!
//! Plain bytes in arrays of fixed size: a state is copied, compared and hashed some millions of times.

use crate::{
    config::{B, Config, PATIENCE, RYI, STRICT},
    driver::Step,
    queue::Queue,
    variants::Broken,
};

/// What never returns: a version of the tag. 0: there is none.
pub(crate) type Nonce = u8;
/// How many commits the database had seen.
pub(crate) type Commit = u8;
/// At which tick something was.
pub(crate) type Tick = u8;

pub(crate) const NODES: usize = 2;
pub(crate) const CALLERS: usize = 2;
pub(crate) const WRITERS: usize = 2;
pub(crate) const TICKS: usize = 4;

/// What something near stands on, as bits: the name of the value, that of the tag, and each server.
pub(crate) type Grounds = u8;
pub(crate) const VALUE: Grounds = 1;
pub(crate) const TAG: Grounds = 2;
const SERVERS: [Grounds; NODES] = [4, 8];
pub(crate) const ALL: Grounds = 15;

/// Everything that the servers have: no two of them have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Stored {
    /// The commit that the value was computed from.
    pub commit: Commit,
    /// The version of the tag that it was computed under. 0: there is no value.
    pub of: Nonce,
    /// The tag. 0: there is none.
    pub tag: Nonce,
}

impl Stored {
    pub(crate) fn is_valid(self) -> bool {
        self.tag != 0 && self.of == self.tag
    }
}

/// Whose call an answer is for: the caller, and how many calls it has left to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct CallId {
    pub caller: u8,
    pub left: u8,
}

/// What is on its way to a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    #[default]
    None,
    Read(CallId),
    Fill(CallId),
    Ping,
}

/// What is on its way from a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Message {
    #[default]
    None,
    /// What that server has of what was asked for.
    Answer(CallId, Stored),
    /// Whether it was stored.
    Filled(CallId, bool),
    Pong,
    /// What has that name has changed.
    Changed(Grounds),
    /// Everything is gone.
    Emptied,
}

/// A connection that tells of changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    pub to: Queue<Request, 4>,
    pub from: Queue<Message, 8>,
    /// What was told and is seen to later: a broken variant's.
    pub later: Queue<Message, 4>,
    /// Of which names the server tells: each once, when it changes next.
    pub tells: Grounds,
    /// Nothing more comes, and nobody has noticed.
    pub broken: bool,
    /// When the heartbeat was sent that is under way.
    pub ping: Option<Tick>,
    /// Up to when everything has been told.
    pub fresh: Option<Tick>,
    /// Heartbeats that are left to send.
    pub pings: u8,
}

/// How far a caller's present call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// No call.
    #[default]
    Idle,
    /// The read is under way.
    Asking,
    /// All servers have answered, it is valid, and the caller has not woken up yet.
    Answered,
    /// There is nothing valid.
    Missed,
    /// Has a lease and the version of the tag. The computation has not begun.
    Granted,
    /// Computed.
    Computed,
    /// The value is on its way to the server, on the connection that tells of changes.
    Filling,
    /// It was stored, and the caller has not woken up yet.
    Filled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    pub stage: Stage,
    /// Calls left to make, without the present one.
    pub left: u8,
    /// Which servers have not answered.
    pub waits: u8,
    /// What of the grounds nobody has told anything about since it was taken.
    pub ticket: Grounds,
    /// What was acknowledged when the call began.
    pub floor: Commit,
    /// What this process had tried to invalidate by then.
    pub own: Commit,
    /// What the servers have answered; then what was computed, and the version it was computed under.
    pub seen: Stored,
    /// Nobody has ended its lease.
    pub leases: bool,
}

/// How far a writer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    #[default]
    Start,
    /// Committed, and sent.
    Sent,
    /// It is done at the server, and the answer is on its way.
    Answered,
    /// The call has returned an error. What was sent may still arrive, if it has not.
    Failed {
        arrived: bool,
    },
    Done,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Writer {
    pub phase: Phase,
    pub commit: Commit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub now: Tick,
    /// The last commit whose invalidation was acknowledged by the end of each tick.
    pub acked: [Commit; TICKS],
    /// The last one that this process has tried to invalidate itself, with whatever outcome.
    pub own: Commit,
    pub db: Commit,
    pub nonces: Nonce,
    pub stored: Stored,
    pub links: [Link; NODES],
    /// What is near: the commit that it was computed from. What it stands on is as it was.
    pub near: Option<Commit>,
    /// Names whose invalidation has failed are not served, and not asked for.
    pub quarantine: bool,
    pub callers: [Caller; CALLERS],
    pub writers: [Writer; WRITERS],
    pub losses: u8,
    pub breaks: u8,
    pub failures: u8,
    /// Promises that were broken.
    pub broken: u8,
}

impl State {
    pub(crate) fn first(config: &Config) -> Self {
        let mut first =
            Self { losses: config.losses, breaks: config.breaks, failures: config.failures, ..Self::default() };
        if config.is_warm {
            (first.nonces, first.stored) = (1, Stored { commit: 0, of: 1, tag: 1 });
        }
        first.callers[..config.callers].fill(Caller { left: config.reads, ..Caller::default() });
        first.links[..config.nodes].fill(Link { fresh: Some(0), pings: config.pings, ..Link::default() });
        first
    }

    /// What has been acknowledged by now.
    pub(crate) fn acknowledged(&self) -> Commit {
        self.acked[usize::from(self.now)]
    }

    /// What a hit must be as new as, by each of these promises.
    pub(crate) fn floors(&self) -> [(u8, Commit); 3] {
        // What was acknowledged in the tick when the heartbeat was sent may have been so after it.
        let bounded = self.now.checked_sub(PATIENCE + 1).map_or(0, |tick| self.acked[usize::from(tick)]);
        [(B, bounded), (RYI, self.own), (STRICT, self.acknowledged())]
    }

    /// Nothing is under way any more, and what is near is older than it may be: nothing will ever be told about it.
    pub(crate) fn is_stale_at_rest(&self) -> bool {
        let idle = |link: &Link| link.to.is_empty() && link.from.is_empty() && link.later.is_empty() && !link.broken;
        self.near.is_some_and(|near| near < self.acknowledged())
            && self.links.iter().all(idle)
            && self.callers.iter().all(|caller| caller.stage == Stage::Idle)
            && self.writers.iter().all(|writer| matches!(writer.phase, Phase::Start | Phase::Done))
    }
}

impl Step<'_> {
    /// Something that this stands on has changed, or may have: nothing that was read before is kept.
    pub(crate) fn bump(&mut self, grounds: Grounds) {
        let forgotten = if self.config.breaks(Broken::TagForgotten) { TAG } else { 0 };
        let grounds = grounds & !forgotten;
        if grounds == 0 {
            return;
        }
        self.state.near = None;
        for caller in &mut self.state.callers {
            caller.ticket &= !grounds;
        }
    }

    /// All that was read from that server may have changed.
    pub(crate) fn flush(&mut self, node: usize) {
        if self.config.breaks(Broken::FlushSparesTickets) {
            self.state.near = None;
        } else {
            self.bump(SERVERS[node]);
        }
    }

    /// Keeps what was read, or stored, under the ticket that was taken before it was sent.
    pub(crate) fn keep(&mut self, commit: Commit, ticket: Grounds) -> bool {
        let kept = ticket == ALL || self.config.breaks(Broken::NoTicket);
        if kept {
            self.state.near = Some(commit);
        }
        kept
    }
}
