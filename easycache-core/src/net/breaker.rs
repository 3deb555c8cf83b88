//! Whether a server is worth asking.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    clock::{Clock, Moment},
    error::{Error, Result},
};

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
#[derive(Debug)]
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

    /// Whether the last who has asked has got no answer.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Whether somebody who asked for leave now would get it.
    pub(super) fn lets_through(&self) -> bool {
        let is_over = |open: &Open| !open.probing && self.clock.now() >= open.until;
        !self.is_open() || self.state().as_ref().is_none_or(is_over)
    }

    /// The error that callers get at the moment, and how long still, if they do.
    pub(super) fn rests(&self) -> Option<(Error, Duration)> {
        if !self.is_open() {
            return None;
        }
        let (state, now) = (self.state(), self.clock.now());
        let open = state.as_ref().filter(|open| open.probing || now < open.until)?;
        Some((open.error.clone(), open.until.since(now)))
    }

    /// Leave to go on, for somebody who has it already: an error if it has opened meanwhile.
    fn still_closed(&self) -> Result<()> {
        if !self.open.load(Relaxed) {
            return Ok(());
        }
        self.state().as_ref().map_or(Ok(()), |open| Err(open.error.clone()))
    }

    fn state(&self) -> MutexGuard<'_, Option<Open>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// Whether it is worth trying a second time: an error if others have found out meanwhile that it is not.
    pub(super) fn again(&self) -> Result<()> {
        if self.probe { Ok(()) } else { self.breaker.still_closed() }
    }

    /// The server answers. True if it had not before.
    pub(super) fn succeeded(mut self) -> bool {
        let closes = self.probe;
        if closes {
            self.probe = false;
            *self.breaker.state() = None;
            self.breaker.open.store(false, Relaxed);
        }
        closes
    }

    /// It does not. True if that was not known.
    pub(super) fn failed(mut self, error: &Error) -> bool {
        let mut state = self.breaker.state();
        let pause = match state.as_ref() {
            None => FIRST_PAUSE,
            Some(open) if self.probe => (2 * open.pause).min(LONGEST_PAUSE),
            // One of many that were under way when it opened.
            Some(_) => return false,
        };
        let opens = state.is_none();
        self.probe = false;
        let until = self.breaker.clock.now().after(pause);
        *state = Some(Open { error: error.clone(), pause, until, probing: false });
        self.breaker.open.store(true, Relaxed);
        opens
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

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;
    use crate::{clock::Chores, error::ErrorKind};

    /// A clock that stands still until it is advanced. Not that of the testkit, which is made for another build of this
    /// crate than the one that tests itself.
    #[derive(Debug)]
    struct ManualClock(Mutex<Moment>);

    impl ManualClock {
        fn advance(&self, span: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = now.after(span);
        }
    }

    impl Clock for ManualClock {
        fn now(&self) -> Moment {
            *self.0.lock().unwrap()
        }

        fn attend(&self, _: Weak<dyn Chores>) {}
    }

    fn breaker() -> (Arc<ManualClock>, Breaker) {
        let clock = Arc::new(ManualClock(Mutex::new(Moment::ORIGIN)));
        (Arc::clone(&clock), Breaker::new(clock))
    }

    fn trouble(what: &'static str) -> Error {
        Error::new(ErrorKind::Unavailable, what)
    }

    fn refusal(breaker: &Breaker) -> String {
        breaker.pass().err().unwrap().to_string()
    }

    #[test]
    fn while_it_is_open_everybody_gets_the_error_that_opened_it() {
        let (_clock, breaker) = breaker();
        assert!(breaker.pass().unwrap().failed(&trouble("down")));
        assert_eq!(refusal(&breaker), "down");
        assert_eq!(refusal(&breaker), "down");
    }

    #[test]
    fn it_tells_how_long_it_stays_open() {
        let (clock, breaker) = breaker();
        assert!(breaker.rests().is_none());
        breaker.pass().unwrap().failed(&trouble("down"));
        clock.advance(FIRST_PAUSE / 2);
        let (error, left) = breaker.rests().unwrap();
        assert_eq!(error.to_string(), "down");
        assert!(left.abs_diff(FIRST_PAUSE / 2) < Duration::from_micros(1), "{left:?}");
        clock.advance(FIRST_PAUSE);
        assert!(breaker.rests().is_none(), "the next may try");
    }

    #[test]
    fn after_the_pause_one_may_try_and_closes_it() {
        let (clock, breaker) = breaker();
        breaker.pass().unwrap().failed(&trouble("down"));
        clock.advance(FIRST_PAUSE);
        let probe = breaker.pass().unwrap();
        assert_eq!(refusal(&breaker), "down", "somebody else is trying");
        assert!(probe.again().is_ok());
        assert!(probe.succeeded());
        assert!(!breaker.pass().unwrap().succeeded());
    }

    #[test]
    fn the_pause_doubles_up_to_a_second_and_begins_anew_after_a_success() {
        let (clock, breaker) = breaker();
        breaker.pass().unwrap().failed(&trouble("down"));
        for pause in [50, 100, 200, 400, 800, 1000, 1000] {
            clock.advance(Duration::from_millis(pause - 1));
            assert!(breaker.pass().is_err(), "{pause}");
            clock.advance(Duration::from_millis(1));
            assert!(!breaker.pass().unwrap().failed(&trouble("still down")), "{pause}");
        }
        clock.advance(LONGEST_PAUSE);
        breaker.pass().unwrap().succeeded();
        breaker.pass().unwrap().failed(&trouble("down again"));
        clock.advance(FIRST_PAUSE);
        assert!(breaker.pass().is_ok());
    }

    #[test]
    fn failures_of_those_who_were_under_way_count_once() {
        let (clock, breaker) = breaker();
        let passes = [(); 3].map(|()| breaker.pass().unwrap());
        let [first, second, third] = passes;
        first.failed(&trouble("first"));
        assert!(!second.failed(&trouble("second")));
        assert_eq!(third.again().unwrap_err().to_string(), "first");
        assert!(!third.succeeded(), "it was sent before");
        assert_eq!(refusal(&breaker), "first");
        clock.advance(FIRST_PAUSE);
        assert!(breaker.pass().is_ok());
    }

    #[test]
    fn a_try_that_is_given_up_leaves_it_to_the_next() {
        let (clock, breaker) = breaker();
        breaker.pass().unwrap().failed(&trouble("down"));
        clock.advance(FIRST_PAUSE);
        drop(breaker.pass().unwrap());
        assert!(breaker.pass().unwrap().succeeded());
    }
}
