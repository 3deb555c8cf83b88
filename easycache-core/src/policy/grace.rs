//! What may be done with values that are not fresh any more, or will not be for long.

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind, Result},
    local::Later,
};

/// The part of the time to live, from its end, in which a value is refreshed whoever reads it.
const LAST_PART: f64 = 0.1;
/// That many times the time of a computation before the end, hardly a reader in ten millions would refresh: none does.
const FAR: f64 = 16.0;

/// The policies that keep callers from waiting, each off where its time is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Grace {
    /// For how long an expired value is served while one caller computes.
    pub(crate) revalidate: Duration,
    /// For how long it is served in the place of an error.
    pub(crate) on_error: Duration,
    /// How eager readers are to refresh before the end; 1 is just in time for most.
    pub(crate) early: f64,
    /// After that an expired value is served although the computation goes on.
    pub(crate) soft: Duration,
    /// After that nobody waits for the computation any more.
    pub(crate) hard: Duration,
    /// Who refreshes does so while its caller waits.
    pub(crate) inline: bool,
}

impl Grace {
    /// Nothing of it.
    pub(crate) const NONE: Self = Self {
        revalidate: Duration::ZERO,
        on_error: Duration::ZERO,
        early: 0.0,
        soft: Duration::ZERO,
        hard: Duration::ZERO,
        inline: false,
    };

    /// How much longer than it is fresh a value is kept.
    pub(crate) fn window(&self) -> Duration {
        self.revalidate.max(self.on_error)
    }

    /// Whether values may be served that are expired.
    pub(crate) fn is_lenient(&self) -> bool {
        !self.window().is_zero()
    }

    /// Whether it matters how old a value is that is served.
    pub(crate) fn minds_age(&self) -> bool {
        self.is_lenient() || self.is_early()
    }

    /// Whether callers lose their patience.
    pub(crate) fn is_timed(&self) -> bool {
        !self.soft.is_zero() || !self.hard.is_zero()
    }

    pub(crate) fn is_early(&self) -> bool {
        self.early > 0.0
    }

    /// Whether a value is to be refreshed that is fresh for so much longer: surely in the last part of its time to live, and
    /// before that the more likely the nearer the end is and the longer the computation takes.
    pub(crate) fn is_due(&self, left: Duration, ttl: Duration, took: Duration) -> bool {
        let left = left.as_secs_f64();
        // Of the half-open range, so that the logarithm is finite.
        let luck = -(1.0 - fastrand::f64()).ln();
        self.is_early() && (left <= LAST_PART * ttl.as_secs_f64() || left <= self.early * took.as_secs_f64() * luck)
    }

    /// How long before the end of its time to live anybody could want to refresh a value.
    pub(crate) fn lead(&self, ttl: Duration, took: Duration) -> Duration {
        if !self.is_early() {
            return Duration::ZERO;
        }
        let lead = (FAR * self.early * took.as_secs_f64()).max(LAST_PART * ttl.as_secs_f64());
        Duration::try_from_secs_f64(lead).map_or(ttl, |lead| lead.min(ttl))
    }

    /// How long before the end of its time to live a value is not to be served without looking at the original: there readers
    /// are likely to refresh it.
    pub(crate) fn last_part(&self, ttl: Duration, took: Duration) -> Duration {
        if !self.is_early() {
            return Duration::ZERO;
        }
        let part = (self.early * took.as_secs_f64()).max(LAST_PART * ttl.as_secs_f64());
        Duration::try_from_secs_f64(part).map_or(ttl, |part| part.min(ttl / 2))
    }

    /// Whether that entry, which is fresh at `left` before its end, is to be refreshed.
    pub(crate) fn is_due_here(&self, later: &Later, left: Duration) -> bool {
        self.is_due(left, later.ttl, later.took)
    }

    /// What is odd about these settings together, with the remedy.
    pub(crate) fn advice(&self) -> Option<&'static str> {
        let is_set = |span: Duration| !span.is_zero();
        if is_set(self.soft) && is_set(self.hard) && self.soft >= self.hard {
            return Some(
                "the soft timeout is not below the hard one and never comes first: make it shorter, or leave it out",
            );
        }
        if is_set(self.soft) && !self.is_lenient() {
            return Some(
                "a soft timeout serves an expired value, and none is kept: say for how long, with `stale_while_revalidate` or `stale_if_error`, or give a hard timeout",
            );
        }
        if self.inline && !is_set(self.revalidate) && !self.is_early() {
            return Some(
                "`refresh = \"inline\"` is about who refreshes, and nothing is refreshed: add `stale_while_revalidate` or `early_refresh`, or leave it out",
            );
        }
        None
    }
}

pub(crate) fn check_eagerness(eagerness: f64) -> Result<f64> {
    if eagerness > 0.0 && eagerness <= 100.0 {
        return Ok(eagerness);
    }
    let message = format!(
        "an early refresh of {eagerness} is out of range: give more than 0 and at most 100; 1.0 is usual, and more is earlier"
    );
    Err(Error::new(ErrorKind::InvalidConfig, message))
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const EAGER: Grace = Grace { early: 1.0, ..Grace::NONE };

    #[test]
    fn a_value_is_surely_refreshed_in_the_last_tenth_of_its_time() {
        assert!((0..100).all(|_| EAGER.is_due(SECOND, 10 * SECOND, Duration::ZERO)));
        assert!((0..100).all(|_| !EAGER.is_due(SECOND + SECOND / 100, 10 * SECOND, Duration::ZERO)));
        assert!((0..100).all(|_| !Grace::NONE.is_due(Duration::ZERO, 10 * SECOND, SECOND)));
    }

    #[test]
    fn before_that_it_is_the_more_likely_the_nearer_the_end_and_the_longer_the_computation() {
        let share = |grace: Grace, left: u32| {
            (0..20_000).filter(|_| grace.is_due(left * SECOND, 1000 * SECOND, 100 * SECOND)).count() / 200
        };
        // exp(-left / (eagerness * took)), in percent.
        for (grace, left, expected) in
            [(EAGER, 200, 13), (EAGER, 300, 5), (Grace { early: 2.0, ..EAGER }, 200, 37), (EAGER, 800, 0)]
        {
            assert!(share(grace, left).abs_diff(expected) <= 2, "{left}: {} %", share(grace, left));
        }
    }

    #[test]
    fn nobody_wants_to_refresh_before_the_lead() {
        assert_eq!(EAGER.lead(100 * SECOND, SECOND), 16 * SECOND);
        assert_eq!(EAGER.lead(100 * SECOND, SECOND / 100), 10 * SECOND);
        assert_eq!(EAGER.lead(10 * SECOND, 5 * SECOND), 10 * SECOND);
        assert_eq!(EAGER.lead(10 * SECOND, Duration::MAX), 10 * SECOND);
        assert_eq!(Grace::NONE.lead(10 * SECOND, SECOND), Duration::ZERO);
    }

    #[test]
    fn settings_that_contradict_each_other_are_named() {
        let lenient = Grace { on_error: SECOND, ..Grace::NONE };
        assert_eq!(Grace::NONE.advice(), None);
        assert_eq!(Grace { soft: SECOND, hard: 2 * SECOND, ..lenient }.advice(), None);
        for grace in [
            Grace { soft: SECOND, hard: SECOND, ..lenient },
            Grace { soft: SECOND, ..Grace::NONE },
            Grace { inline: true, ..lenient },
        ] {
            assert!(grace.advice().is_some(), "{grace:?}");
        }
    }
}
