//! Waiting for servers, with a deadline.

use std::{thread, time::Duration};

use easycache_core::Deadline;

/// How long a server is waited for. It takes milliseconds; a busy machine may need much longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again, every few milliseconds, until the answer is there.
///
/// # Panics
///
/// If it is not there after 30 s; `what` says what was waited for.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    poll(PATIENCE, &mut ask).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain until {what}"))
}

/// Asks again and again until the answer is there or the time is over.
pub(super) fn poll<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Deadline::after(patience);
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if deadline.left().is_zero() {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
