//! What servers say of themselves, and which names they have.

use std::sync::Arc;

use bytes::Bytes;
use easycache_core::{Deadline, NameScan, NodeRole, NodeStatus, Result};
use futures_util::future::join_all;

use crate::{
    error,
    lane::{Command, Wave, field},
    node::{Answer, How, Node},
    reply::Reply,
};

/// How these servers are, asked at the same time.
pub(crate) async fn status(nodes: &[Arc<Node>], deadline: Deadline) -> Vec<NodeStatus> {
    join_all(nodes.iter().map(|node| look(node, deadline))).await
}

async fn look(node: &Node, deadline: Deadline) -> NodeStatus {
    let wave = || {
        let info = Command::new("INFO").args(["server", "memory", "replication"]);
        Wave::new(2).with(info).with(Command::new("DBSIZE"))
    };
    let (state, answer) = node.look(wave, deadline).await;
    match answer {
        None => NodeStatus::new(node.whereabouts().to_string(), state),
        Some(Answer { replies, address, .. }) => told(NodeStatus::new(address.to_string(), state), &replies),
    }
}

/// With what is in the answers; what a user may not know is not.
fn told(mut status: NodeStatus, replies: &[Reply]) -> NodeStatus {
    let info = replies.first().and_then(Reply::text).unwrap_or_default();
    // Valkey goes by the version of Redis that it is like, and has one of its own.
    status.version = ["valkey_version", "redis_version"].iter().find_map(|name| field(info, name)).map(Into::into);
    status.bytes = field(info, "used_memory").and_then(|bytes| bytes.parse().ok());
    status.role = match field(info, "role") {
        Some("master") => Some(NodeRole::Master),
        Some("slave") => Some(NodeRole::Replica),
        _ => None,
    };
    status.entries = match replies.get(1) {
        Some(Reply::Int(entries)) => u64::try_from(*entries).ok(),
        _ => None,
    };
    status
}

/// One step of a walk through the names of a server: those that begin so, and where it goes on.
pub(crate) async fn scan(
    node: &Node,
    scan: &NameScan,
    from: Option<&[u8]>,
    deadline: Deadline,
) -> Result<(Vec<Box<str>>, Option<Bytes>)> {
    let pattern = beginning_with(&scan.prefix);
    let wave = || {
        let command = Command::sized("SCAN", 5, pattern.len() + 48).arg(from.unwrap_or(b"0"));
        Wave::of(command.arg("MATCH").arg(&pattern).arg("COUNT").int(scan.count.max(1).into()))
    };
    let Answer { mut replies, address, .. } = node.ask(wave, How::Again, deadline).await?;
    let parts = match replies.pop() {
        Some(Reply::List(parts)) => parts,
        Some(Reply::Error(refusal)) => return Err(error::replied(&address, &refusal)),
        other => return Err(error::garbled(&address, format_args!("{other:?} to SCAN"))),
    };
    let Ok([Reply::Bytes(next), Reply::List(names)]) = <[Reply; 2]>::try_from(parts) else {
        return Err(error::garbled(&address, "SCAN has no cursor and no names"));
    };
    // What is no text is no cache's.
    let names = names.iter().filter_map(|name| name.text().map(Into::into)).collect();
    Ok((names, (&next[..] != b"0").then_some(next)))
}

/// The pattern of what begins with that, whatever is in it.
fn beginning_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status() -> NodeStatus {
        NodeStatus::new("h:1", easycache_core::NodeState::Up { round_trip: std::time::Duration::ZERO })
    }

    #[test]
    fn what_begins_with_a_text_is_asked_for_whatever_is_in_the_text() {
        assert_eq!(beginning_with("ec:v:{user:"), "ec:v:{user:*");
        assert_eq!(beginning_with(r"a*b?c[d]e\f"), r"a\*b\?c\[d\]e\\f*");
    }

    #[test]
    fn valkey_is_known_by_its_own_version() {
        let info =
            "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.3\r\nused_memory:42\r\nrole:slave\r\n";
        let told = told(status(), &[Reply::Bytes(info.into()), Reply::Int(7)]);
        assert_eq!(told.version.as_deref(), Some("8.1.3"));
        assert_eq!((told.bytes, told.entries, told.role), (Some(42), Some(7), Some(NodeRole::Replica)));
    }

    #[test]
    fn what_a_user_may_not_know_is_left_out() {
        let denied = crate::reply::ServerError { code: "NOPERM".into(), detail: "".into() };
        let told = told(status(), &[Reply::Error(denied.clone()), Reply::Error(denied)]);
        assert!(told.is_up());
        assert_eq!((told.version, told.bytes, told.entries), (None, None, None));
    }
}
