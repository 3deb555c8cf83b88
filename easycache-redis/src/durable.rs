//! Invalidations that replicas must have before they have returned.

use std::time::Duration;

use easycache_core::{Deadline, Result};

use crate::{
    config::Wait,
    error,
    lane::{Command, Wave},
    node::{Answer, How, Node},
    reply::Reply,
};

/// Left of the deadline for the way back, so that what replicas have not got in time is said by the server.
const RETURN: Duration = Duration::from_millis(20);

/// Sends the commands with a `WAIT` behind them. The connection is one of its own: `WAIT` is about what the same
/// connection has written, and holds up whatever comes behind it.
pub(crate) async fn ask(
    node: &Node,
    mut make: impl FnMut() -> Wave + Send,
    wait: Wait,
    deadline: Deadline,
) -> Result<Answer> {
    let with_wait = || {
        let limit = wait.timeout.min(deadline.left().saturating_sub(RETURN));
        // Zero would be for ever.
        let millis = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1);
        make().with(Command::new("WAIT").int(wait.replicas.into()).int(millis))
    };
    let mut answer = node.ask(with_wait, How::Waiting, deadline).await?;
    let address = &answer.address;
    match answer.replies.pop() {
        Some(Reply::Int(replicas)) if replicas >= i64::from(wait.replicas) => Ok(answer),
        Some(Reply::Int(replicas)) => {
            let why = format!("only {replicas} of {} replicas have got the invalidation in time", wait.replicas);
            Err(error::undone(address, why))
        }
        Some(Reply::Error(refusal)) => Err(error::replied(address, &refusal)),
        _ => Err(error::garbled(address, "WAIT does not tell a number")),
    }
}
