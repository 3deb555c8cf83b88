//! What is sent.

use std::ops::Bound;

use bytes::Bytes;
use easycache_core::collections::{Algebra, Command, Elements, Insert, Kind, Op, Range, When};

use super::Parts;
use crate::{lane, scripts, steps::millis};

/// How many members are written by one command, so that the server answers others in between.
const CHUNK: usize = 5000;
/// How many bytes a score takes, as most do.
const SCORE: usize = 8;

/// The commands that do what is asked for, on the one key.
pub(crate) fn of(command: &Command) -> Parts {
    let Command { name, op, .. } = command;
    let on = |verb: &'static str| lane::Command::new(verb).arg(&**name);
    let parts = match op {
        Op::Clear => vec![on("UNLINK")],
        Op::Len => vec![on(len(command.kind))],
        Op::Scan { from, count } => {
            let from = from.as_ref().map_or(&b"0"[..], |from| from);
            vec![on(scan(command.kind)).arg(from).arg("COUNT").int((*count).into())]
        }
        Op::Get | Op::Set(..) | Op::Swap(_) | Op::Add(_) | Op::CompareAndSwap(..) => return value(command),
        Op::MapGet(keys) => each("HMGET", name, keys, CHUNK),
        // A field and its value, each.
        Op::MapInsert(pairs) => each("HSET", name, pairs, 2 * CHUNK),
        Op::MapInsertNew(key, value) => {
            return vec![living(script(&scripts::INSERT_NEW, &[name]).arg(key).arg(value), command)];
        }
        Op::MapRemove(keys) => each("HDEL", name, keys, CHUNK),
        Op::MapTake(key) => return vec![living(script(&scripts::TAKE, &[name]).arg(key), command)],
        Op::MapPop => return vec![living(script(&scripts::POP, &[name]), command)],
        Op::MapAdd(key, by) => vec![on("HINCRBY").arg(key).arg(by.to_string())],
        Op::SetInsert(members) => each("SADD", name, members, CHUNK),
        Op::SetRemove(members) => each("SREM", name, members, CHUNK),
        Op::SetContains(members) => each("SMISMEMBER", name, members, CHUNK),
        Op::SetPop(count) => vec![on("SPOP").int((*count).into())],
        Op::SetCombine(how, others) => vec![combine(*how, name, others)],
        Op::SetCombineInto(how, others) => return vec![living(combine_into(*how, name, others), command)],
        _ => return sorted(command),
    };
    with_life(parts, command)
}

fn value(command: &Command) -> Parts {
    let Command { name, lifetime, .. } = command;
    let write = |value: &Bytes| lane::Command::new("SET").arg(&**name).arg(value);
    let set = |value: &Bytes| write(value).arg("PX").int(millis(lifetime.ttl));
    let on = |verb: &'static str| lane::Command::new(verb).arg(&**name);
    match &command.op {
        Op::Set(value, When::Always) => vec![set(value)],
        Op::Set(value, When::Absent) => vec![set(value).arg("NX")],
        Op::Set(value, When::Present) if lifetime.renew => vec![set(value).arg("XX")],
        Op::Set(value, When::Present) => vec![write(value).arg("XX").arg("KEEPTTL"), lives(command, false)],
        Op::Swap(Some(value)) => vec![set(value).arg("GET")],
        Op::Swap(None) => vec![on("GETDEL")],
        Op::Add(by) => vec![on("INCRBY").arg(by.to_string()), lives(command, lifetime.renew)],
        Op::CompareAndSwap(expected, new) => {
            let mut call = script(&scripts::COMPARE, &[name]);
            for value in [expected, new] {
                // What is there begins with a mark: nothing is not the empty value.
                let marked = value.as_ref().map(|value| [b"=", &value[..]].concat());
                call = call.arg(marked.unwrap_or_default());
            }
            vec![living(call, command)]
        }
        _ => vec![on("GET")],
    }
}

fn sorted(command: &Command) -> Parts {
    let name = &command.name;
    let on = |verb: &'static str| lane::Command::new(verb).arg(&**name);
    let parts = match &command.op {
        Op::SortedInsert { members, scores, which } => chunks(
            members.iter().zip(scores),
            CHUNK,
            |room| flag(*which).into_iter().fold(room.on("ZADD", name), lane::Command::arg).arg("CH"),
            |part, (member, score)| {
                part.push(score.to_string());
                part.push(member);
            },
            |(member, _)| SCORE + member.len(),
        ),
        Op::SortedRemove(members) => each("ZREM", name, members, CHUNK),
        Op::SortedScore(members) => each("ZMSCORE", name, members, CHUNK),
        Op::SortedAdd(member, by) => vec![on("ZINCRBY").arg(by.to_string()).arg(member)],
        Op::SortedRank { member, descending: false } => vec![on("ZRANK").arg(member)],
        Op::SortedRank { member, descending: true } => vec![on("ZREVRANK").arg(member)],
        Op::SortedRange { range, descending } => vec![range_of(on("ZRANGE"), *range, *descending)],
        Op::SortedCount(low, high) => vec![on("ZCOUNT").arg(low_text(*low)).arg(high_text(*high))],
        Op::SortedPop { count, highest } => {
            vec![on(if *highest { "ZPOPMAX" } else { "ZPOPMIN" }).int((*count).into())]
        }
        _ => Vec::new(),
    };
    with_life(parts, command)
}

/// Whether it may make a collection that is not there, or writes to one.
fn can_make(op: &Op) -> bool {
    matches!(
        op,
        Op::MapInsert(_)
            | Op::MapRemove(_)
            | Op::MapAdd(..)
            | Op::SetInsert(_)
            | Op::SetRemove(_)
            | Op::SetPop(_)
            | Op::SortedInsert { .. }
            | Op::SortedRemove(_)
            | Op::SortedAdd(..)
            | Op::SortedPop { .. }
    )
}

/// Says how long the collection lives that these write to: if it has no time yet, or in any case.
///
/// It is said right behind the first, so that next to nothing can come between: what has been cut off there lives until it
/// is written to again. To renew it, it is said behind the last, too.
fn with_life(mut parts: Parts, command: &Command) -> Parts {
    if can_make(&command.op) && !parts.is_empty() {
        if command.lifetime.renew && parts.len() > 1 {
            parts.push(lives(command, true));
        }
        parts.insert(1, lives(command, command.lifetime.renew));
    }
    parts
}

fn lives(command: &Command, anew: bool) -> lane::Command {
    let expire = lane::Command::new("PEXPIRE").arg(&*command.name).int(millis(command.lifetime.ttl));
    if anew { expire } else { expire.arg("NX") }
}

/// A script that writes, and is told the same.
fn living(call: lane::Command, command: &Command) -> lane::Command {
    let call = call.int(millis(command.lifetime.ttl));
    if command.lifetime.renew { call } else { call.arg("NX") }
}

fn len(kind: Kind) -> &'static str {
    match kind {
        Kind::Map => "HLEN",
        Kind::Set => "SCARD",
        Kind::SortedSet => "ZCARD",
        _ => "EXISTS",
    }
}

fn scan(kind: Kind) -> &'static str {
    match kind {
        Kind::Map => "HSCAN",
        Kind::Set => "SSCAN",
        _ => "ZSCAN",
    }
}

fn script(script: &'static scripts::Script, keys: &[&str]) -> lane::Command {
    let bytes = keys.iter().map(|key| key.len()).sum();
    lane::Command::script(script, keys.len(), 3, bytes).args(keys)
}

fn combine(how: Algebra, name: &str, others: &[Box<str>]) -> lane::Command {
    let verb = match how {
        Algebra::Union => "SUNION",
        Algebra::Intersection => "SINTER",
        Algebra::Difference => "SDIFF",
        Algebra::SymmetricDifference => return script(&scripts::COMBINE, &all(name, others)),
    };
    lane::Command::new(verb).args(all(name, others))
}

fn combine_into(how: Algebra, name: &str, others: &[Box<str>]) -> lane::Command {
    let verb = match how {
        Algebra::Union => "SUNIONSTORE",
        Algebra::Intersection => "SINTERSTORE",
        Algebra::Difference => "SDIFFSTORE",
        // There is no command for it.
        Algebra::SymmetricDifference => "",
    };
    script(&scripts::COMBINE, &all(name, others)).arg(verb)
}

fn all<'a>(name: &'a str, others: &'a [Box<str>]) -> Vec<&'a str> {
    std::iter::once(name).chain(others.iter().map(AsRef::as_ref)).collect()
}

fn flag(which: Insert) -> Option<&'static str> {
    match which {
        Insert::New => Some("NX"),
        Insert::Existing => Some("XX"),
        Insert::Greater => Some("GT"),
        Insert::Less => Some("LT"),
        _ => None,
    }
}

fn range_of(part: lane::Command, range: Range, descending: bool) -> lane::Command {
    let reversed = |part: lane::Command| if descending { part.arg("REV") } else { part };
    let part = match range {
        // Places are counted as signed numbers there; none is that far away.
        Range::Rank { count: 0, .. } => part.arg("1").arg("0"),
        Range::Rank { from, count } => {
            let last = from.saturating_add(count - 1);
            reversed(part.int(from.min(i64::MAX as u64)).int(last.min(i64::MAX as u64)))
        }
        Range::Score { low, high, skip, count } => {
            let (low, high) = (low_text(low), high_text(high));
            let part = if descending { part.arg(high).arg(low) } else { part.arg(low).arg(high) };
            let count = i64::try_from(count).unwrap_or(-1).to_string();
            reversed(part.arg("BYSCORE")).arg("LIMIT").int(skip.min(i64::MAX as u64)).arg(count)
        }
    };
    part.arg("WITHSCORES")
}

fn low_text(low: Bound<f64>) -> String {
    match low {
        Bound::Included(score) => score.to_string(),
        Bound::Excluded(score) => format!("({score}"),
        Bound::Unbounded => "-inf".to_owned(),
    }
}

fn high_text(high: Bound<f64>) -> String {
    if high == Bound::Unbounded { "+inf".to_owned() } else { low_text(high) }
}

/// How much a command will hold: memory for thousands of members is taken at once.
#[derive(Clone, Copy)]
struct Room {
    arguments: usize,
    bytes: usize,
}

impl Room {
    /// The beginning of a command on that key.
    fn on(self, verb: &'static str, name: &str) -> lane::Command {
        lane::Command::sized(verb, self.arguments + 3, self.bytes + name.len() + 8).arg(name)
    }
}

/// A command with these elements, or several with so many each.
fn each(verb: &'static str, name: &str, elements: &Elements, count: usize) -> Parts {
    chunks(elements.iter(), count, |room| room.on(verb, name), lane::Command::push, <[u8]>::len)
}

/// Several commands that are not too long each, with all items among them; none where there are no items.
fn chunks<I: ExactSizeIterator + Clone>(
    mut items: I,
    count: usize,
    begin: impl Fn(Room) -> lane::Command,
    add: impl Fn(&mut lane::Command, I::Item),
    bytes: impl Fn(I::Item) -> usize,
) -> Parts {
    let mut parts = Parts::new();
    while items.len() > 0 {
        let chunk = items.clone().take(count);
        let room = Room { arguments: 2 * chunk.len(), bytes: chunk.map(&bytes).sum() };
        let mut command = begin(room);
        items.by_ref().take(count).for_each(|item| add(&mut command, item));
        parts.push(command);
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use easycache_core::collections::Lifetime;

    use super::*;

    fn command(op: Op) -> Command {
        let lifetime = Lifetime { ttl: Duration::from_secs(60), renew: false };
        Command { name: "n".into(), kind: Kind::Set, op, lifetime }
    }

    #[test]
    fn nothing_is_sent_where_there_is_nothing_to_write() {
        let nothing = Elements::default;
        let nobody = Op::SortedInsert { members: nothing(), scores: vec![], which: Insert::Always };
        for op in [Op::MapInsert(nothing()), Op::SetInsert(nothing()), nobody] {
            assert!(of(&command(op)).is_empty());
        }
    }

    #[test]
    fn many_members_are_written_by_several_commands() {
        let members = (0..12_001).map(|number| number.to_string()).collect();
        assert_eq!(of(&command(Op::SetInsert(members))).len(), 3 + 1, "and the time that they live");
    }
}
