//! How the nodes of a cluster are, and which names they have.

use std::{str, sync::Arc};

use bytes::Bytes;
use easycache_core::{Deadline, Error, NamePage, NameScan, NodeState, NodeStatus, Result};

use super::{Cluster, map::Map};
use crate::{error, inspect, node::Node};

impl Cluster {
    /// How the masters are. Its replicas are not asked: nothing is read there. Where no node tells which masters there are,
    /// those that the service was told to begin with say how they are.
    pub(crate) async fn status(&self, deadline: Deadline) -> Vec<NodeStatus> {
        match self.layout(deadline).await {
            Ok(map) => {
                let nodes = inspect::status(&in_order(&map), deadline).await;
                if nodes.iter().any(|node| !node.is_up()) {
                    // Another one may have taken its place.
                    self.view.refresh_later(map.edition);
                }
                nodes
            }
            Err(error) => {
                let mut nodes = inspect::status(&self.view.seeds(), deadline).await;
                for node in nodes.iter_mut().filter(|node| node.is_up()) {
                    node.state = NodeState::Down { error: error.clone() };
                }
                nodes
            }
        }
    }

    /// Some of the names, of one master after the other.
    pub(crate) async fn scan(&self, scan: &NameScan, deadline: Deadline) -> Result<NamePage> {
        let masters = in_order(&*self.layout(deadline).await?);
        let place = scan.from.as_deref().map(place).transpose()?;
        // One that is gone has left its names to others: the walk goes on with the next.
        let at = place.map_or(0, |(name, _)| masters.partition_point(|master| *called(master) < *name));
        let Some(master) = masters.get(at) else { return Ok(NamePage::default()) };
        let from = place.filter(|(name, _)| *name == called(master)).map(|(_, from)| from);
        let (names, next) = inspect::scan(master, scan, from, deadline).await?;
        let next = match (next, masters.get(at + 1)) {
            (Some(next), _) => Some(cursor(master, &next)),
            (None, Some(other)) => Some(cursor(other, b"0")),
            (None, None) => None,
        };
        Ok(NamePage::new(names, next))
    }

    async fn layout(&self, deadline: Deadline) -> Result<Arc<Map>> {
        let map = self.view.map();
        if map.edition > 0 { Ok(map) } else { self.view.refresh(0, Vec::new(), deadline).await }
    }
}

/// The masters by their names, so that a walk has an order.
fn in_order(map: &Map) -> Vec<Arc<Node>> {
    let mut masters = map.masters().to_vec();
    masters.sort_by_cached_key(|master| called(master));
    masters
}

fn called(node: &Node) -> String {
    node.whereabouts().to_string()
}

/// Where a walk goes on: the node, a blank, and its own cursor.
fn cursor(node: &Node, at: &[u8]) -> Bytes {
    [called(node).as_bytes(), b" ", at].concat().into()
}

fn place(cursor: &[u8]) -> Result<(&str, &[u8])> {
    let place = str::from_utf8(cursor).ok().and_then(|cursor| cursor.rsplit_once(' '));
    place.map(|(node, at)| (node, at.as_bytes())).ok_or_else(unknown)
}

fn unknown() -> Error {
    error::invalid("this is no place in a walk through the names of a cluster: begin anew")
}
