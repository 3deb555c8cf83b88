//! Real servers start, fail, come back and end as tests tell them to.

#[path = "servers/redis.rs"]
mod redis;
