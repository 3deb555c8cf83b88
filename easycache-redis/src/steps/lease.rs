//! Prolonging and ending leases.

use std::time::Duration;

use easycache_core::{Result, Token};

use super::{WORD, millis, number};
use crate::{config::Address, lane::Command, reply::Reply, scripts};

pub(crate) fn renew(lease: &str, token: &Token, life: Duration) -> Command {
    Command::script(&scripts::RENEW, 1, 2, lease.len() + 2 * WORD).arg(lease).arg(&token.0).int(millis(life))
}

/// Whether it was still there.
pub(crate) fn renewed(address: &Address, reply: &Reply) -> Result<bool> {
    number(address, reply).map(|kept| kept == 1)
}

pub(crate) fn release(lease: &str, token: &Token) -> Command {
    Command::script(&scripts::RELEASE, 1, 1, lease.len() + WORD).arg(lease).arg(&token.0)
}

pub(crate) fn released(address: &Address, reply: &Reply) -> Result<()> {
    number(address, reply).map(|_ended| ())
}
