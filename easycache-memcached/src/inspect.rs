//! What servers say of themselves.

use std::sync::Arc;

use easycache_core::{Deadline, NodeStatus};
use futures_util::future::join_all;

use crate::{
    key::Key,
    lane::{Command, Verb, Wave},
    node::Node,
    reply::Reply,
};

/// How these servers are, asked at the same time.
pub(crate) async fn status(nodes: &[Node], deadline: Deadline) -> Vec<NodeStatus> {
    join_all(nodes.iter().map(|node| look(node, deadline))).await
}

async fn look(node: &Node, deadline: Deadline) -> NodeStatus {
    let wave: Wave = Arc::new([Command::new(Key::of("stats"), Verb::Stats)]);
    let (state, answer) = node.look(|| Arc::clone(&wave), deadline).await;
    let status = NodeStatus::new(node.server().address().to_string(), state);
    match answer.and_then(|mut answer| answer.replies.pop()) {
        Some(Reply::Stats(facts)) => told(status, &facts),
        _ => status,
    }
}

fn told(mut status: NodeStatus, facts: &[(Box<str>, Box<str>)]) -> NodeStatus {
    let text = |name: &str| facts.iter().find(|(it, _)| &**it == name).map(|(_, value)| &**value);
    let number = |name| text(name).and_then(|value| value.parse().ok());
    status.version = text("version").map(Into::into);
    status.entries = number("curr_items");
    status.bytes = number("bytes");
    status
}
