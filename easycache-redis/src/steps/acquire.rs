//! Getting the lease, and stamps for all names.

use easycache_core::{Acquire, Acquired, Grant, On, Result, Seen, Token, Version};

use super::{WORD, millis, odd, token, version};
use crate::{config::Address, error, lane::Command, reply::Reply, scripts};

/// The call of the script, with a token that is mine, for those of the stamps that are where the value is. The versions
/// in it are fresh ones, for one attempt.
pub(crate) fn acquire(acquire: &Acquire, stamps: &[Box<str>], token: &Token) -> Command {
    let Acquire { names, on, lease, keep } = acquire;
    let keys = stamps.len() + 2;
    let bytes = names.value.len() + names.lease.len() + stamps.iter().map(|stamp| stamp.len()).sum::<usize>();
    let (mode, id) = match on {
        On::Miss(id) => ("miss", id.as_ref().map_or(&[][..], |id| id)),
        // The value is in nobody's way.
        On::Due(id) => ("miss", &id[..]),
        On::Replace => ("replace", &[][..]),
        On::Never => ("never", &[][..]),
    };
    Command::script(&scripts::ACQUIRE, keys, keys + 3, bytes + (keys + 4) * WORD)
        .arg(&*names.value)
        .arg(&*names.lease)
        .args(stamps.iter().map(|stamp| stamp.as_bytes()))
        .arg(&token.0)
        .int(millis(*lease))
        .int(millis(*keep))
        .arg(mode)
        .arg(id)
        .args(stamps.iter().map(|_| Version::mint().0))
}

/// What came of it, for that many stamps. The lease is mine if its token is one that I have asked for it with.
pub(crate) fn acquired(
    address: &Address,
    acquire: &Acquire,
    stamps: usize,
    is_mine: impl FnOnce(&Token) -> bool,
    reply: Reply,
    epoch: Version,
) -> Result<Acquired> {
    let mut parts = match reply {
        Reply::List(parts) => parts.into_iter(),
        other => return Err(odd(address, &other)),
    };
    let short = || error::garbled(address, "a script's answer is incomplete");
    match parts.next() {
        Some(Reply::Int(1)) => {
            let word = parts.next().and_then(Reply::bytes);
            let token = if acquire.on == On::Never { Token::default() } else { token(word).ok_or_else(short)? };
            let versions = parts.map_while(|part| version(part.bytes(), epoch)).collect::<Vec<_>>();
            if versions.len() != stamps {
                return Err(short());
            }
            let (leads, lease, state) = (is_mine(&token), acquire.lease, bytes::Bytes::new());
            Ok(Acquired::Granted(Grant { token, versions, origin: epoch, leads, lease, state }))
        }
        Some(Reply::Int(0)) => {
            let blob = parts.next().ok_or_else(short)?.bytes();
            let lease = token(parts.next().ok_or_else(short)?.bytes());
            let versions = parts.map(|part| version(part.bytes(), epoch)).collect::<Vec<_>>();
            if versions.len() != stamps {
                return Err(short());
            }
            Ok(Acquired::Changed(Seen { blob, stamps: versions, origin: Some(epoch), lease, ..Seen::default() }))
        }
        other => Err(odd(address, &other.unwrap_or(Reply::Nil))),
    }
}
