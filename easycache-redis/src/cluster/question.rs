//! Which node has which slot: the nodes are asked.

use std::sync::Arc;

use easycache_core::{Deadline, Error, ErrorKind, Result};

use super::map::{self, Range};
use crate::{
    config::Address,
    error, hedge,
    lane::{Command, Wave},
    node::{How, Node},
    reply::Reply,
};

/// The answer of whoever is first.
pub(super) async fn ask(candidates: Vec<Arc<Node>>, deadline: Deadline) -> Result<Vec<Range>> {
    let candidates = candidates.into_iter().map(|node| async move { ask_one(&node, deadline).await });
    hedge::first(candidates).await.map_err(|troubles| {
        // A refusal tells more than that one could not be reached.
        let worst = troubles.iter().find(|trouble| is_refusal(trouble)).or_else(|| troubles.last()).cloned();
        worst.unwrap_or_else(|| error::invalid("there is no node to ask"))
    })
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
