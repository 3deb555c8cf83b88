//! Redis and Valkey as a backend of easycache: [`RedisBackend`].
//!
//! A hit is one `MGET`; a miss is that, one script that gets the lease and the stamps, and one that stores. An
//! invalidation is one `SET` for each tag or prefix and one `UNLINK` for each key, however many values depend on them;
//! nothing is ever scanned for. Redis 7.0 or Valkey 7.2 at least.
//!
//! # What is promised where
//!
//! Once an invalidation has returned, nothing from before it is served. Redis answers before its disk or its replicas
//! have what was written: a server that comes back from a file, or a replica that takes over, may know values whose
//! invalidation it has never seen. There are two switches. With [`RedisConfig::epoch`] values end with the run of the server
//! that they were stored in, and with its time as a master. With [`RedisConfig::wait`] an invalidation returns only when
//! replicas have it.
//!
//! | servers | the promise holds | what is lost otherwise |
//! |---|---|---|
//! | one, without persistence | always: a restart leaves nothing | |
//! | one, with RDB or AOF | with `epoch=on`, always | what a crash brings back is served until its time is over |
//! | master and replicas, `replicas=read` | as without it, however far replicas are behind | |
//! | Sentinel | between failovers | invalidations that the new master had not got, until the values' time is over |
//! | Sentinel, `wait=` as many as there are replicas | for each invalidation that has returned `Ok` | while a replica is down each is an error |
//! | Sentinel, `epoch=on` | across a failover from a master that is dead; the cache is cold then | see below |
//! | Cluster | between failovers of the nodes that have the value, or a tag or prefix of it | as with Sentinel, of those nodes |
//! | Cluster, `wait=`, `epoch=on` | as with Sentinel; just what was on that node is cold | as with Sentinel; [see there](#clusters) |
//!
//! While there are *two* masters nothing but `wait` helps: the old one is cut off, or has not been told yet that it was
//! replaced. Who is connected to it reads what it has, and what is invalidated there is lost. After a planned failover that
//! takes Sentinels some ten seconds; then they disconnect the old master's clients. A backend that is in use does not wait
//! for them: it asks a Sentinel once a second where the master is, and leaves a master that was replaced.
//! `min-replicas-to-write` keeps a master that is cut off from acknowledging invalidations. Redis is no consensus store, and
//! `WAIT` does not make it one: of fewer than all replicas, the one that has not got the invalidation may be elected.
//!
//! # Replicas
//!
//! With [`RedisConfig::read_from_replicas`] the master is asked for the heads of values, and for the versions of all that
//! they depend on; a replica, at the same time, for the values. A value whose head is another one than the master's is read
//! from the master as ever, which is one more round trip. The replicas have their turns. One that is down, behind, loading,
//! or another one's replica by now costs that round trip at most, never an error, and is left alone for a while. One that
//! does not answer at all holds up those who have asked it for a quarter of their time, once; connections to it are made in
//! the background. It pays where values are large, or the master is busy: small ones are as quick from the master.
//!
//! # Settings of the servers
//!
//! ```text
//! maxmemory            1gb             # whatever there is
//! maxmemory-policy     volatile-ttl    # values go first; stamps, with which many values end, live longer
//! save                 ""              # a cache need not survive,
//! appendonly           no              # and what is not restored cannot be outdated
//! min-replicas-to-write 1              # with replicas: who is cut off refuses invalidations
//! min-replicas-max-lag  2
//! ```
//!
//! What deviates from that in a way that may surprise is logged by [`RedisBackend::connect`].
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
//! - **A failover** loses what the old master had acknowledged and not passed on. It is the tag's node that counts, and
//!   that of the value; [`epoch`](RedisConfig::epoch) looks at each of them. A node that is cut off from the others stops
//!   answering after `cluster-node-timeout`, unless `cluster-allow-reads-when-down` is `yes`: until then whoever still
//!   reaches it reads what it has, and what is invalidated there is lost.
//! - **A slot on its way** to another node is followed: values are served, and everything is invalidated. Computations of
//!   keys in it are not stored until it has arrived. With `epoch=on`, what has moved has to be computed once more.
//! - **Tags that only the result tells** are known to the next computation of the same key: the first one is not stored.
//! - **What many values depend on**, the prefixes and the stamp of everything, is read by each of them.
//!   [`stripes`](RedisConfig::stripes) spread it over the nodes.
//!
//! Nodes must be reached at the addresses that they tell of each other: see `cluster-announce-ip`, and with TLS
//! `tls-cluster yes` and `cluster-preferred-endpoint-type hostname` where certificates are for names.
//!
//! # Keys of a cache
//!
//! [`Cache::keys`](easycache_core::Cache::keys) goes by `SCAN`, never by `KEYS`: a step looks at a bounded number of names, and
//! the server answers others in between. What is there all the time is seen; a name may come twice, and what is stored or goes
//! meanwhile may or may not be seen. In a cluster one master after the other is walked through, in the order of their
//! addresses. A failover in between begins another table of names, and a slot that moves takes its names along: what has
//! changed its place may be missed by a walk under way.
//!
//! # Connections
//!
//! Each runtime has one connection to a server, or to each node of a cluster that it needs, which its tasks share. One
//! that breaks is made anew by the next call, and what can be repeated is. A server that misses a deadline is left alone
//! for 50 ms, then for twice as long each time up to a second; calls are answered with an error meanwhile, which to a
//! cache means: compute. [Collections](#collections) have a connection of their own, so that what is large holds up nothing
//! else, and its missed deadline is nobody else's. Where there are Sentinels they are asked for each connection, the one that has answered last
//! first, and the next one when it is silent for 50 ms; a new master is found within a second of their knowing it. The
//! role of a server is checked on each connection, and every few seconds while it is used.
//!
//! # Collections
//!
//! [Collections](easycache_core::collections) are data types of the server: see there which. How long one lives it is told
//! right behind the first command that writes to it, in the same write to the connection. Should just that be cut off, the
//! collection is without an end until it is written to again, by any operation: each of them gives an end to what has none.
//! Requests that are sent together are carried out in their order, also on a server that has forgotten the scripts, or for
//! a user who may not load any.
//!
//! Thousands of members are written by one command, and tens of thousands in one round trip; more in several, each with
//! a deadline of its own. The server answers others between two commands. What it is asked for in one piece it makes in
//! one piece, and answers nobody meanwhile: `union` and its like, comparisons of sets, `by_rank` and `by_score` without
//! bounds. The answer is held in memory before any of it is decoded. Of a million members that takes the better part of a
//! second: longer than cached functions wait. `stream` reads as many a page at a time.
//!
//! # Telling of changes
//!
//! A [watch](easycache_core::Backend::watch), which is what a near cache is built on, has one more connection to a server,
//! or to each node that it reads from: made when it is first read from, and ended with the watch. `CLIENT TRACKING` has the
//! server remember what was read there, and tell when it is written, deleted, expires or makes room, whoever does it. A
//! server forgets the oldest of more than `tracking-table-max-keys` names (a million), and says so. Whether it is still
//! there, and still a master, it is asked at each heartbeat. A connection that ends, or gives no answer in time, takes
//! with it whatever was read on it; it is made anew at once, then after a pause that doubles up to a second. Reads use
//! ordinary connections meanwhile. Pushes need RESP3, which proxies rarely speak.
//!
//! # Permissions
//!
//! A user of its own needs these, and those of the commands `INFO`, `ROLE`, `SCRIPT`, `CONFIG GET` for the checks at the
//! start, which are left out otherwise. `replicas=read` needs `ROLE`, unless the replicas are named; a cluster takes
//! `+cluster|slots +asking` as well; a near cache `+client|tracking`, `ROLE` to notice a master that was replaced, and in a
//! cluster `+cluster|info` to notice a node that is cut off:
//!
//! ```text
//! ACL SETUSER shop on >password ~shop:* +hello +select +mget +get +set +del +unlink +exists +getrange +pttl +pexpire
//!     +evalsha +eval +wait
//! ```
//!
//! Collections are more commands, and none but these:
//!
//! ```text
//! ACL SETUSER shop +getdel +incrby
//!     +hget +hset +hsetnx +hdel +hlen +hmget +hincrby +hrandfield +hscan
//!     +sadd +srem +scard +smembers +smismember +spop +sscan +sunion +sinter +sdiff
//!     +sunionstore +sinterstore +sdiffstore
//!     +zadd +zrem +zcard +zmscore +zincrby +zrank +zrevrank +zrange +zcount +zpopmin +zpopmax +zscan
//! ```
//!
//! Who looks at the servers, and at the keys of a cache, needs `+info +dbsize +scan` for it as well: without them a server is
//! up, and nothing more is known of it, and a walk through the keys is an error that says so.
//!
//! And on the Sentinels, where they want a login:
//!
//! ```text
//! ACL SETUSER shop on >password +hello +sentinel|get-master-addr-by-name +sentinel|masters
//! ```

mod abandon;
mod backend;
mod check;
mod cluster;
mod collections;
mod config;
mod durable;
mod error;
mod hedge;
mod inspect;
mod lane;
mod node;
mod replicas;
mod reply;
mod scripts;
mod sentinel;
mod single;
mod steps;
mod watch;

pub use easycache_core::{Error, Result};

pub use crate::{
    backend::RedisBackend,
    config::{Address, RedisConfig},
};
