//! Invalidating, and expiring.

use easycache_core::{BLOB_EXPIRED, BLOB_FLAGS, Error, Result, Target, Version};

use super::{millis, odd};
use crate::{config::Address, error, lane::Command, reply::Reply, scripts};

/// A stamp that is there gets a fresh version; one that is not stays absent, for then nothing can be valid. A value
/// goes together with its lease, so that what is being computed is not stored.
///
/// The version is for one attempt: written a second time it would revive what others have invalidated in between.
pub(crate) fn invalidate(target: &Target) -> Option<Command> {
    match target {
        Target::Stamp(stamp) => Some(Command::new("SET").arg(&**stamp).arg(Version::mint().0).arg("XX").arg("KEEPTTL")),
        Target::Hold { stamp, life } => {
            Some(Command::new("SET").arg(&**stamp).arg(Version::mint_held().0).arg("PX").int(millis(*life)))
        }
        Target::Value { value, lease } => Some(unlink(&[value, lease])),
        Target::Expire { value, lease } => Some(expire(value, lease)),
        _ => None,
    }
}

/// Marks a value as expired, and ends its lease.
fn expire(value: &str, lease: &str) -> Command {
    Command::script(&scripts::EXPIRE, 2, 2, value.len() + lease.len() + 8)
        .arg(value)
        .arg(lease)
        .int(BLOB_FLAGS as u64)
        .int(BLOB_EXPIRED.into())
}

/// Has those gone.
pub(crate) fn unlink(names: &[&str]) -> Command {
    Command::new("UNLINK").args(names)
}

/// Why that cannot be invalidated: a later core may know more kinds of targets than there are here.
pub(crate) fn cannot_invalidate(target: &Target) -> Option<Error> {
    match target {
        Target::Stamp(_) | Target::Hold { .. } | Target::Value { .. } | Target::Expire { .. } => None,
        other => {
            Some(error::invalid(format!("this version of easycache-redis cannot invalidate {other:?}: upgrade it")))
        }
    }
}

/// Whether there was something.
pub(crate) fn invalidated(address: &Address, reply: &Reply) -> Result<bool> {
    match reply {
        Reply::Okay => Ok(true),
        Reply::Nil => Ok(false),
        Reply::Int(count) => Ok(*count > 0),
        other => Err(odd(address, other)),
    }
}
