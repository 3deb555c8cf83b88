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
        let mut tables = lock(&self.tables);
        commands.iter().map(|command| tables.run(command, now)).collect()
    }

    /// Drops what has expired.
    pub(crate) fn sweep(&self, now: Moment) {
        let mut tables = lock(&self.tables);
        let Tables { values, maps, sets, sorted_sets } = &mut *tables;
        values.sweep(now);
        maps.sweep(now);
        sets.sweep(now);
        sorted_sets.sweep(now);
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        let tables = lock(&self.tables);
        tables.values.is_empty() && tables.maps.is_empty() && tables.sets.is_empty() && tables.sorted_sets.is_empty()
    }
}

impl Tables {
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
