//! The races of a cache on memcached, each by a controlled interleaving. Those that are the same on every server are those
//! of `easycache-redis`, on another world; what only memcached has is in the files here.
//!
//! | race | tests in |
//! |---|---|
//! | a computation under way, and an invalidation of a tag, a prefix, a key or of everything | `invalidation` |
//! | a late result where an invalidation has emptied the place | `invalidation` |
//! | a refresh, and an invalidation | `invalidation` |
//! | a stamp that is evicted, expires or is lost, and is minted anew | `stamps` |
//! | two who name a tag for the first time, one of them after its invalidation | `stamps` |
//! | refreshes that end out of order; a holder that pauses longer than its lease | `order` |
//! | a caller that comes after an invalidation, and a computation or a look that began before it | `callers` |
//! | a value that is made of a cached one, which is invalidated meanwhile | `inherited` |
//! | a restart, after which the server numbers states anew | `restart` |
//! | a server of several that goes away and comes back | `restart`, and `nodes` in the tests of the backend |
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../../easycache-redis/tests/races/calls.rs"]
mod calls;
#[path = "../../../easycache-redis/tests/races/process.rs"]
mod process;
mod world;

#[path = "../../../easycache-redis/tests/races/callers.rs"]
mod callers;
#[path = "../../../easycache-redis/tests/races/inherited.rs"]
mod inherited;
#[path = "../../../easycache-redis/tests/races/invalidation.rs"]
mod invalidation;
#[path = "../../../easycache-redis/tests/races/order.rs"]
mod order;
mod restart;
mod result_tags;
#[path = "../../../easycache-redis/tests/races/stamps.rs"]
mod stamps;
