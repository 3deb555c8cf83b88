//! Sets.

use std::{collections::BTreeSet, mem};

use bytes::Bytes;

use super::{
    count, misplaced,
    table::{Content, Table, behind, page},
};
use crate::{
    clock::Moment,
    collections::{
        Algebra,
        command::{Command, Op, Reply},
    },
    error::Result,
};

/// Members; in order, so that a walk can go on where it was.
pub(super) type Members = BTreeSet<Bytes>;

impl Content for Members {
    fn len(&self) -> usize {
        self.len()
    }
}

pub(super) fn run(table: &mut Table<Members>, command: &Command, now: Moment) -> Result<Reply> {
    match &command.op {
        Op::Len | Op::SetContains(_) | Op::Scan { .. } => {
            let nothing = Members::new();
            look(table.get(&command.name, now).unwrap_or(&nothing), command)
        }
        Op::SetCombine(how, others) => {
            let all = combined(table, *how, command, others, now);
            Ok(Reply::Many(all.into_iter().map(Some).collect()))
        }
        Op::SetCombineInto(how, others) => {
            let all = combined(table, *how, command, others, now);
            let (len, old) = table.write(command, now, |members| (all.len(), mem::replace(members, all)));
            table.bury(old);
            Ok(count(len))
        }
        _ => table.write(command, now, |members| change(members, command)),
    }
}

fn look(members: &Members, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::Len => count(members.len()),
        Op::SetContains(sought) => Reply::Flags(sought.iter().map(|member| members.contains(member)).collect()),
        Op::Scan { from, count } => {
            let left = members.range::<Bytes, _>(behind(from.as_ref()));
            Reply::Page(page(left.map(|member| (member.clone(), Bytes::new())), *count))
        }
        _ => return misplaced(command),
    })
}

fn change(members: &mut Members, command: &Command) -> Result<Reply> {
    Ok(match &command.op {
        Op::SetInsert(new) => count(new.iter().filter(|member| add(members, member)).count()),
        Op::SetRemove(old) => count(old.iter().filter(|&member| members.remove(member)).count()),
        Op::SetPop(count) => Reply::Many((0..*count).map_while(|_| members.pop_first()).map(Some).collect()),
        _ => return misplaced(command),
    })
}

/// Whether it is new: then it is copied.
fn add(members: &mut Members, member: &[u8]) -> bool {
    !members.contains(member) && members.insert(Bytes::copy_from_slice(member))
}

fn combined(table: &Table<Members>, how: Algebra, command: &Command, others: &[Box<str>], now: Moment) -> Members {
    let nothing = Members::new();
    let sets = std::iter::once(&command.name).chain(others);
    let sets = sets.map(|name| table.get(name, now).unwrap_or(&nothing)).collect::<Vec<_>>();
    how.of(&sets)
}
