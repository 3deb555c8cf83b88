//! The one thread that does the chores of every cache on the system clock.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, Weak},
    thread::{self, Thread},
    time::Duration,
};

use crate::{clock::Chores, sync::unpoisoned};

/// Until the next round, when one has ended with a panic.
const AFTER_PANIC: Duration = Duration::from_secs(1);

static STAFF: Mutex<Vec<Weak<dyn Chores>>> = Mutex::new(Vec::new());
static KEEPER: OnceLock<Option<Thread>> = OnceLock::new();

/// Takes on the chores of one more cache, and starts the thread if this is the first.
pub(crate) fn employ(chores: Weak<dyn Chores>) {
    unpoisoned(STAFF.lock()).push(chores);
    KEEPER.get_or_init(start);
}

/// Wakes the thread if it sleeps.
pub(crate) fn rouse() {
    if let Some(Some(keeper)) = KEEPER.get() {
        keeper.unpark();
    }
}

fn start() -> Option<Thread> {
    match thread::Builder::new().name("easycache".to_owned()).spawn(keep_house) {
        Ok(handle) => Some(handle.thread().clone()),
        Err(error) => {
            tracing::warn!(%error, "no thread for housekeeping: expired entries are misses, but stay in memory until they are replaced or evicted");
            None
        }
    }
}

fn keep_house() {
    loop {
        match round() {
            Some(pause) => thread::park_timeout(pause),
            None => thread::park(),
        }
    }
}

/// Does everybody's chores once; returns when the next round is due.
fn round() -> Option<Duration> {
    let staff = {
        let mut staff = unpoisoned(STAFF.lock());
        staff.retain(|chores| chores.strong_count() > 0);
        staff.clone()
    };
    // What is swept is dropped here, and a `Drop` of the user's that panics is no reason to keep house no longer. Its
    // panic has been reported; the cache it comes from is looked after in the next round.
    let run =
        |chores: Arc<dyn Chores>| catch_unwind(AssertUnwindSafe(|| chores.run(false))).unwrap_or(Some(AFTER_PANIC));
    staff.iter().filter_map(Weak::upgrade).filter_map(run).min()
}
