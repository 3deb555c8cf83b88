//! Which node has which slot: the nodes are asked.

use std::{sync::Arc, time::Duration};

use easycache_core::{Deadline, Error, ErrorKind, Result};
use futures_util::{StreamExt, stream::FuturesUnordered};

use super::map::{self, Range};
use crate::{
    config::Address,
    error,
    lane::{Command, Wave},
    node::{How, Node},
    reply::Reply,
};

/// How long a node has to answer before another one is asked, too.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// The answer of whoever is first. The next one is asked when one fails, or takes too long.
pub(super) async fn ask(candidates: Vec<Arc<Node>>, deadline: Deadline) -> Result<Vec<Range>> {
    let mut candidates = candidates.into_iter();
    let mut asked = FuturesUnordered::new();
    let mut worst = None;
    loop {
        if let Some(node) = candidates.next() {
            asked.push(async move { ask_one(&node, deadline).await });
        }
        let answer = match PATIENCE.min(deadline.left()) {
            patience if candidates.len() > 0 => match tokio::time::timeout(patience, asked.next()).await {
                Ok(answer) => answer,
                Err(_slow) => continue,
            },
            _ => asked.next().await,
        };
        match answer {
            Some(Ok(ranges)) => return Ok(ranges),
            Some(Err(error)) => worst = Some(worst.filter(is_refusal).unwrap_or(error)),
            None if candidates.len() == 0 => {
                return Err(worst.unwrap_or_else(|| error::invalid("there is no node to ask")));
            }
            None => {}
        }
    }
}

fn is_refusal(error: &Error) -> bool {
    error.kind() != ErrorKind::Unavailable
}

async fn ask_one(node: &Node, deadline: Deadline) -> Result<Vec<Range>> {
    // Not `SHARDS`, which proxies and older servers do not have, and whose ports are not chosen by how one is connected.
    let wave = || Wave::of(Command::new("CLUSTER").arg("SLOTS"));
    let answer = node.ask(wave, How::Again, deadline).await?;
    let reply = &answer.replies[0];
    map::ranges(reply, &answer.address).ok_or_else(|| untold(&answer.address, reply))
}

fn untold(address: &Address, reply: &Reply) -> Error {
    match reply {
        Reply::Error(disabled) if disabled.detail.contains("cluster support disabled") => {
            error::refused(address, "is not a node of a cluster: connect with redis://")
        }
        Reply::Error(other) => error::replied(address, other),
        Reply::List(none) if none.is_empty() => {
            error::undone(address, "no slot of the cluster has a master: it has yet to be set up")
        }
        _ => error::garbled(address, "CLUSTER SLOTS does not tell slots and nodes"),
    }
}
