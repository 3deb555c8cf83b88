//! Redis and Valkey as a backend of easycache: [`RedisBackend`].
//!
//! A hit is one `MGET`; a miss is that, one script that gets the lease and the stamps, and one that stores. An
//! invalidation is one `SET` for each tag or prefix and one `UNLINK` for each key, however many values depend on them;
//! nothing is ever scanned for. Redis 7.0 or Valkey 7.2 at least.
//!
//! # What a restart or a failover loses
//!
//! Redis answers before its disk or its replicas have what was written. A server that comes back from a file, or a
//! replica that takes over, may know values whose invalidation it has never seen. Without persistence and replicas that
//! cannot happen. With them there are two switches: [`RedisConfig::epoch`], after which values end with the run of the
//! server that they were stored in, and [`RedisConfig::wait`], by which an invalidation returns only when replicas have it.
//!
//! # Connections
//!
//! Each runtime has one connection to a server, which its tasks share. One that breaks is made anew by the next call,
//! and what can be repeated is. A server that misses a deadline is left alone for 50 ms, then for twice as long each time
//! up to a second; calls are answered with an error meanwhile, which to a cache means: compute.
//!
//! # Permissions
//!
//! A user of its own needs these, and those of the commands `INFO`, `ROLE`, `SCRIPT`, `CONFIG GET` for the checks at the
//! start, which are left out otherwise:
//!
//! ```text
//! ACL SETUSER shop on >password ~shop:* +hello +select +mget +get +set +del +unlink +exists +getrange +pttl +pexpire
//!     +evalsha +eval +wait
//! ```

mod abandon;
mod backend;
mod check;
mod cluster;
mod config;
mod durable;
mod error;
mod lane;
mod node;
mod reply;
mod scripts;
mod single;
mod steps;

pub use easycache_core::{Error, Result};

pub use crate::{
    backend::RedisBackend,
    config::{Address, RedisConfig},
};
