//! The rules of the protocol, each of them broken alone.

/// A rule that is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The versions of the stamps are read after the computation, not before.
    StampsAfter,
    /// Versions are counters: a stamp that was lost begins again.
    Counters,
    /// A missing stamp has the version 0, which is a version like any other.
    MissingIsValid,
    /// Who finds no stamp makes a version up, and writes it with the value, over whatever is there by then.
    MintedAtFill,
    /// A fill does not look at the lease.
    FillWithoutToken,
    /// A fill stores if there is no value, lease or not.
    FillIfAbsent,
    /// A fill is refused if another lease is there, not if its own is gone.
    FillAfterExpiry,
    /// An invalidation by key deletes the value alone.
    LeaseSurvivesDelete,
    /// A refresh takes no lease and needs none.
    RefreshWithoutLease,
    /// A running computation is joined under an equal token, whatever the versions.
    JoinWithoutVersions,
    /// A running computation is joined under equal versions, whatever the token.
    JoinWithoutToken,
    /// A running computation is joined.
    JoinRunning,
    /// A running computation whose tags come with the result is joined wherever the clock of tags stands.
    JoinWithoutClock,
    /// Who has joined a flight is served what its leader found stored when it asked for the lease.
    JoinersTakeFound,
    /// The body of the replica is taken under the stamps of the master, without a look at the master's header.
    BodyUnchecked,
    /// Body and stamps come from the replica.
    AllFromReplica,
    /// An invalidation bumps the clock of tags after the tags.
    ClockAfterTags,
    /// Nobody looks at the clock after the computation.
    ClockUnchecked,
    /// The clock is read first, and stamps that are missing are minted after that.
    MintedAfterClock,
    /// An invalidation whose answer is lost returns `Ok`.
    ErrorSwallowed,
    /// An invalidation that failed has no consequences for its process.
    NoQuarantine,
    /// What was computed while a tag was held is stored.
    HoldIgnored,
    /// A running computation is joined under equal versions, although one of them is that of a hold.
    JoinUnderHold,
    /// A hold leaves a tag alone that has no stamp.
    OnlyKnownTagsHeld,
    /// A name leaves the quarantine when any invalidation of it is acknowledged, even one sent before the failed one.
    LiftedTooEarly,
    /// The digest of what is served although it has expired leaves the hard twin out.
    TwinUnchecked,
    /// The version of the hard twin is read after the computation.
    TwinAfter,
    /// An invalidation moves the stamp that all read, and not its hard twin.
    TwinStays,
}
