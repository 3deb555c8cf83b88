//! What a run has come across: the model notes it, and each configuration says what must be among it.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A call is answered without a server.
    NearHit,
    /// Something was told between a read and the keeping of what it has shown.
    TicketGone,
    /// What is near is not served, for it may be too old.
    NotFresh,
    /// A connection is made anew, and with it what is near is gone.
    Flushed,
    /// A server has lost everything, and says so.
    Emptied,
    /// What this process has stored is near at once.
    OwnFillKept,
    /// An invalidation that had failed is acknowledged.
    Healed,
}

impl Event {
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::NearHit => "a call is answered from near",
            Self::TicketGone => "what was read is not kept",
            Self::NotFresh => "what is near is not served, for it may be old",
            Self::Flushed => "a connection is made anew",
            Self::Emptied => "a server is emptied",
            Self::OwnFillKept => "what was stored is kept at once",
            Self::Healed => "an invalidation is acknowledged at last",
        }
    }
}
