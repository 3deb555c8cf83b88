//! Reads whose changes are told afterwards: what a near tier is built on.

use std::{fmt, sync::Weak, time::Duration};

use async_trait::async_trait;

use super::{Deadline, Read, Seen};
use crate::{clock::Moment, error::Result};

/// One server among those that a [`Watch`] reads from, by a number that the watch gives it. The number stays the same
/// when the server is connected to again; no other server ever gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// Who is told what has become of what was read.
///
/// The calls about one node come in the order of that server's messages. They come before the [`Watch::read`] returns
/// whose answer the server has sent later: what is told after a read has returned is about what happened after it, or
/// about what the caller can tell from it by a ticket taken before.
pub trait NearSink: fmt::Debug + Send + Sync {
    /// What is under that wire name (a value's or a stamp's) has changed, or may have. Names that nobody has read may be
    /// told, too.
    fn lost(&self, name: &str);

    /// Whatever was read from that node so far may have changed: the connection was lost, the server has lost its data,
    /// or it is not the one to ask any more. It is not fresh until [`fresh`](Self::fresh) is called.
    fn flush(&self, node: NodeId);

    /// The present moment, to be noted before a node is asked for a sign of life.
    fn now(&self) -> Moment;

    /// Everything that had happened on that node at the moment `asked`, which was taken from [`now`](Self::now), has been
    /// told by now: the node has answered a question that was sent after that moment, and its answers come behind what it
    /// has had to tell. However long the process was stopped in between, nothing passes for fresher than it is.
    fn fresh(&self, node: NodeId, asked: Moment);
}

/// What a watched read has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// What was there, with the [time left](Seen::left) if there is a value.
    pub seen: Seen,
    /// The nodes that will tell of changes, each once: those of the value and of all stamps. None: what was seen is good
    /// for this call, but nobody will tell when it changes, and it must not be kept.
    pub nodes: Option<Vec<NodeId>>,
}

/// Reads, whose changes a [`NearSink`] is told. From [`Backend::watch`](crate::Backend::watch); dropped, it ends the
/// connections that it has.
#[async_trait]
pub trait Watch: fmt::Debug + Send + Sync + 'static {
    /// As [`Backend::read`](crate::Backend::read), and grants no leases. Where a node cannot tell of changes at the
    /// moment, it reads all the same.
    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Watched>>;
}

/// What a watch is made for.
#[derive(Clone, Debug)]
pub struct Watching {
    /// Who is told.
    pub sink: Weak<dyn NearSink>,
    /// How often each node is asked whether it is still there, at least: also while nobody reads. Every answer is a
    /// [`NearSink::fresh`].
    pub heartbeat: Duration,
    /// How long an answer may take. A node that takes longer is flushed, and connected to anew.
    pub patience: Duration,
}
