//! Collections in this process.

mod map;
mod set;
mod sorted_set;
mod table;
mod value;

use crate::{
    clock::Moment,
    error::{Error, ErrorKind, Result},
    sync::{Mutex, lock},
};

use self::{map::Fields, set::Members, sorted_set::Sorted, table::Table, value::Single};
use super::command::{Command, Kind, Op, Reply};

/// All collections of a cache in process: a table for each kind, under one lock, for a set may be combined with others. No
/// code of the user's runs there: values are bytes.
#[derive(Debug, Default)]
pub(crate) struct MemoryCollections {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    values: Table<Single>,
    maps: Table<Fields>,
    sets: Table<Members>,
    sorted_sets: Table<Sorted>,
}

impl MemoryCollections {
    /// Carries these out.
    pub(crate) fn run(&self, commands: &[Command], now: Moment) -> Vec<Result<Reply>> {
        self.change(|tables| commands.iter().map(|command| tables.run(command, now)).collect())
    }

    /// Drops what has expired. Returns how many elements that were.
    pub(crate) fn sweep(&self, now: Moment) -> usize {
        self.change(|Tables { values, maps, sets, sorted_sets }| {
            values.sweep(now) + maps.sweep(now) + sets.sweep(now) + sorted_sets.sweep(now)
        })
    }

    /// What is taken out is dropped when the lock is free.
    fn change<R>(&self, change: impl FnOnce(&mut Tables) -> R) -> R {
        let mut tables = lock(&self.tables);
        let done = change(&mut tables);
        let gone = tables.gone();
        drop(tables);
        drop(gone);
        done
    }

    /// How many elements there are: values, keys and members, including those that have expired and were not swept yet.
    pub(crate) fn elements(&self) -> usize {
        let tables = lock(&self.tables);
        let Tables { values, maps, sets, sorted_sets } = &*tables;
        values.elements() + maps.elements() + sets.elements() + sorted_sets.elements()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        let tables = lock(&self.tables);
        tables.values.is_empty() && tables.maps.is_empty() && tables.sets.is_empty() && tables.sorted_sets.is_empty()
    }
}

impl Tables {
    fn gone(&mut self) -> impl Sized + use<> {
        (self.values.gone(), self.maps.gone(), self.sets.gone(), self.sorted_sets.gone())
    }

    fn run(&mut self, command: &Command, now: Moment) -> Result<Reply> {
        match (&command.op, command.kind) {
            (Op::Clear, Kind::Value) => Ok(Reply::Flag(self.values.remove(&command.name, now))),
            (Op::Clear, Kind::Map) => Ok(Reply::Flag(self.maps.remove(&command.name, now))),
            (Op::Clear, Kind::Set) => Ok(Reply::Flag(self.sets.remove(&command.name, now))),
            (Op::Clear, Kind::SortedSet) => Ok(Reply::Flag(self.sorted_sets.remove(&command.name, now))),
            (_, Kind::Value) => value::run(&mut self.values, command, now),
            (_, Kind::Map) => map::run(&mut self.maps, command, now),
            (_, Kind::Set) => set::run(&mut self.sets, command, now),
            (_, Kind::SortedSet) => sorted_set::run(&mut self.sorted_sets, command, now),
        }
    }
}

/// An operation of another kind of collection.
fn misplaced(command: &Command) -> Result<Reply> {
    let message = format!("{:?} is nothing that a collection of kind {:?} can do", command.op, command.kind);
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// A number of members.
fn count(members: usize) -> Reply {
    Reply::Int(i64::try_from(members).unwrap_or(i64::MAX))
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use bytes::Bytes;

    use super::*;
    use crate::collections::Lifetime;

    /// Counts how often one was dropped while nobody held the lock.
    struct Probe(Arc<MemoryCollections>, Arc<AtomicUsize>);

    impl AsRef<[u8]> for Probe {
        fn as_ref(&self) -> &[u8] {
            b"probe"
        }
    }

    impl Drop for Probe {
        fn drop(&mut self) {
            self.1.fetch_add(usize::from(self.0.tables.try_lock().is_ok()), Ordering::SeqCst);
        }
    }

    #[test]
    fn what_is_taken_out_is_dropped_when_the_lock_is_free() {
        let (collections, freed) = (Arc::new(MemoryCollections::default()), Arc::default());
        let run = |op, at: Duration| {
            let lifetime = Lifetime { ttl: Duration::from_secs(60), renew: false };
            let command = Command { name: "m".into(), kind: Kind::Map, op, lifetime };
            collections.run(&[command], Moment::ORIGIN.after(at)).pop().unwrap().unwrap()
        };
        let write = |at| {
            let probe = Probe(Arc::clone(&collections), Arc::clone(&freed));
            run(Op::MapInsertNew(Bytes::from_static(b"key"), Bytes::from_owner(probe)), at);
        };
        let (now, later) = (Duration::ZERO, Duration::from_secs(61));
        write(now);
        run(Op::Clear, now);
        assert_eq!(freed.load(Ordering::SeqCst), 1, "cleared");
        write(now);
        run(Op::MapAdd(Bytes::from_static(b"n"), 1), later);
        assert_eq!(freed.load(Ordering::SeqCst), 2, "expired, and written anew");
        run(Op::Clear, later);
        write(now);
        assert_eq!((collections.sweep(Moment::ORIGIN.after(later)), collections.elements()), (1, 0));
        assert_eq!(freed.load(Ordering::SeqCst), 3, "swept");
    }
}
