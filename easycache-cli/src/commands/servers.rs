//! How the servers are.

use easycache::{Cache, NodeState, NodeStatus};
use serde_json::json;

use crate::{Exit, failure::Failure, out::Out};

/// Whether each of them is up.
pub(crate) fn ping(cache: &Cache, out: &mut Out) -> Result<Exit, Failure> {
    let nodes = cache.blocking().status()?;
    let up = up(&nodes);
    if out.is_json() {
        out.line(json!({ "up": up, "of": nodes.len(), "nodes": nodes }))?;
    } else {
        for node in &nodes {
            let version = node.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
            out.told(format_args!("{}: {}{version}", node.name, state(node)))?;
        }
    }
    Ok(exit(&nodes))
}

/// What they tell.
pub(crate) fn stats(cache: &Cache, out: &mut Out) -> Result<Exit, Failure> {
    let nodes = cache.blocking().status()?;
    let (kind, namespace) = (cache.place().name(), cache.namespace());
    // A sum without one of them would be taken for that of all.
    let entries = nodes.iter().map(|node| node.entries).sum::<Option<u64>>();
    let bytes = nodes.iter().map(|node| node.bytes).sum::<Option<u64>>();
    let up = up(&nodes);
    if out.is_json() {
        out.line(json!({
            "kind": kind,
            "namespace": namespace,
            "up": up,
            "of": nodes.len(),
            "entries": entries,
            "bytes": bytes,
            "nodes": nodes,
        }))?;
        return Ok(exit(&nodes));
    }
    out.line(format_args!("kind: {kind}"))?;
    out.line(format_args!("namespace: {}", if namespace.is_empty() { "ec (none is given)" } else { namespace }))?;
    out.line(format_args!("servers up: {up} of {}", nodes.len()))?;
    for (what, sum) in [("entries on all servers, whoever's", entries), ("memory in use there, in bytes", bytes)] {
        match sum {
            Some(sum) => out.line(format_args!("{what}: {sum}"))?,
            None => out.line(format_args!("{what}: not known"))?,
        }
    }
    for node in &nodes {
        out.told(node)?;
    }
    Ok(exit(&nodes))
}

fn state(node: &NodeStatus) -> String {
    match &node.state {
        NodeState::Up { round_trip } => format!("up, {round_trip:.0?}"),
        other => other.error().map_or_else(|| other.name().to_owned(), |error| format!("{}: {error}", other.name())),
    }
}

fn up(nodes: &[NodeStatus]) -> usize {
    nodes.iter().filter(|node| node.is_up()).count()
}

fn exit(nodes: &[NodeStatus]) -> Exit {
    match up(nodes) {
        0 => Exit::Unreachable,
        up if up == nodes.len() => Exit::Yes,
        _ => Exit::No,
    }
}
