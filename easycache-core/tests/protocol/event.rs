//! What a run has come across: the model notes it, and each configuration says what must be among it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Hit,
    Stored,
    /// A fill was refused because its lease was gone.
    Lost,
    /// A fill was refused because a stamp had moved.
    Doomed,
    /// A computation under the lease of somebody else.
    Follows,
    /// An ACQUIRE found that somebody had stored meanwhile.
    Changed,
    /// A flight was joined before its computation began.
    JoinedEarly,
    /// A flight was joined whose computation ran.
    JoinedRunning,
    /// A value was not stored because the clock of tags had moved.
    ClockMoved,
    /// A lease was taken over.
    TakenOver,
    /// A body came from the replica.
    BodyOfReplica,
    /// The replica's body was another one than the master's header said.
    ReplicaLags,
    /// A call in quarantine went past the cache.
    Bypassed,
    /// A name left the quarantine.
    Healed,
    /// Somebody who had joined a flight was sent back to read for himself.
    SentBack,
    /// A value was served that had expired.
    Stale,
}

impl Event {
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Hit => "a read hits",
            Self::Stored => "a fill is stored",
            Self::Lost => "a fill is refused for its lease",
            Self::Doomed => "a fill is refused for its stamps",
            Self::Follows => "two compute under one lease",
            Self::Changed => "an acquire finds a value",
            Self::JoinedEarly => "a flight is joined before it computes",
            Self::JoinedRunning => "a flight is joined while it computes",
            Self::ClockMoved => "a value is not stored for the clock",
            Self::TakenOver => "a lease is taken over",
            Self::BodyOfReplica => "a body comes from the replica",
            Self::ReplicaLags => "the replica has another body",
            Self::Bypassed => "a call goes past the cache",
            Self::Healed => "a name leaves the quarantine",
            Self::SentBack => "who has joined is sent back",
            Self::Stale => "a read is served what has expired",
        }
    }
}
