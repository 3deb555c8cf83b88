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
//! # Clusters
//!
//! Every name is kept by the node that has its slot: a value together with its lease, each tag and prefix wherever it
//! belongs. What is one round trip with one server is one wave here: all nodes that are involved are asked at once.
//! Reading one key and what it depends on may take as many commands as there are names, but never longer than the
//! slowest of the nodes. Which node has what is asked of any that answers, and learnt anew when a slot has moved, or a
//! node is gone; a service needs no restart for that.
//!
//! The promise on invalidations holds as it does with one server. This is different:
//!
//! - **A node that is down** is missed by the names in its slots alone: those are computed, or their invalidation is an
//!   error, until a replica has taken over. A value is where its key belongs and what it depends on elsewhere, so that it
//!   takes all of these nodes to tell whether it is valid. Set `cluster-require-full-coverage` to `no`, or one range of
//!   slots without a master stops them all.
//! - **A failover** loses what the old master had acknowledged and not passed on: see above. It is the tag's node that
//!   counts, and that of the value; [`epoch`](RedisConfig::epoch) looks at each of them. A node that is cut off from
//!   the others stops answering after `cluster-node-timeout`, unless `cluster-allow-reads-when-down` is `yes`: until then
//!   whoever still reaches it does not see what is invalidated elsewhere.
//! - **A slot on its way** to another node is followed: values are served, and everything is invalidated. Computations of
//!   keys in it are not stored until it has arrived. With `epoch=on`, what has moved has to be computed once more.
//! - **Tags that only the result tells** are known to the next computation of the same key: the first one is not stored.
//! - **What many values depend on**, the prefixes and the stamp of everything, is read by each of them.
//!   [`stripes`](RedisConfig::stripes) spread it over the nodes.
//!
//! Nodes must be reached at the addresses that they tell of each other: see `cluster-announce-ip`, and with TLS
//! `tls-cluster yes` and `cluster-preferred-endpoint-type hostname` where certificates are for names.
//!
//! # Connections
//!
//! Each runtime has one connection to a server, or to each node of a cluster that it needs, which its tasks share. One
//! that breaks is made anew by the next call, and what can be repeated is. A server that misses a deadline is left alone
//! for 50 ms, then for twice as long each time up to a second; calls are answered with an error meanwhile, which to a
//! cache means: compute.
//!
//! # Permissions
//!
//! A user of its own needs these, and those of the commands `INFO`, `ROLE`, `SCRIPT`, `CONFIG GET` for the checks at the
//! start, which are left out otherwise. A cluster also takes `+cluster|slots +asking`:
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
