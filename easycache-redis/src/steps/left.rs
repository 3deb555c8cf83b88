//! How much longer values are kept.

use std::time::Duration;

use easycache_core::{Read, Result, Seen, Want};

use super::{mint, number};
use crate::{config::Address, error, lane::Wave, reply::Reply};

/// The values whose time is asked for, in the order of the reads.
pub(crate) struct Lefts<'a> {
    values: Vec<&'a str>,
}

impl<'a> Lefts<'a> {
    pub(crate) fn of(reads: &'a [Read]) -> Self {
        Self { values: reads.iter().filter(|read| is_asked(read)).map(|read| &*read.names.value).collect() }
    }

    pub(crate) fn values(&self) -> &[&'a str] {
        &self.values
    }

    /// Asks before the values are read: of a value that is stored in between too little time is told, and not too much.
    pub(crate) fn push(&self, wave: &mut Wave) {
        for value in &self.values {
            wave.push(mint::left(value));
        }
    }

    /// Takes their answers, which come first, out of all.
    pub(crate) fn take(&self, address: &Address, replies: &mut Vec<Reply>) -> Result<Vec<Option<Duration>>> {
        if self.values.is_empty() {
            return Ok(Vec::new());
        }
        if replies.len() < self.values.len() {
            return Err(error::garbled(address, "answers are missing"));
        }
        replies.drain(..self.values.len()).map(|reply| left(address, &reply)).collect()
    }
}

/// The answer to one question. None: there is no value, or it has no end.
pub(crate) fn left(address: &Address, reply: &Reply) -> Result<Option<Duration>> {
    Ok(u64::try_from(number(address, reply)?).ok().map(Duration::from_millis))
}

/// Notes the times in what the reads have seen.
pub(crate) fn with_left<'a>(
    reads: impl Iterator<Item = &'a Read>,
    seen: impl Iterator<Item = &'a mut Seen>,
    lefts: Vec<Option<Duration>>,
) {
    let asked = reads.zip(seen).filter(|(read, _)| is_asked(read));
    for ((_, seen), left) in asked.zip(lefts) {
        seen.left = left.filter(|_| seen.blob.is_some());
    }
}

pub(crate) fn is_asked(read: &Read) -> bool {
    read.left && read.want != Want::Stamps
}
