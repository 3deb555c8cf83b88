//! What the answers mean.

use bytes::Bytes;
use easycache_core::{
    Error, ErrorKind, Result,
    collections::{Command, Kind, Op, Page, Reply},
};

use super::{Answered, apart};
use crate::{
    config::Address,
    error,
    reply::{Reply as R, ServerError},
    steps::odd,
};

/// The answer to a command, of those to its parts.
pub(crate) fn of(command: &Command, parts: Vec<Answered>) -> Result<Reply> {
    let mut answers = Vec::with_capacity(parts.len());
    for part in parts {
        let (address, answer) = part?;
        if let Some(refusal) = answer.error() {
            return Err(refused(&address, refusal));
        }
        answers.push((address, answer));
    }
    match &command.op {
        Op::MapGet(_) | Op::SetContains(_) | Op::SortedScore(_) => listed(&command.op, answers),
        Op::MapInsert(_)
        | Op::MapRemove(_)
        | Op::SetInsert(_)
        | Op::SetRemove(_)
        | Op::SortedInsert { .. }
        | Op::SortedRemove(_) => {
            // The second says how long it lives, and so does the last of several where that is renewed.
            let last = if command.lifetime.renew && answers.len() > 2 { answers.len() - 1 } else { 1 };
            let answers = answers.into_iter().enumerate().filter(|&(at, _)| at != 1 && at != last);
            sum(answers.map(|(_, answer)| answer))
        }
        op => match answers.into_iter().next() {
            Some((address, answer)) => one(command, &address, answer),
            None => Err(nothing_sent(op)),
        },
    }
}

fn refused(address: &Address, refusal: &ServerError) -> Error {
    const NO_NUMBER: [&str; 5] =
        ["not an integer", "not a float", "not a valid float", "would overflow", "not a number (NaN)"];
    if &*refusal.code == "CROSSSLOT" {
        return apart();
    }
    if NO_NUMBER.iter().any(|sign| refusal.detail.contains(sign)) {
        let message = format!("the value is no number, or the sum is none ({})", refusal.detail);
        return Error::new(ErrorKind::Encoding, message);
    }
    error::replied(address, refusal)
}

fn nothing_sent(op: &Op) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{op:?} is nothing that this version of the Redis backend can do"))
}

/// Of answers that are lists, one behind the other.
fn listed(op: &Op, answers: Vec<(Address, R)>) -> Result<Reply> {
    let mut items = Vec::new();
    for (address, answer) in answers {
        match answer {
            R::List(list) => items.extend(list),
            other => return Err(odd(&address, &other)),
        }
    }
    Ok(match op {
        Op::MapGet(_) => Reply::Many(items.into_iter().map(R::bytes).collect()),
        Op::SetContains(_) => Reply::Flags(items.into_iter().map(|item| item == R::Int(1)).collect()),
        _ => Reply::Scores(items.iter().map(score).collect()),
    })
}

fn sum(answers: impl Iterator<Item = (Address, R)>) -> Result<Reply> {
    let counts = answers.map(|(address, answer)| match answer {
        R::Int(count) => Ok(count),
        other => Err(odd(&address, &other)),
    });
    counts.sum::<Result<i64>>().map(Reply::Int)
}

fn one(command: &Command, address: &Address, answer: R) -> Result<Reply> {
    Ok(match (&command.op, answer) {
        (Op::Clear | Op::CompareAndSwap(..), R::Int(count)) => Reply::Flag(count > 0),
        (Op::Set(..), R::Okay) => Reply::Flag(true),
        (Op::Set(..), R::Nil) => Reply::Flag(false),
        (Op::Get | Op::Swap(_) | Op::MapInsertNew(..) | Op::MapTake(_), R::Nil) => Reply::Bytes(None),
        (Op::Get | Op::Swap(_) | Op::MapInsertNew(..) | Op::MapTake(_), R::Bytes(value)) => Reply::Bytes(Some(value)),
        (Op::Len | Op::Add(_) | Op::MapAdd(..) | Op::SetCombineInto(..) | Op::SortedCount(..), R::Int(number)) => {
            Reply::Int(number)
        }
        (Op::SetPop(_) | Op::SetCombine(..), R::Nil) => Reply::Many(Vec::new()),
        (Op::SetPop(_) | Op::SetCombine(..), R::List(members)) => {
            Reply::Many(members.into_iter().map(R::bytes).collect())
        }
        (Op::SortedAdd(..), sum @ R::Bytes(_)) => Reply::Scores(vec![score(&sum)]),
        (Op::SortedRank { .. }, R::Nil) => Reply::Rank(None),
        (Op::SortedRank { .. }, R::Int(rank)) => Reply::Rank(u64::try_from(rank).ok()),
        (Op::MapPop | Op::SortedPop { .. } | Op::SortedRange { .. }, R::Nil) => Reply::Page(Page::default()),
        (Op::MapPop | Op::SortedPop { .. } | Op::SortedRange { .. }, R::List(items)) => {
            Reply::Page(Page { items: pairs(flat(items)), next: None })
        }
        (Op::Scan { .. }, R::List(parts)) => Reply::Page(page(address, parts, command.kind)?),
        (_, other) => return Err(odd(address, &other)),
    })
}

/// Part of a collection: where to go on, and what is there.
fn page(address: &Address, parts: Vec<R>, kind: Kind) -> Result<Page> {
    let mut parts = parts.into_iter();
    let (Some(R::Bytes(next)), Some(R::List(items))) = (parts.next(), parts.next()) else {
        return Err(error::garbled(address, "a walk through a collection is answered by something else"));
    };
    let items = match kind {
        Kind::Set => items.into_iter().filter_map(R::bytes).map(|member| (member, Bytes::new())).collect(),
        _ => pairs(flat(items)),
    };
    Ok(Page { items, next: (next != "0").then_some(next) })
}

/// One list of what may be a list of lists, as it is in the later version of the protocol.
fn flat(items: Vec<R>) -> Vec<Bytes> {
    let each = items.into_iter().flat_map(|item| match item {
        R::List(inner) => inner,
        other => vec![other],
    });
    each.filter_map(R::bytes).collect()
}

fn pairs(items: Vec<Bytes>) -> Vec<(Bytes, Bytes)> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

fn score(answer: &R) -> Option<f64> {
    answer.text()?.parse().ok()
}
