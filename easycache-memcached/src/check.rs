//! What is looked at once, when a service starts.

use std::{sync::Arc, time::Duration};

use easycache_core::{Deadline, Result, net::How};
use futures_util::future::join_all;

use crate::{lane::Facts, node::Node};

/// How long looking may take, once the connection is there.
const PATIENCE: Duration = Duration::from_secs(1);

/// Connects to every server, and logs what will surprise somebody. Returns how large an item can be that all of them
/// take.
pub(crate) async fn look_at(nodes: &[Node]) -> Result<usize> {
    let mut largest = usize::MAX;
    for (node, facts) in nodes.iter().zip(join_all(nodes.iter().map(facts)).await) {
        let facts = facts?;
        largest = largest.min(facts.largest_item);
        if !facts.evicts {
            let server = node.server();
            tracing::warn!(%server, "the server evicts nothing (-M): when its memory is full, nothing more is cached");
        }
    }
    Ok(largest)
}

async fn facts(node: &Node) -> Result<Arc<Facts>> {
    let deadline = Deadline::after(node.server().connect_timeout() + PATIENCE);
    // What a connection is made with is all there is to know.
    Ok(node.ask(Arc::default, How::Again, deadline).await?.facts)
}
