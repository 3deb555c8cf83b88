//! Real servers start, fail, come back and end as tests tell them to.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "servers/redis.rs"]
mod redis;
