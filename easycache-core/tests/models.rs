//! The whole cache under the model checker, which decides at every lock and atomic which thread goes on.
//!
//! Run by `scripts/models.sh`, which sets `--cfg shuttle`.

#[cfg(not(shuttle))]
#[test]
#[ignore = "needs the model checker's locks: run scripts/models.sh"]
fn every_schedule_keeps_the_promise() {
    panic!("run scripts/models.sh: this build has the machine's locks, not the model checker's");
}

#[cfg(shuttle)]
#[path = "models/scenarios.rs"]
mod scenarios;
#[cfg(shuttle)]
#[path = "models/world.rs"]
mod world;
