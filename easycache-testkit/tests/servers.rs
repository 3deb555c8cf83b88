//! Real servers start, fail, come back and end as tests tell them to.

#[path = "servers/cluster.rs"]
mod cluster;
#[path = "servers/memcached.rs"]
mod memcached;
#[path = "servers/redis.rs"]
mod redis;
#[path = "servers/sentinel.rs"]
mod sentinel;
