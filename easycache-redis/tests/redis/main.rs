//! What the contract of backends does not cover: how the backend behaves on a real server, and when there is trouble.

mod cluster;
mod common;
mod connecting;
mod durable;
mod fake;
mod inspect;
mod replicas;
mod runtimes;
mod sentinel;
mod steps;
#[cfg(feature = "rustls")]
mod tls;
mod trouble;
mod watch;
