//! Checking. Values carry the numbers of commits, so that nothing has to be searched for: everything that had to be heeded
//! is the greatest number that was there before a read was called.

use std::{collections::HashMap, hash::Hash, time::Duration};

use super::{Event, History, Kind, Promise, Verdict, Word};

/// The greatest commit of all events before a time, for each thing.
struct Highest<K> {
    of: HashMap<K, Vec<Mark>>,
}

/// A commit, and when it was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    returned: u64,
    commit: u64,
    /// When the event that set the mark returned.
    set: u64,
}

impl<K: Eq + Hash> Highest<K> {
    /// Of these: each a thing, and what happened to it.
    fn new<'e>(events: impl Iterator<Item = (K, &'e Event)>) -> Self {
        let mut of = HashMap::<K, Vec<Mark>>::new();
        for (thing, Event { returned, commit, .. }) in events {
            let mark = Mark { returned: *returned, commit: *commit, set: *returned };
            of.entry(thing).or_default().push(mark);
        }
        for marks in of.values_mut() {
            marks.sort_unstable();
            let mut highest = Mark::default();
            for mark in marks {
                if mark.commit > highest.commit {
                    highest = *mark;
                } else {
                    (mark.commit, mark.set) = (highest.commit, highest.set);
                }
            }
        }
        Self { of }
    }

    /// Of what had returned when a call began.
    fn before(&self, thing: &K, called: u64) -> Mark {
        let Some(marks) = self.of.get(thing) else { return Mark::default() };
        let earlier = marks.partition_point(|mark| mark.returned < called);
        earlier.checked_sub(1).map_or_else(Mark::default, |last| marks[last])
    }

    /// When the first had returned that has a greater commit.
    fn first_above(&self, thing: &K, commit: u64) -> Option<u64> {
        let marks = self.of.get(thing)?;
        let first = marks.partition_point(|mark| mark.commit <= commit);
        marks.get(first).map(|mark| mark.returned)
    }
}

/// A read that has broken a promise, and how long before its end the mark was set that it has not heeded.
type Broken<'e> = (u64, &'e Event);

fn broken(read: &Event, marks: impl Iterator<Item = Mark>) -> Option<Broken<'_>> {
    let due = marks.filter(|mark| mark.commit > read.commit).max_by_key(|mark| mark.set)?;
    Some((read.returned - due.set, read))
}

impl History {
    /// Whether the promises were kept. Takes n log n steps for n calls.
    #[must_use]
    pub fn check(&self) -> Verdict {
        self.judge(&Promise::ALL, Duration::ZERO)
    }

    /// Whether the promises were kept that a cache with a near tier makes: B with this bound, and RYI.
    #[must_use]
    pub fn check_within(&self, bound: Duration) -> Verdict {
        self.judge(&[Promise::Bounded, Promise::OwnInvalidation], bound)
    }

    fn judge(&self, promises: &[Promise], bound: Duration) -> Verdict {
        let counts = Kind::ALL.map(|(kind, _)| (kind, self.of_kind(kind).count())).to_vec();
        let behind = if promises.contains(&Promise::Bounded) { self.behind() } else { Vec::new() };
        let worst = behind.iter().map(|(span, _)| *span).max().unwrap_or_default();
        let worst = Duration::from_nanos(worst);
        let mut verdict = Verdict { seed: self.seed, counts, broken: Vec::new(), shortest: Vec::new(), worst };
        let bound = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        for promise in promises {
            let broken = match promise {
                Promise::Invalidation => self.stale(),
                Promise::Monotonic => self.back_in_time(),
                Promise::OwnInvalidation => self.stale_to_itself(),
                Promise::Bounded => behind.iter().copied().filter(|(span, _)| *span > bound).collect(),
            };
            let Some((_, read)) = broken.iter().min_by_key(|(span, _)| span) else { continue };
            verdict.broken.push((*promise, broken.len()));
            verdict.shortest.push(self.violation(*promise, self.unheeded(*promise, bound, read), read));
        }
        verdict
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |event| event.kind == kind)
    }

    fn reads(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.kind.is_read())
    }

    /// What has been invalidated by scope.
    fn invalidated(&self) -> Highest<Word> {
        let ends = self.of_kind(Kind::Invalidated);
        Highest::new(ends.flat_map(|event| event.scopes.iter().map(move |scope| (*scope, event))))
    }

    /// The reads that have not heeded an invalidation, and how long before they were called the first such had returned.
    fn behind(&self) -> Vec<(u64, &Event)> {
        let highest = self.invalidated();
        let behind = self.reads().filter_map(|read| {
            let due = read.scopes.iter().filter_map(|scope| highest.first_above(scope, read.commit)).min()?;
            (due < read.called).then(|| (read.called - due, read))
        });
        behind.collect()
    }

    fn stale(&self) -> Vec<Broken<'_>> {
        let highest = self.invalidated();
        let marks =
            |read: &Event| read.scopes.iter().map(|scope| highest.before(scope, read.called)).collect::<Vec<_>>();
        self.reads().filter_map(|read| broken(read, marks(read).into_iter())).collect()
    }

    fn back_in_time(&self) -> Vec<Broken<'_>> {
        let highest = Highest::new(self.of_kind(Kind::Hit).map(|hit| (hit.key, hit)));
        let mark = |hit: &Event| highest.before(&hit.key, hit.called);
        self.of_kind(Kind::Hit).filter_map(|hit| broken(hit, std::iter::once(mark(hit)))).collect()
    }

    fn stale_to_itself(&self) -> Vec<Broken<'_>> {
        let ends = self.of_kind(Kind::Invalidated).chain(self.of_kind(Kind::Failed));
        let own = ends.flat_map(|event| event.scopes.iter().map(move |scope| ((event.process, *scope), event)));
        let highest = Highest::new(own);
        let mark = |read: &Event, scope| highest.before(&(read.process, scope), read.called);
        let marks = |read: &Event| read.scopes.iter().map(|scope| mark(read, *scope)).collect::<Vec<_>>();
        self.reads().filter_map(|read| broken(read, marks(read).into_iter())).collect()
    }

    /// The last event before a read that it had to heed and has not.
    fn unheeded(&self, promise: Promise, bound: u64, read: &Event) -> &Event {
        let reaches = |event: &Event| event.scopes.iter().any(|scope| read.scopes.contains(scope));
        let heeds = |event: &&Event| match promise {
            Promise::Invalidation => event.kind == Kind::Invalidated && reaches(event),
            Promise::Bounded => {
                let is_old = read.called - event.returned > bound;
                event.kind == Kind::Invalidated && is_old && reaches(event)
            }
            Promise::Monotonic => event.kind == Kind::Hit && event.key == read.key,
            Promise::OwnInvalidation => {
                let invalidates = matches!(event.kind, Kind::Invalidated | Kind::Failed);
                invalidates && event.process == read.process && reaches(event)
            }
        };
        let candidates = self.events.iter().filter(|event| event.returned < read.called && event.commit > read.commit);
        candidates.filter(heeds).max_by_key(|event| event.called).expect("it is broken because of one")
    }
}
