//! Values.

use bytes::Bytes;

use super::{
    misplaced,
    table::{Content, Table},
};
use crate::{
    clock::Moment,
    collections::command::{Command, Op, Reply, When, add_to},
    error::Result,
};

/// One value, if there is one.
#[derive(Debug, Default)]
pub(super) struct Single(Option<Bytes>);

impl Content for Single {
    fn len(&self) -> usize {
        usize::from(self.0.is_some())
    }
}

pub(super) fn run(table: &mut Table<Single>, command: &Command, now: Moment) -> Result<Reply> {
    let there = table.get(&command.name, now).and_then(|single| single.0.clone());
    // Another value in the place of what was there, and the same one with another content.
    let replace = |table: &mut Table<Single>, new: Option<Bytes>| table.replace(command, now, |single| single.0 = new);
    let change = |table: &mut Table<Single>, new: Option<Bytes>| table.write(command, now, |single| single.0 = new);
    Ok(match &command.op {
        Op::Get => Reply::Bytes(there),
        Op::Set(value, when) => {
            let writes = match when {
                When::Always => true,
                When::Absent => there.is_none(),
                When::Present => there.is_some(),
            };
            match when {
                _ if !writes => {}
                When::Present => change(table, Some(value.clone())),
                When::Always | When::Absent => replace(table, Some(value.clone())),
            }
            Reply::Flag(writes)
        }
        Op::Swap(new) => {
            replace(table, new.clone());
            Reply::Bytes(there)
        }
        Op::CompareAndSwap(expected, new) => {
            let writes = there == *expected;
            if writes {
                change(table, new.clone());
            }
            Reply::Flag(writes)
        }
        Op::Add(by) => {
            let sum = add_to(there.as_deref(), *by)?;
            change(table, Some(sum.to_string().into()));
            Reply::Int(sum)
        }
        _ => return misplaced(command),
    })
}
