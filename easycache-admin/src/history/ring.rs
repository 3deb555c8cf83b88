//! One alias' samples.

use std::{collections::VecDeque, time::Duration};

use easycache_core::Moment;
use serde::Serialize;

/// How far back it reaches.
const MINUTES: usize = 60;
const SPAN: Duration = Duration::from_secs(60 * MINUTES as u64);
/// More than fit into the span, whatever calls for them.
const MOST: usize = 6 * MINUTES;

/// Counters as they stood at some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) hits: u64,
    pub(super) misses: u64,
}

/// What happened since the sample before.
#[derive(Clone, Copy, Debug)]
struct Point {
    at: Moment,
    what: Totals,
}

/// What happened in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Minute {
    /// How many minutes ago it began, from 60 to 1.
    pub(crate) ago: usize,
    pub(crate) hits: u64,
    pub(crate) misses: u64,
    /// From 0 to 1; none where nobody looked anything up.
    pub(crate) hit_rate: Option<f64>,
}

#[derive(Debug, Default)]
pub(super) struct Ring {
    last: Option<(Moment, Totals)>,
    points: VecDeque<Point>,
}

impl Ring {
    /// Whether it is time for another sample.
    pub(super) fn is_due(&self, now: Moment, every: Duration) -> bool {
        self.last.is_none_or(|(at, _)| now.since(at) >= every)
    }

    /// Whether nothing of it is to be shown any more.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.last.is_none_or(|(at, _)| now.since(at) >= SPAN)
    }

    /// Counters that went down are those of another cache under the same alias, which began at zero.
    pub(super) fn add(&mut self, at: Moment, totals: Totals) {
        if let Some((_, last)) = self.last {
            let is_new = totals.hits < last.hits || totals.misses < last.misses;
            let before = if is_new { Totals::default() } else { last };
            let what = Totals { hits: totals.hits - before.hits, misses: totals.misses - before.misses };
            self.points.push_back(Point { at, what });
        }
        self.last = Some((at, totals));
        while self.points.len() > MOST || self.points.front().is_some_and(|point| at.since(point.at) >= SPAN) {
            self.points.pop_front();
        }
    }

    /// The minutes up to now, the oldest first, from the first sample on.
    pub(super) fn minutes(&self, now: Moment) -> Vec<Minute> {
        let mut sums = [Totals::default(); MINUTES];
        let mut oldest = 0;
        for Point { at, what } in &self.points {
            let ago = usize::try_from(now.since(*at).as_secs() / 60).unwrap_or(MINUTES);
            if let Some(sum) = sums.get_mut(ago) {
                sum.hits += what.hits;
                sum.misses += what.misses;
                oldest = oldest.max(ago + 1);
            }
        }
        sums[..oldest].iter().enumerate().rev().map(|(ago, sum)| Minute::new(ago + 1, *sum)).collect()
    }
}

impl Minute {
    fn new(ago: usize, Totals { hits, misses }: Totals) -> Self {
        let lookups = hits + misses;
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 53 bits")]
        let hit_rate = (lookups > 0).then(|| hits as f64 / lookups as f64);
        Self { ago, hits, misses, hit_rate }
    }

    pub(crate) const fn lookups(&self) -> u64 {
        self.hits + self.misses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Moment {
        Moment::ORIGIN.after(Duration::from_secs(seconds))
    }

    fn sampled(samples: impl IntoIterator<Item = (u64, u64, u64)>) -> Ring {
        let mut ring = Ring::default();
        for (seconds, hits, misses) in samples {
            ring.add(at(seconds), Totals { hits, misses });
        }
        ring
    }

    #[test]
    fn a_minute_has_what_was_counted_in_it() {
        let ring = sampled([(0, 100, 100), (10, 103, 101), (60, 103, 101), (70, 104, 101)]);
        let minutes = ring.minutes(at(75));
        assert_eq!(
            minutes,
            [Minute::new(2, Totals { hits: 3, misses: 1 }), Minute::new(1, Totals { hits: 1, misses: 0 })]
        );
        assert_eq!(minutes[0].hit_rate, Some(0.75));
        assert_eq!(Minute::new(1, Totals::default()).hit_rate, None);
    }

    #[test]
    fn counters_that_go_down_start_anew() {
        let ring = sampled([(0, 100, 100), (10, 5, 2), (20, 6, 2)]);
        assert_eq!(ring.minutes(at(20)), [Minute::new(1, Totals { hits: 6, misses: 2 })]);
    }

    #[test]
    fn what_is_older_than_an_hour_is_forgotten_and_the_ring_is_bounded() {
        let ring = sampled((0..10_000).map(|n| (n * 10, n, 0)));
        assert!(ring.points.len() <= MOST);
        let minutes = ring.minutes(at(99_990));
        assert_eq!(minutes.len(), 60);
        assert_eq!(minutes[0].ago, 60);
        assert!(minutes.iter().all(|minute| minute.hits == 6), "{minutes:?}");

        let ring = sampled((0..10_000).map(|n| (0, n, 0)));
        assert!(ring.points.len() <= MOST, "also where the clock stands still");
        assert!(!ring.is_over(at(3599)));
        assert!(ring.is_over(at(3600)));
        assert!(!ring.is_due(at(9), EVERY));
        assert!(ring.is_due(at(10), EVERY));
    }
}
