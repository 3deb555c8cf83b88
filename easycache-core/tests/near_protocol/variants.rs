//! The rules of the near tier, each of them broken alone.

/// A rule that is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// What a read has shown is kept without a look at what was told since it was sent.
    NoTicket,
    /// A value is kept with the ticket of its own name alone: the tag is read with it, and then forgotten.
    TagForgotten,
    /// A connection that is made anew goes on with what is near.
    FlushForgotten,
    /// A flush throws away what is near, and leaves the tickets of reads under way.
    FlushSparesTickets,
    /// That a server was emptied is told without names, and heard by nobody.
    EmptiedUnheard,
    /// What is told is handed to a task that sees to it when it comes to it, answers are not.
    ToldLater,
    /// What is near is fresh from the answer to a heartbeat on, not from its sending.
    FreshFromAnswer,
    /// Heartbeats go over another connection than what is told.
    HeartbeatElsewhere,
    /// The server of the value alone has to be fresh, not that of the tag.
    OneNodeFresh,
    /// The script that stores a value does not read at its end.
    NoTrailingRead,
    /// An invalidation of this process does nothing here when it is acknowledged.
    NotAppliedAfter,
    /// An invalidation of this process does nothing here before it is sent.
    NotAppliedBefore,
    /// An invalidation that failed has no consequences for its process.
    NoQuarantine,
}
