//! Invalidating.

use easycache_core::{Error, ErrorKind, Result, Target, Version};

use super::odd;
use crate::{config::Address, lane::Command, reply::Reply};

/// A stamp that is there gets a fresh version; one that is not stays absent, for then nothing can be valid. A value
/// goes together with its lease, so that what is being computed is not stored.
pub(crate) fn invalidate(target: &Target) -> Result<Command> {
    match target {
        Target::Stamp(stamp) => Ok(Command::new("SET").arg(&**stamp).arg(Version::mint().0).arg("XX").arg("KEEPTTL")),
        Target::Value { value, lease } => Ok(Command::new("UNLINK").arg(&**value).arg(&**lease)),
        other => {
            let message = format!("this version of easycache-redis cannot invalidate {other:?}: upgrade it");
            Err(Error::new(ErrorKind::InvalidConfig, message))
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
