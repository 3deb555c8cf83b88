//! The protocol with a server, exhaustively: every interleaving of a few calls, invalidations and losses.
//!
//! Tests try some orders of events, a model checker tries all of them. The model here is the protocol itself, a state
//! machine of some hundred lines, not the code that speaks it; the contract between cache and server
//! (`easycache_core::Backend`) is what both have in common. Each test is one configuration (`worlds.rs`): promises are
//! kept in every state of theirs (`promises.rs`), and counterexamples are found as soon as one rule is left out
//! (`counterexamples.rs`), which shows that the rule is needed and that the model would notice. Each test prints how
//! many states it has seen; `-- --nocapture` adds the steps that break a promise.
//!
//! # What is modelled
//!
//! One value that depends on a row of a database. The row is the number of its last commit, so a value tells how old it
//! is. The server keeps the value with its id and the versions it was computed under, the lease, and up to five stamps:
//! of a tag, of a prefix, of the value itself (`Stamped`), of a tag that only the result tells, and the clock of tags; where
//! readers may serve what has expired, the tag has a hard twin in the place of the prefix.
//! A step is one message answered by one server, one read of the database, or one thing going wrong.
//!
//! | participant | its steps |
//! |---|---|
//! | reader | READ; hit, or join a flight, or ACQUIRE; compute; look at the tags of the result; FILL |
//! | refresher | ACQUIRE that takes the lease over; compute; FILL |
//! | writer | commit; the messages of INVALIDATE; the answer, or an error and another attempt |
//! | writer that holds | holds its tag; commits, and so on; or ends before or after the commit |
//! | environment | loses the value, the lease, any stamp, everything, a caller, an answer; a replica catches up |
//!
//! A reader that stops for good, or for a while, needs no step of its own: nothing makes it go on.
//!
//! # What is promised
//!
//! **G.** A call that begins after an invalidation has returned `Ok` is not answered with what was computed from an
//! older commit; nor one that begins after a commit whose tag was held then, even if nobody ever invalidates. **M.** A call that begins after a hit does not hit anything older; not with a plain store. **RYI.** A
//! call that begins after an invalidation in its own process has returned an error is not answered with anything older
//! than that either. What a call has computed itself is as new as the database was then; that is taken for granted: the
//! application commits before it invalidates, and reads no lagging copy.
//!
//! # Which code it is about
//!
//! | clause of `Backend`, or rule of the cache | in the model |
//! |---|---|
//! | **Read**: each part was there at some instant of the call | `Step::read`; in a cluster each at its own instant |
//! | valid if every stamp is there, with the version that the value has | `reader::is_valid` |
//! | **Acquire**: stamps are minted once, one lease at a time, `On::Replace`, `Acquired::Changed` | `Step::acquire` |
//! | **Fill**: a compare-and-set on the lease, `Lost`, `Doomed` | `Step::fill` |
//! | **Invalidate**: value with its lease; a stamp gets a version it never had, or is absent | `Step::invalidate` |
//! | **Versions never return** | `Step::nonce` |
//! | `Caps::lease` is false: `Stamped` | `Kind::Stamped` |
//! | `Caps::ordered`: tags of the result, and the clock that is bumped before any tag | `Step::check` |
//! | bodies from replicas, under the master's header | `Kind::Replicated` |
//! | a flight is joined before it computes, or under an equal token and equal versions | `flight::actions` |
//! | `Target::Hold`: a stamp gets a version that says so, also if it was not there | `Step::hold` |
//! | what is computed under a version that is held is not stored, nor joined once it runs | `Step::fill`, `flight::actions` |
//! | names whose invalidation has failed are in quarantine | `Step::bypass`, `Step::acknowledge` |
//!
//! Three rules are easy to overlook. Who joins a flight before it computes must not be served what its leader finds
//! stored: that may have been read before the joining call began. Where tags come with the result, a running flight is
//! joined only under an equal clock as well: neither token nor versions tell that a tag of the result has moved. And
//! the stamps of these tags are minted before the clock is read, or at the same instant, never after it.
//!
//! # What is not
//!
//! - A hold's end by itself: it is a stamp that is lost.
//! - Renewals and releases: a lease that is not renewed, or is released, is a lease that is lost.
//! - Fills that arrive after their call has returned, and repeated invalidations whose first attempt arrives after all:
//!   a fill is as late as the checker likes, and an invalidation too many is a loss. The first attempt may arrive until
//!   the second is sent.
//! - Calls in quarantine fill nothing; calls that began before it go on, and may fill.
//! - Servers that go back in time (failover, an old snapshot), which the boot epoch is for; the local tier, which has
//!   models of its own; times to live, other than by losses; `set` of a value that the caller brings.
//! - More than three readers, two writers, two losses. All races that are known need less.
//!
//! # How it stays small
//!
//! What never returns (versions, tokens, ids) is a number, and what matters is which are equal. A state is therefore
//! renamed after each step (`State::canonical`), and interchangeable readers are sorted: of all states that differ in
//! names alone the checker sees one. What happens in a call is thought to happen at the instant that is hardest on the
//! promise: a call begins with its first message, an invalidation returns with its last.

mod actors;
mod config;
mod counterexamples;
mod driver;
mod event;
mod events;
mod model;
mod promises;
mod run;
mod state;
mod variants;
mod worlds;
