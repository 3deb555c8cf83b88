//! The races of a cache on Redis, each by a controlled interleaving: a computation waits until it is told to go on, a
//! backend stops between two steps, a proxy holds what is on the wire, and a connection of the test's own takes away what
//! a server may lose. Two caches on connections of their own are two processes. Values are commit numbers: 2 was
//! committed after 1.
//!
//! | race | tests in |
//! |---|---|
//! | a computation under way, and an invalidation of a tag, a prefix, a key or of everything | `invalidation` |
//! | a late result where an invalidation has emptied the place | `invalidation` |
//! | a refresh, and an invalidation | `invalidation` |
//! | a computation that begins before what it depends on is known | `invalidation` |
//! | a stamp that is evicted, expires or is lost, and is minted anew | `stamps` |
//! | two who name a tag for the first time, one of them after its invalidation | `stamps` |
//! | a value that is stored, and what it depends on is not | `stamps` |
//! | clocks that differ | `stamps` |
//! | refreshes that end out of order; a holder that pauses longer than its lease | `order` |
//! | a lease that is shorter than the computation | `order` |
//! | a caller that comes after an invalidation, and a computation or a look that began before it | `callers` |
//! | tags that only the result tells | `result_tags` |
//! | a value that is made of a cached one, which is invalidated meanwhile | `inherited` |
//! | an answer that is lost, and the repetition | `repetition` |
//! | an invalidation that has failed | `quarantine` |
//! | a failover that loses an invalidation, a restart from an old file, an old master that is asked still | `rollback` |
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod calls;
mod process;
mod world;

mod callers;
mod inherited;
mod invalidation;
mod order;
mod quarantine;
mod repetition;
mod result_tags;
mod rollback;
mod stamps;
