//! What the near tier knows of the backend: which names have changed since when, and how fresh each node is.
//!
//! A read takes a ticket before it is sent. What it has shown is kept under that ticket: it is served as long as none of
//! its names was lost, and none of its nodes flushed, since the ticket was taken, and while every node is fresh. So it does
//! not matter in which order the answer to a read and the news about it are handled in this process.

use std::{sync::Arc, time::Duration};

use super::process;
use crate::{
    backend::{NearSink, NodeId},
    cache::{Time, Verb},
    clock::Moment,
    identity::{Space, StampName},
    stamp::{Stamp, StampTable, Version},
    stats::{Counter, NearStats},
    sync::{AtomicU64, Map, Mutex, Ordering, lock},
};

/// Taken before a read is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(crate) born: Version,
    pub(crate) at: Moment,
}

/// A node, from one flush to the next.
#[derive(Debug)]
pub(crate) struct Node {
    /// Bits of a [`Moment`]; the origin for ever after a flush.
    fresh_until: AtomicU64,
    /// What was read with a ticket from before this was flushed.
    since: Version,
}

/// Of a node that has not been fresh so far: over, and no flush.
const NOT_YET: u64 = 1;

/// The names and nodes that a near tier depends on.
#[derive(Debug)]
pub(crate) struct Tickets {
    /// What all names begin with.
    namespace: Box<str>,
    clock: Time,
    /// How old the last sign of life of a node may be.
    bound: Duration,
    /// A stamp for each wire name that something kept depends on, whatever is under it.
    names: StampTable,
    nodes: Mutex<Map<NodeId, Known>>,
    pushes: Counter,
    flushes: Counter,
}

/// What is known of a node.
#[derive(Debug)]
struct Known {
    node: Arc<Node>,
    /// When it was last known to have told everything.
    asked: Option<Moment>,
}

impl Node {
    fn new(since: Version) -> Arc<Self> {
        Arc::new(Self { fresh_until: AtomicU64::new(NOT_YET), since })
    }

    /// Whether what was kept of it may be served at `now`.
    #[inline]
    pub(crate) fn is_fresh(&self, now: Moment) -> bool {
        self.fresh_until.load(Ordering::Acquire) > now.to_bits()
    }

    /// Whether what was kept of it will never be served again.
    pub(crate) fn is_flushed(&self) -> bool {
        self.fresh_until.load(Ordering::Acquire) == Moment::ORIGIN.to_bits()
    }
}

impl Tickets {
    pub(crate) fn new(namespace: &str, clock: Time, bound: Duration) -> Arc<Self> {
        let tickets = Arc::new(Self {
            namespace: namespace.into(),
            clock,
            bound,
            names: StampTable::new(),
            nodes: Mutex::new(Map::default()),
            pushes: Counter::default(),
            flushes: Counter::default(),
        });
        process::enrol(&tickets);
        tickets
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Must be done before the read is sent, and before it is found out what of its names this process treats as invalid.
    pub(crate) fn take(&self) -> Ticket {
        let at = self.clock.now();
        Ticket { born: self.names.now(), at }
    }

    /// What becomes of that name. To be asked for before the name is read, if that can be: a name that nobody has asked
    /// about is lost together with others.
    pub(crate) fn stamp(&self, name: &str) -> Arc<Stamp> {
        self.names.get(stamp(name))
    }

    /// What becomes of these nodes; none if one was flushed since the ticket was taken.
    pub(crate) fn nodes(&self, ids: &[NodeId], ticket: Ticket) -> Option<Box<[Arc<Node>]>> {
        let mut nodes = lock(&self.nodes);
        let nodes = ids.iter().map(|id| {
            let node = &nodes.entry(*id).or_insert_with(Known::new).node;
            (node.since <= ticket.born).then(|| Arc::clone(node))
        });
        nodes.collect()
    }

    /// Lets nothing be served any more that depends on that name, nor be kept that was read before now.
    pub(crate) fn lose(&self, name: &str) {
        self.names.bump(stamp(name), Verb::Invalidate);
    }

    /// Drops the stamps that nothing depends on; returns how many.
    pub(crate) fn collect(&self) -> usize {
        self.names.collect()
    }

    /// How many stamps there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// What was told; how often something was found is for others to add.
    pub(crate) fn stats(&self) -> NearStats {
        let now = self.clock.now();
        let oldest = lock(&self.nodes).values().filter_map(|known| known.asked).min();
        NearStats {
            pushes: self.pushes.get(),
            flushes: self.flushes.get(),
            since_fresh: oldest.map(|asked| now.since(asked)),
            ..NearStats::default()
        }
    }
}

impl Known {
    fn new() -> Self {
        Self { node: Node::new(Version::START), asked: None }
    }
}

/// All wire names are of one space here: that of tags.
fn stamp(name: &str) -> StampName<'_> {
    StampName { space: Space::Tag, name }
}

impl NearSink for Tickets {
    fn lost(&self, name: &str) {
        self.pushes.add(1);
        self.lose(name);
    }

    fn flush(&self, id: NodeId) {
        self.flushes.add(1);
        let was_on = {
            let mut nodes = lock(&self.nodes);
            let known = nodes.entry(id).or_insert_with(Known::new);
            known.node.fresh_until.store(Moment::ORIGIN.to_bits(), Ordering::Release);
            // Later than every ticket that was taken so far.
            known.node = Node::new(self.names.advance());
            known.asked.take().is_some()
        };
        if was_on {
            tracing::warn!(node = id.0, "flushed: the near tier is off for this node until it answers again");
        } else {
            tracing::debug!(node = id.0, "flushed once more: the near tier is off for this node");
        }
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn fresh(&self, id: NodeId, asked: Moment) {
        let was_off = {
            let mut nodes = lock(&self.nodes);
            let known = nodes.entry(id).or_insert_with(Known::new);
            let until = asked.after(self.bound).to_bits().max(known.node.fresh_until.load(Ordering::Relaxed));
            known.node.fresh_until.store(until, Ordering::Release);
            let was_off = known.asked.is_none();
            known.asked = known.asked.max(Some(asked));
            was_off
        };
        if was_off {
            tracing::info!(node = id.0, "the near tier is on for this node");
        }
    }
}
