//! What was done through this page.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use crate::report::{Done, Outcome, Wish};

/// How many are kept.
const KEPT: usize = 64;

/// The last things that were done, and how they ended.
#[derive(Debug, Default)]
pub(crate) struct Actions(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    count: u64,
    last: VecDeque<Done>,
}

impl Actions {
    /// Something was done.
    pub(crate) fn add(&self, who: &str, at: SystemTime, wish: &Wish, outcome: Outcome) -> Done {
        let mut log = self.log();
        log.count += 1;
        let done = Done::new(log.count, who, at, wish, outcome);
        log.last.push_front(done.clone());
        log.last.truncate(KEPT);
        done
    }

    pub(crate) fn find(&self, id: u64) -> Option<Done> {
        self.log().last.iter().find(|done| done.id == id).cloned()
    }

    /// The latest first.
    pub(crate) fn all(&self) -> Vec<Done> {
        self.log().last.iter().cloned().collect()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
