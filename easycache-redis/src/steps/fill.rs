//! Storing.

use easycache_core::{Fill, Filled, Result};

use super::{fold, millis, odd, release, released};
use crate::{config::Address, lane::Command, reply::Reply, scripts};

/// A server takes 512 MiB in one argument, unless it is configured otherwise.
pub(crate) const MAX_VALUE: usize = (512 << 20) - 1024;

/// The call of the script, which looks at the first of the stamps, that many: those that are where the value is. A value
/// that is larger than `most` just ends its lease.
pub(crate) fn fill(fill: &Fill, stamps: usize, most: usize) -> Command {
    let Fill { names, versions, grant, blob, ttl } = fill;
    if blob.len() > most {
        return release(&names.lease, &grant.token);
    }
    let (stamps, versions) = (&names.stamps[..stamps], &versions[..stamps]);
    let keys = stamps.len() + 2;
    let bytes = names.value.len() + names.lease.len() + stamps.iter().map(|stamp| stamp.len()).sum::<usize>();
    Command::script(&scripts::FILL, keys, keys + 1, bytes + blob.len() + (keys + 2) * super::WORD)
        .arg(&*names.value)
        .arg(&*names.lease)
        .args(stamps.iter().map(|stamp| stamp.as_bytes()))
        .arg(&grant.token.0)
        .int(millis(*ttl))
        .arg(blob)
        // Of the boot that the lease is of. If the server has another one by now, what is stored is not valid there.
        .args(versions.iter().map(|&version| fold(version, grant.origin).0))
}

/// What came of it.
pub(crate) fn filled(address: &Address, fill: &Fill, most: usize, reply: &Reply) -> Result<Filled> {
    if fill.blob.len() > most {
        return released(address, reply).map(|()| Filled::TooLarge);
    }
    match reply {
        Reply::Int(1) => Ok(Filled::Stored),
        Reply::Int(0) => Ok(Filled::Lost),
        Reply::Int(2) => Ok(Filled::Doomed),
        // The server is configured to take less than others do.
        Reply::Error(refusal) if refusal.detail.contains("invalid bulk length") => Ok(Filled::TooLarge),
        other => Err(odd(address, other)),
    }
}
