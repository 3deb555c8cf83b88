//! What several processes did with one cache, and whether its promises were kept.
//!
//! Every row of a source has the number of the last commit that changed it, and every cached value the number that its row
//! had when it was computed. Each process [records](Recorder) what it does in a file of its own. A [`History`] is all of
//! these files together, and its [verdict](History::check) says whether they agree with what is promised:
//!
//! | | promise |
//! |---|---|
//! | [G](Promise::Invalidation) | a read that was called after an invalidation had returned `Ok` is not answered with a commit before that one |
//! | [M](Promise::Monotonic) | a read that was called after a hit had returned does not hit an older commit |
//! | [RYI](Promise::OwnInvalidation) | like G, within one process, for invalidations that have failed as well |
//! | [B](Promise::Bounded) | like G, for invalidations that had returned some time before |
//!
//! What an invalidation reaches, and what a value depends on, are *scopes*: words that mean nothing here, such as
//! `key:5` or `tag:a`. An invalidation reaches a value if both name the same scope.
//!
//! ```
//! use easycache_testkit::history::{History, Kind, Promise, Recorder};
//!
//! let path = std::env::temp_dir().join(format!("history-{}", std::process::id()));
//! let recorder = Recorder::create(&path, 0)?;
//! let call = recorder.begin();
//! // Here commit 2 is invalidated …
//! call.end(Kind::Invalidated, 2, "-", &["tag:a"]);
//! let call = recorder.begin();
//! // … and here commit 1 is read.
//! call.end(Kind::Hit, 1, "key", &["key:key", "tag:a"]);
//!
//! let verdict = History::read(7, [&path])?.check();
//! assert_eq!(verdict.count(Promise::Invalidation), 1);
//! # std::fs::remove_file(path)?;
//! # Ok::<_, std::io::Error>(())
//! ```

mod check;
mod clock;
mod record;
mod verdict;

use std::{collections::HashMap, fs, io, path::Path, str::FromStr};

pub use self::{
    clock::now,
    record::{Call, Recorder},
    verdict::{Promise, Verdict, Violation},
};

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A read was answered with a value that was stored.
    Hit,
    /// A read was answered with a computation: its own, or one that it has shared.
    Computed,
    /// An invalidation has returned `Ok`.
    Invalidated,
    /// An invalidation has returned an error: it is not known whether it was done.
    Failed,
    /// A commit. Judged by nothing; it stands in counterexamples.
    Committed,
}

impl Kind {
    const ALL: [(Self, &str); 5] = [
        (Self::Hit, "hit"),
        (Self::Computed, "computed"),
        (Self::Invalidated, "invalidated"),
        (Self::Failed, "failed"),
        (Self::Committed, "committed"),
    ];

    const fn is_read(self) -> bool {
        matches!(self, Self::Hit | Self::Computed)
    }

    fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

impl FromStr for Kind {
    type Err = io::Error;

    fn from_str(word: &str) -> io::Result<Self> {
        let found = Self::ALL.into_iter().find(|(_, name)| *name == word);
        found.map(|(kind, _)| kind).ok_or_else(|| malformed("what it is"))
    }
}

/// One call, from its begin to its end. Times are [`now`].
#[derive(Clone, Debug, PartialEq, Eq)]
struct Event {
    process: u32,
    called: u64,
    returned: u64,
    kind: Kind,
    commit: u64,
    key: Word,
    scopes: Box<[Word]>,
}

/// A name, by its number in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Word(usize);

/// What all processes did.
#[derive(Clone, Debug, Default)]
pub struct History {
    seed: u64,
    words: Vec<Box<str>>,
    numbers: HashMap<Box<str>, Word>,
    events: Vec<Event>,
}

impl History {
    /// Without events. The seed is that of the run, for the verdict to tell.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// What was recorded in these files.
    pub fn read(seed: u64, files: impl IntoIterator<Item = impl AsRef<Path>>) -> io::Result<Self> {
        let mut history = Self::new(seed);
        for file in files {
            history.parse(&fs::read_to_string(file)?)?;
        }
        Ok(history)
    }

    /// Adds the lines of a record: process, begin, end, what it was, commit, key, and scopes, with blanks between. A last
    /// line that was not written to its end, by a process that was killed, is left out.
    pub fn parse(&mut self, record: &str) -> io::Result<()> {
        let whole = record.rfind('\n').map_or("", |end| &record[..end]);
        for line in whole.lines() {
            let event = self.event(line);
            self.events.push(event.map_err(|error| io::Error::new(error.kind(), format!("{line:?}: {error}")))?);
        }
        Ok(())
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing has happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn event(&mut self, line: &str) -> io::Result<Event> {
        let mut words = line.split(' ');
        let mut next = |what| words.next().ok_or_else(|| malformed(what));
        Ok(Event {
            process: number(next("the process")?)?,
            called: number(next("the begin")?)?,
            returned: number(next("the end")?)?,
            kind: next("what it is")?.parse()?,
            commit: number(next("the commit")?)?,
            key: self.word(next("the key")?),
            scopes: words.map(|scope| self.word(scope)).collect(),
        })
    }

    fn word(&mut self, text: &str) -> Word {
        if let Some(word) = self.numbers.get(text) {
            return *word;
        }
        let word = Word(self.words.len());
        self.words.push(text.into());
        self.numbers.insert(text.into(), word);
        word
    }
}

fn number<N: FromStr>(text: &str) -> io::Result<N> {
    text.parse().map_err(|_wrong| malformed("a number"))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a line of a history lacks {what}"))
}
