//! Getting the lease, and stamps for all names.

use easycache_core::{Acquire, Acquired, Grant, On, Result, Seen, Token, Version};

use super::{WORD, millis, odd, token, version};
use crate::{config::Address, error, lane::Command, reply::Reply, scripts};

/// The call of the script, with a token that is mine. The versions in it are fresh ones, for one attempt.
pub(crate) fn acquire(acquire: &Acquire, token: &Token) -> Command {
    let Acquire { names, on, lease, keep } = acquire;
    let keys = names.stamps.len() + 2;
    let bytes = names.value.len() + names.lease.len() + names.stamps.iter().map(|stamp| stamp.len()).sum::<usize>();
    let (mode, id) = match on {
        On::Miss(id) => ("miss", id.as_ref().map_or(&[][..], |id| id)),
        On::Replace => ("replace", &[][..]),
    };
    Command::script(&scripts::ACQUIRE, keys, keys + 3, bytes + (keys + 4) * WORD)
        .arg(&*names.value)
        .arg(&*names.lease)
        .args(names.stamps.iter().map(|stamp| stamp.as_bytes()))
        .arg(&token.0)
        .int(millis(*lease))
        .int(millis(*keep))
        .arg(mode)
        .arg(id)
        .args(names.stamps.iter().map(|_| Version::mint().0))
}

/// What came of it. The lease is mine if its token is one that I have asked for it with.
pub(crate) fn acquired(
    address: &Address,
    acquire: &Acquire,
    is_mine: impl FnOnce(&Token) -> bool,
    reply: Reply,
    epoch: Version,
) -> Result<Acquired> {
    let mut parts = match reply {
        Reply::List(parts) => parts.into_iter(),
        other => return Err(odd(address, &other)),
    };
    let short = || error::garbled(address, "a script's answer is incomplete");
    let stamps = acquire.names.stamps.len();
    match parts.next() {
        Some(Reply::Int(1)) => {
            let token = token(parts.next().and_then(Reply::bytes)).ok_or_else(short)?;
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
            let stamps = parts.map(|part| version(part.bytes(), epoch)).collect::<Vec<_>>();
            if stamps.len() != acquire.names.stamps.len() {
                return Err(short());
            }
            Ok(Acquired::Changed(Seen { blob, stamps, origin: Some(epoch), lease, grant: None }))
        }
        other => Err(odd(address, &other.unwrap_or(Reply::Nil))),
    }
}
