//! Getting a stamp for a name without a script, where it is on another server than the value.

use std::time::Duration;

use easycache_core::{Result, Version};

use super::{WORD, millis, number, odd};
use crate::{config::Address, lane::Command, reply::Reply};

/// What is under the name of a stamp after [`mint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Minted {
    /// The version that was there before.
    There(Version),
    /// The one that was written.
    Fresh,
    /// Something else, which has to make room.
    Misplaced,
}

/// Writes that version if nothing is there, and tells what was. The version is for one attempt.
pub(crate) fn mint(stamp: &str, version: Version, keep: Duration) -> Command {
    Command::new("SET").arg(stamp).arg(version.0).arg("NX").arg("GET").arg("PX").int(millis(keep))
}

pub(crate) fn minted(address: &Address, reply: &Reply) -> Result<Minted> {
    match reply {
        Reply::Nil => Ok(Minted::Fresh),
        Reply::Bytes(there) if there.len() == WORD => {
            Ok(Version::from_slice(there).map_or(Minted::Misplaced, Minted::There))
        }
        Reply::Bytes(_) => Ok(Minted::Misplaced),
        Reply::Error(error) if &*error.code == "WRONGTYPE" => Ok(Minted::Misplaced),
        other => Err(odd(address, other)),
    }
}

/// Writes that version in the place of whatever is there, which to everybody else is as if the stamp was invalidated.
pub(crate) fn remint(stamp: &str, version: Version, keep: Duration) -> Command {
    Command::new("SET").arg(stamp).arg(version.0).arg("PX").int(millis(keep))
}

pub(crate) fn reminted(address: &Address, reply: &Reply) -> Result<()> {
    match reply {
        Reply::Okay => Ok(()),
        other => Err(odd(address, other)),
    }
}

/// Asks how long it lives.
pub(crate) fn left(stamp: &str) -> Command {
    Command::new("PTTL").arg(stamp)
}

/// Prolongs it to `keep`, unless it lives longer.
pub(crate) fn extend(stamp: &str, keep: Duration) -> Command {
    Command::new("PEXPIRE").arg(stamp).int(millis(keep)).arg("GT")
}

/// Whether it has to be prolonged, by what [`left`] has told. Not each time: whoever keeps a copy of the stamp in its own
/// memory is told of every change.
pub(crate) fn is_short(address: &Address, left: &Reply, keep: Duration) -> Result<bool> {
    let left = number(address, left)?;
    // Below zero it has no end, or is not there.
    Ok(u64::try_from(left).is_ok_and(|left| left < millis(keep) / 2))
}
