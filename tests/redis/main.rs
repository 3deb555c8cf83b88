//! Cached functions on a real server: the same functions, in process, on Redis and on memcached, with a near tier and without, in every kind of thread.
//!
//! Each test has a server and a cache of its own; where there is no `redis-server`, it says that it is skipped. It takes all
//! features: `cargo test --all-features --test redis`.

#![deny(warnings)]
#![allow(clippy::unused_async, reason = "the functions under test are small")]
#![allow(clippy::future_not_send, clippy::unwrap_used, reason = "these are tests")]
#![allow(missing_docs, unreachable_pub, reason = "nobody imports these")]

mod companions;
mod configuration;
mod connect;
mod encodings;
mod everywhere;
mod late;
mod mutators;
mod near;
mod objects;
mod outage;
mod policies;
mod requests;
mod shop;
mod support;
mod threads;
mod topologies;
