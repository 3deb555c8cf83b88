//! What happens to caches when something happens to their server: functions are computed, nobody waits long, nothing that was
//! invalidated comes back, and when the trouble is over nobody has to start anything again.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod chaos;
#[path = "../../../easycache-core/tests/chaos/load.rs"]
mod chaos_load;
mod damage;
mod endures;
mod eviction;
mod network;
mod refusals;
mod server;
