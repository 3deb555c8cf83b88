//! Whether a server is worth asking.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use easycache_core::{Clock, Error, Moment, Result};

/// How long nobody asks after the first failure. Doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Keeps callers from waiting for a server that does not answer.
///
/// It opens when a deadline is missed or no connection can be had. While it is open callers get that error at once;
/// after a pause one of them may try, and closes it or prolongs the pause. Errors that the server answers are no reason
/// to open it.
pub(super) struct Breaker {
    clock: Arc<dyn Clock>,
    /// Whether `state` has something in it: all that a call has to look at while everything is well.
    open: AtomicBool,
    state: Mutex<Option<Open>>,
}

struct Open {
    error: Error,
    pause: Duration,
    until: Moment,
    probing: bool,
}

/// Leave to ask. What came of it must be told, or nothing is known.
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, open: AtomicBool::new(false), state: Mutex::new(None) }
    }

    /// Leave to ask, or the error of who asked last.
    pub(super) fn pass(&self) -> Result<Pass<'_>> {
        if !self.open.load(Relaxed) {
            return Ok(Pass { breaker: self, probe: false });
        }
        let mut state = self.state();
        match state.as_mut() {
            None => Ok(Pass { breaker: self, probe: false }),
            Some(open) if open.probing || self.clock.now() < open.until => Err(open.error.clone()),
            Some(open) => {
                open.probing = true;
                Ok(Pass { breaker: self, probe: true })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<Open>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The server answers.
    pub(super) fn succeeded(mut self) {
        if self.probe {
            self.probe = false;
            *self.breaker.state() = None;
            self.breaker.open.store(false, Relaxed);
        }
    }

    /// It does not.
    pub(super) fn failed(mut self, error: &Error) {
        let mut state = self.breaker.state();
        let pause = match state.as_ref() {
            None => FIRST_PAUSE,
            Some(open) if self.probe => (2 * open.pause).min(LONGEST_PAUSE),
            // One of many that were under way when it opened.
            Some(_) => return,
        };
        self.probe = false;
        let until = self.breaker.clock.now().after(pause);
        *state = Some(Open { error: error.clone(), pause, until, probing: false });
        self.breaker.open.store(true, Relaxed);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // Given up in the middle, which tells nothing: the next one may try.
        if self.probe
            && let Some(open) = self.breaker.state().as_mut()
        {
            open.probing = false;
        }
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("open", &self.open.load(Relaxed)).finish_non_exhaustive()
    }
}
