//! What a history says about the promises.

use std::{fmt, time::Duration};

use super::{Event, History, Kind};

/// What is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Promise {
    /// G: what was invalidated before a read was called does not answer it.
    Invalidation,
    /// M: hits do not go back in time.
    Monotonic,
    /// RYI: what a process has invalidated, or has tried to, does not answer its later reads.
    OwnInvalidation,
    /// B: what was invalidated longer before a read was called than the bound does not answer it. Judged by
    /// [`History::check_within`].
    Bounded,
}

impl Promise {
    /// Those that [`History::check`] judges.
    pub const ALL: [Self; 3] = [Self::Invalidation, Self::Monotonic, Self::OwnInvalidation];
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalidation => "G",
            Self::Monotonic => "M",
            Self::OwnInvalidation => "RYI",
            Self::Bounded => "B",
        })
    }
}

/// A promise that was broken. Its `Display` is the read, what it should have heeded, and what lies between.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which one.
    pub promise: Promise,
    /// The commit that was read.
    pub read: u64,
    /// The commit, or a later one, that had to be read.
    pub due: u64,
    /// Lines that tell what happened.
    story: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} broken: commit {} was read where {} was due", self.promise, self.read, self.due)?;
        self.story.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// What a history says about the promises. Its `Display` counts, and shows the shortest counterexample to each promise
/// that was broken.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(super) seed: u64,
    pub(super) counts: Vec<(Kind, usize)>,
    pub(super) broken: Vec<(Promise, usize)>,
    pub(super) shortest: Vec<Violation>,
    pub(super) worst: Duration,
}

impl Verdict {
    /// How long before it was called the invalidation had returned that the most outdated of all reads has not heeded;
    /// zero if each has heeded all. Told by [`History::check_within`] alone.
    #[must_use]
    pub const fn worst_staleness(&self) -> Duration {
        self.worst
    }

    /// How many reads have broken that promise.
    #[must_use]
    pub fn count(&self, promise: Promise) -> usize {
        self.broken.iter().filter(|(broken, _)| *broken == promise).map(|(_, count)| count).sum()
    }

    /// How often that has happened.
    #[must_use]
    pub fn happened(&self, kind: Kind) -> usize {
        self.counts.iter().filter(|(counted, _)| *counted == kind).map(|(_, count)| count).sum()
    }

    /// The shortest counterexample to each promise that was broken.
    #[must_use]
    pub fn counterexamples(&self) -> &[Violation] {
        &self.shortest
    }

    /// That every promise was kept.
    ///
    /// # Panics
    ///
    /// If one was not: with seed and counterexamples.
    #[track_caller]
    pub fn assert_kept(&self) {
        assert!(self.shortest.is_empty(), "{self}");
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}:", self.seed)?;
        for (at, (kind, count)) in self.counts.iter().enumerate() {
            write!(f, "{} {count} {}", if at == 0 { "" } else { "," }, kind.word())?;
        }
        for (promise, count) in &self.broken {
            write!(f, "; {promise} broken {count} times")?;
        }
        if !self.worst.is_zero() {
            write!(f, "; {:.1?} behind at worst", self.worst)?;
        }
        writeln!(f)?;
        self.shortest.iter().try_for_each(|violation| violation.fmt(f))
    }
}

/// How many lines a counterexample has at most.
const LINES: usize = 30;

impl History {
    /// The counterexample that a read is, which does not heed an earlier event.
    pub(super) fn violation(&self, promise: Promise, earlier: &Event, read: &Event) -> Violation {
        let touches = |event: &Event| {
            let shares = || event.scopes.iter().any(|word| read.scopes.contains(word));
            if event.kind.is_read() { event.key == read.key } else { shares() }
        };
        let lies_between = |event: &&Event| {
            touches(event) && event.returned >= earlier.called && event.called <= read.returned
                || event.kind == Kind::Committed && [earlier.commit, read.commit].contains(&event.commit)
        };
        let mut between = self.events.iter().filter(lies_between).collect::<Vec<_>>();
        between.sort_by_key(|event| event.called);
        let (left_out, start) = (between.len().saturating_sub(LINES), earlier.called.min(between[0].called));
        let mut story = Vec::new();
        for (at, event) in between.into_iter().enumerate() {
            let mark = if std::ptr::eq(event, earlier) {
                "this: "
            } else if std::ptr::eq(event, read) {
                "READ: "
            } else if at < LINES {
                ""
            } else {
                continue;
            };
            story.push(format!("{mark}{}", self.line(event, start)));
        }
        if left_out > 0 {
            story.push(format!("… and {left_out} more that touch it"));
        }
        Violation { promise, read: read.commit, due: earlier.commit, story }
    }

    /// An event in words; times in microseconds from `start`.
    fn line(&self, event: &Event, start: u64) -> String {
        let after = |time: u64| time.saturating_sub(start) / 1000;
        let scopes = event.scopes.iter().map(|word| &*self.words[word.0]).collect::<Vec<_>>().join(" ");
        format!(
            "{:>8}..{:<8} process {} {} commit {} {} [{scopes}]",
            after(event.called),
            after(event.returned),
            event.process,
            event.kind.word(),
            event.commit,
            self.words[event.key.0],
        )
    }
}
