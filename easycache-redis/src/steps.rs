//! The steps of the protocol: what is sent, and what the answers mean. Where it is sent is not decided here.

mod acquire;
mod fill;
mod invalidate;
mod lease;
mod left;
mod look;
mod mint;
mod read;
mod split;

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{Error, Result, Token, Version};

use crate::{config::Address, error, reply::Reply};

pub(crate) use self::{
    acquire::{acquire, acquired},
    fill::{MAX_VALUE, fill, filled},
    invalidate::{cannot_invalidate, invalidate, invalidated, unlink},
    lease::{release, released, renew, renewed},
    left::{Lefts, is_asked, left as value_left, with_left},
    look::{Look, Looked},
    mint::{Minted, extend, is_short, left, mint, minted, remint, reminted},
    read::{Found, PORTION, Plan, asked, beginning, get, got, head, seen, value},
    split::Split,
};

/// How long a version and a token are.
const WORD: usize = 16;

/// Milliseconds for the server: at least one, and no more than it can add to its clock.
pub(crate) fn millis(span: Duration) -> u64 {
    const MOST: u128 = 1 << 46;
    let rounded_up = span.as_nanos().div_ceil(1_000_000);
    u64::try_from(rounded_up.clamp(1, MOST)).expect("it is below 2⁶⁴")
}

/// What is reported of a version that is kept, and back: the two differ in the boot of the server.
pub(crate) fn fold(version: Version, epoch: Version) -> Version {
    let mut folded = version;
    for (byte, with) in folded.0.iter_mut().zip(epoch.0) {
        *byte ^= with;
    }
    folded
}

/// The version that a stamp holds.
fn version(bytes: Option<Bytes>, epoch: Version) -> Option<Version> {
    Version::from_slice(&bytes?).map(|version| fold(version, epoch))
}

/// The token that a lease holds.
fn token(bytes: Option<Bytes>) -> Option<Token> {
    bytes.filter(|bytes| bytes.len() == WORD).map(Token)
}

/// The error that `reply` is, or that it is not what it should be.
pub(crate) fn odd(address: &Address, reply: &Reply) -> Error {
    match reply {
        Reply::Error(refusal) => error::replied(address, refusal),
        other => error::garbled(address, format_args!("unexpected {}", kind(other))),
    }
}

fn kind(reply: &Reply) -> &'static str {
    match reply {
        Reply::Nil => "nil",
        Reply::Okay => "status",
        Reply::Int(_) => "number",
        Reply::Bytes(_) => "string",
        Reply::List(_) => "list",
        Reply::Error(_) => "error",
    }
}

/// The number that `reply` is.
fn number(address: &Address, reply: &Reply) -> Result<i64> {
    match reply {
        Reply::Int(number) => Ok(*number),
        other => Err(odd(address, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_to_milliseconds_that_a_server_takes() {
        assert_eq!(millis(Duration::ZERO), 1);
        assert_eq!(millis(Duration::from_micros(1001)), 2);
        assert_eq!(millis(Duration::from_secs(60)), 60_000);
        assert_eq!(millis(Duration::MAX), 1 << 46);
    }

    #[test]
    fn folding_twice_gives_the_version_back() {
        let (version, epoch) = (Version::mint(), Version::mint());
        assert_ne!(fold(version, epoch), version);
        assert_eq!(fold(fold(version, epoch), epoch), version);
        assert_eq!(fold(version, Version::NONE), version);
    }
}
