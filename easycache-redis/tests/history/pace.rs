//! How a computation comes along.

use std::{thread, time::Duration};

use crate::{database::Database, rows::Row, shop::Record};

/// How long a computation dawdles before and after it has read the database, and how it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pauses: [Duration; 2],
    /// Whether nothing comes of it.
    pub(crate) fails: bool,
    /// Whether it sees what nobody has committed.
    drafts: bool,
}

/// The numbers of commits that nobody else may see.
const DRAFT: u64 = 1 << 40;

impl Pace {
    pub(crate) fn any(rng: &mut fastrand::Rng) -> Self {
        let mut pause = |longest| match rng.u32(..3) {
            0 => Duration::from_micros(rng.u64(..longest)),
            _ => Duration::ZERO,
        };
        Self { pauses: [pause(1000), pause(4000)], fails: rng.u32(..8) == 0, drafts: false }
    }

    /// The same inside of a transaction that has changed everything.
    pub(crate) fn in_transaction(self) -> Self {
        Self { drafts: true, ..self }
    }

    pub(crate) fn compute(self, database: &Database, row: Row) -> u64 {
        thread::sleep(self.pauses[0]);
        let commit = database.read(row);
        thread::sleep(self.pauses[1]);
        commit
    }

    pub(crate) fn record_sync(self, database: &Database, row: Row) -> Record {
        self.seen(self.compute(database, row))
    }

    pub(crate) async fn record(self, database: &Database, row: Row) -> Record {
        tokio::time::sleep(self.pauses[0]).await;
        let commit = database.read(row);
        tokio::time::sleep(self.pauses[1]).await;
        self.seen(commit)
    }

    fn seen(self, commit: u64) -> Record {
        Record::of(if self.drafts { DRAFT } else { commit })
    }

    /// What was read outside of the transaction.
    pub(crate) fn assert_committed(record: &Record) {
        assert!(record.commit < DRAFT, "what nobody has committed was stored, or shared");
    }
}
