//! What is asked of whoever keeps collections: operations on bytes.

use std::{fmt, ops::Bound, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::{algebra::Algebra, elements::Elements, sorted_set::Insert};
use crate::{
    backend::Deadline,
    error::{Error, ErrorKind, Result},
};

/// A server's own data types: what a [`Backend`](crate::Backend) offers besides the steps of the protocol.
///
/// # The clauses
///
/// Each command is atomic. The answer to each is a [`Reply`] of the kind that its [`Op`] says; one that fails fails alone.
/// Commands of one call are carried out in their order where they are on one node, and in one round trip for each node if the
/// server can. What is too much for one is cut into several calls before. A deadline that is missed here closes no connection,
/// and opens no breaker, that the steps of the protocol use.
///
/// What is not there is empty: no value, no members, a length of 0. A collection that has lost its last member is not there.
///
/// A write that makes a collection gives it its [`Lifetime::ttl`], and one with [`Lifetime::renew`] does so each time. So does
/// what puts another value in the place of one: [`Op::Set`] whatever is there, and [`Op::Swap`]. All else leaves it its time.
///
/// An error of kind [`Unavailable`](crate::ErrorKind::Unavailable) says that it is not known whether the command was carried
/// out. It is not repeated by whoever gets it: an increment is not the same twice.
#[async_trait]
pub trait Collections: fmt::Debug + Send + Sync {
    /// Carries these out.
    async fn run(&self, commands: &[Command], deadline: Deadline) -> Vec<Result<Reply>>;
}

/// One operation on one collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The collection's wire name. What it has in braces is what a cluster places it by.
    pub name: Box<str>,
    /// What kind of collection that is. Two of different kinds never have one name.
    pub kind: Kind,
    /// What to do.
    pub op: Op,
    /// How long the collection lives if this writes to it.
    pub lifetime: Lifetime,
}

/// The kind of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// One value.
    Value,
    /// Fields with values.
    Map,
    /// Members.
    Set,
    /// Members with scores.
    SortedSet,
}

/// How long a collection lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// From the write that has made it.
    pub ttl: Duration,
    /// From every write.
    pub renew: bool,
}

/// What to do. In brackets: the [`Reply`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// Removes the collection. (`Flag`: it was there)
    Clear,
    /// How many members it has. (`Int`)
    Len,
    /// Some members, with what belongs to them: from a place on that the last page has told. (`Page`)
    Scan {
        /// None: from the beginning.
        from: Option<Bytes>,
        /// About how many.
        count: u32,
    },

    /// The value. (`Bytes`)
    Get,
    /// Writes the value. (`Flag`: it was written)
    Set(Bytes, When),
    /// Writes or removes the value, and tells the one before. (`Bytes`)
    Swap(Option<Bytes>),
    /// Adds to the value, which is a number in decimal; one that is not there is 0. (`Int`: the sum)
    Add(i64),
    /// Writes or removes the value if it is just that, or not there. (`Flag`: it was)
    CompareAndSwap(Option<Bytes>, Option<Bytes>),

    /// The values of fields. (`Many`)
    MapGet(Elements),
    /// Writes fields: each is followed by its value. (`Int`: how many are new)
    MapInsert(Elements),
    /// Writes a field that is not there; tells its value afterwards. (`Bytes`)
    MapInsertNew(Bytes, Bytes),
    /// Removes fields. (`Int`: how many were there)
    MapRemove(Elements),
    /// Removes a field, and tells its value. (`Bytes`)
    MapTake(Bytes),
    /// Removes some field, and tells it with its value. (`Page` of one or none)
    MapPop,
    /// Adds to the value of a field, as `Add` does. (`Int`: the sum)
    MapAdd(Bytes, i64),

    /// Adds members. (`Int`: how many are new)
    SetInsert(Elements),
    /// Removes members. (`Int`: how many were there)
    SetRemove(Elements),
    /// Which of these are members. (`Flags`)
    SetContains(Elements),
    /// Removes some members, at most that many. (`Many`)
    SetPop(u32),
    /// The members of this set and others put together. (`Many`)
    SetCombine(Algebra, Vec<Box<str>>),
    /// The same, written in the place of this set. (`Int`: how many there are)
    SetCombineInto(Algebra, Vec<Box<str>>),

    /// Gives members their scores. (`Int`: how many were added or got another score)
    SortedInsert {
        /// The members.
        members: Elements,
        /// The score of each, a number.
        scores: Vec<f64>,
        /// Which of them.
        which: Insert,
    },
    /// Removes members. (`Int`: how many were there)
    SortedRemove(Elements),
    /// The scores of members. (`Scores`)
    SortedScore(Elements),
    /// Adds to a score; one that is not there is 0. (`Scores` of one: the sum)
    SortedAdd(Bytes, f64),
    /// How many members come before this one. (`Rank`)
    SortedRank {
        /// Which.
        member: Bytes,
        /// Counted from the highest score.
        descending: bool,
    },
    /// Members and their scores, in order. (`Page`)
    SortedRange {
        /// Which.
        range: Range,
        /// From the highest score to the lowest.
        descending: bool,
    },
    /// How many members have a score in there. (`Int`)
    SortedCount(Bound<f64>, Bound<f64>),
    /// Removes the members with the lowest or the highest scores, at most that many. (`Page`)
    SortedPop {
        /// How many.
        count: u32,
        /// The highest.
        highest: bool,
    },
}

/// When a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// Whatever is there.
    Always,
    /// If there is none.
    Absent,
    /// If there is one.
    Present,
}

/// Which members of a sorted set. Of equal scores, the lower member is first, byte by byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// By their place in the order that is asked for.
    Rank {
        /// The first, counted from 0.
        from: u64,
        /// How many at most.
        count: u64,
    },
    /// By their scores.
    Score {
        /// The lowest.
        low: Bound<f64>,
        /// The highest.
        high: Bound<f64>,
        /// How many of those to leave out in the beginning.
        skip: u64,
        /// How many at most.
        count: u64,
    },
}

/// Part of a collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What is there: of a map a key and its value, of a sorted set a member and the text of its score, of a set a member and
    /// nothing.
    pub items: Vec<(Bytes, Bytes)>,
    /// Where to go on. None: that was all.
    pub next: Option<Bytes>,
}

/// What an operation answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Yes or no.
    Flag(bool),
    /// Several of them.
    Flags(Vec<bool>),
    /// A number.
    Int(i64),
    /// A value, if there is one.
    Bytes(Option<Bytes>),
    /// Several of them.
    Many(Vec<Option<Bytes>>),
    /// Scores, where there are any.
    Scores(Vec<Option<f64>>),
    /// A place in an order, if there is one.
    Rank(Option<u64>),
    /// Members with what belongs to them.
    Page(Page),
}

/// The number that a value is, with that much more: for backends whose server cannot do it. What is not there is 0.
///
/// # Errors
///
/// [`Encoding`](ErrorKind::Encoding) if it is no whole number in decimal, or the sum is none that an `i64` can hold.
pub fn add_to(text: Option<&[u8]>, by: i64) -> Result<i64> {
    let number = text.map_or(Ok(0), |text| {
        let number = str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
        number.ok_or_else(|| Error::new(ErrorKind::Encoding, "the value is no whole number, and cannot be added to"))
    })?;
    number.checked_add(by).ok_or_else(|| Error::new(ErrorKind::Encoding, "the sum is more than a number can hold"))
}
