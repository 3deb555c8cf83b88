//! Maps.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{
    count, misplaced,
    table::{Content, Table, behind, page},
};
use crate::{
    clock::Moment,
    collections::command::{Command, Op, Page, Reply, add_to},
    error::Result,
};

/// Fields with their values; in order, so that a walk can go on where it was.
pub(super) type Fields = BTreeMap<Bytes, Bytes>;

impl Content for Fields {
    fn len(&self) -> usize {
        self.len()
    }
}

pub(super) fn run(table: &mut Table<Fields>, command: &Command, now: Moment) -> Result<Reply> {
    match &command.op {
        Op::Len | Op::MapGet(_) | Op::Scan { .. } => {
            let nothing = Fields::new();
            look(table.get(&command.name, now).unwrap_or(&nothing), command)
        }
        _ => table.write(command, now, |fields| change(fields, command)),
    }
}

fn look(fields: &Fields, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::Len => count(fields.len()),
        Op::MapGet(keys) => Reply::Many(keys.iter().map(|key| fields.get(key).cloned()).collect()),
        Op::Scan { from, count } => {
            let left = fields.range::<Bytes, _>(behind(from.as_ref()));
            Reply::Page(page(left.map(|(key, value)| (key.clone(), value.clone())), *count))
        }
        _ => return misplaced(command),
    })
}

fn change(fields: &mut Fields, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::MapInsert(pairs) => {
            let before = fields.len();
            for (key, value) in pairs.pairs() {
                insert(fields, key, Bytes::copy_from_slice(value));
            }
            count(fields.len() - before)
        }
        Op::MapInsertNew(key, value) => {
            Reply::Bytes(Some(fields.entry(key.clone()).or_insert_with(|| value.clone()).clone()))
        }
        Op::MapRemove(keys) => count(keys.iter().filter(|&key| fields.remove(key).is_some()).count()),
        Op::MapTake(key) => Reply::Bytes(fields.remove(key)),
        Op::MapPop => Reply::Page(Page { items: fields.pop_first().into_iter().collect(), next: None }),
        Op::MapAdd(key, by) => {
            let sum = add_to(fields.get(key).map(AsRef::as_ref), *by)?;
            fields.insert(key.clone(), sum.to_string().into());
            Reply::Int(sum)
        }
        _ => return misplaced(command),
    })
}

/// The key is copied where it is new.
fn insert(fields: &mut Fields, key: &[u8], value: Bytes) {
    match fields.get_mut(key) {
        Some(old) => *old = value,
        None => _ = fields.insert(Bytes::copy_from_slice(key), value),
    }
}
