//! What the contract of backends does not say: connecting, trouble, limits, several servers, what leases are made of.

mod chaos;
#[path = "../../../easycache-core/tests/chaos/load.rs"]
mod chaos_load;
mod common;
mod connecting;
mod fake;
mod late;
mod leases;
mod limits;
mod nodes;
mod runtimes;
mod stamps;
mod trouble;
