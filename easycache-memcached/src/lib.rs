//! memcached as a backend of easycache: [`MemcachedBackend`].
//!
//! A hit is one round trip, and so is a miss: the read that finds nothing brings the lease along. An invalidation is one
//! command for each tag, prefix or key, however many values depend on them. memcached 1.6.10 at least, with CAS.
//!
//! # Several servers
//!
//! Each name has its server, by the hash of both: every process must name the same servers, in whatever order, by the same
//! host names and ports. None of them takes over for another. While one cannot be reached, what it keeps is computed and
//! not cached, and invalidations that touch it are errors, which the cache repeats; all else goes on. A server that has been
//! restarted is empty, and nothing else. Proxies that spread names over servers themselves are refused.
//!
//! # Tags of results
//!
//! Nothing is read at one instant here, so that tags which only the result tells are safe where they were foreseen: the
//! first result with tags that nobody knows yet is not stored, but remembered by its tags, and the next one is.
//!
//! # Times
//!
//! memcached counts in whole seconds of its own clock. A value lives up to a second shorter than it might, but for a
//! second at least. Stamps have no time to live: the server drops what nobody has asked for when it needs the space,
//! and what depends on a stamp that was dropped is computed anew.
//!
//! A counter keeps its time however often it is added to, and so does a value that is compared and set. The date on which
//! it ends is noted in its client flags, for which the second write asks the server's clock: one more round trip, once in
//! its life.
//!
//! # Connections
//!
//! Each runtime has one connection to a server, which its tasks share. One that breaks is made anew by the next call,
//! and what can be repeated is. A server that misses a deadline is left alone for 50 ms, then for twice as long each time
//! up to a second; calls are answered with an error meanwhile, which to a cache means: compute. Collections have a
//! connection of their own, and so deadlines that concern nobody else.

mod backend;
mod check;
mod collections;
mod config;
mod error;
mod fleet;
mod grant;
mod inspect;
mod key;
mod lane;
mod node;
mod recall;
mod reply;
mod ring;
mod steps;

pub use easycache_core::{Error, Result};

pub use crate::{
    backend::MemcachedBackend,
    config::{Address, MemcachedConfig},
};
