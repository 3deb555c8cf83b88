//! Reads whose changes are told: on connections of their own, one to each server, which do nothing but read.
//!
//! Such a connection is told by its server when a name that was read on it has changed, whoever has changed it and however:
//! written, deleted, expired or evicted. What is told comes in the same stream as the answers.

mod ears;
mod link;
mod pulse;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use easycache_core::{Deadline, NodeId, Read, Result, Watch, Watched, Watching};
use futures_util::future::join_all;

pub(crate) use self::ears::{Ear, Ears, Hearing};
use self::link::{Link, Terms};
use crate::{
    backend::Servers,
    config::{Role, Settings},
    lane::Lane,
    node::Whereabouts,
    reply::Reply,
    steps::{self, Look, Looked, Plan},
};

/// What part of the time that is left a connection that tells of changes may take. What it has not answered by then is
/// read on an ordinary one.
const SHARE: u32 = 2;

/// A watch on the servers of a backend.
pub(crate) struct RedisWatch {
    servers: Servers,
    terms: Terms,
    links: RwLock<Vec<Arc<Link>>>,
}

/// Which names to ask one server for.
pub(crate) struct Part {
    pub(crate) server: Whereabouts,
    /// The places of names that one command may ask for.
    pub(crate) groups: Vec<Vec<usize>>,
}

/// What is under a name, and who tells when it changes.
#[derive(Clone)]
struct Kept {
    looked: Looked,
    node: NodeId,
}

impl RedisWatch {
    pub(crate) fn new(servers: Servers, watching: Watching) -> Self {
        let ears = Arc::new(Ears::new(watching.sink));
        let settings = servers.settings();
        // Who only reads is not told by a node itself that it has nothing to say any more.
        let role = if settings.role == Role::Any { Role::Owner } else { settings.role };
        let settings = Arc::new(Settings { ears: Some(Arc::clone(&ears)), role, ..settings.clone() });
        let terms = Terms { ears, settings, heartbeat: watching.heartbeat, patience: watching.patience };
        Self { servers, terms, links: RwLock::default() }
    }

    /// What is under each name, as far as somebody tells when it changes.
    async fn look(&self, plan: &Plan<'_>, timed: &HashSet<&str>, deadline: Deadline) -> Vec<Option<Kept>> {
        let limit = deadline.min(deadline.left() / SHARE);
        let parts = self.servers.parts(plan.names()).into_iter().filter_map(|part| {
            let link = self.link(&part.server)?;
            let lane = link.lane()?;
            Some(async move {
                let look = Look::new(plan.names(), part.groups, timed);
                let looked = self.ask(&lane, &look, limit).await;
                (lane, looked)
            })
        });
        let mut kept = vec![None; plan.names().len()];
        for (lane, looked) in join_all(parts).await {
            let Some(hearing) = lane.hearing() else { continue };
            for (place, looked) in looked {
                kept[place] = Some(Kept { looked, node: hearing.node() });
            }
        }
        kept
    }

    /// What one server has said, by the places of the names.
    async fn ask(&self, lane: &Lane, look: &Look<'_>, limit: Deadline) -> Vec<(usize, Looked)> {
        let (wave, before) = (look.wave(), limit.left());
        match limit.bound(async { Ok(lane.ask(&wave).await) }).await {
            Ok(Ok(replies)) => {
                self.note(lane, look, &replies);
                look.looked(lane.address(), replies, lane.epoch(), before.saturating_sub(limit.left()))
            }
            // Whoever keeps it up knows.
            Ok(Err(_broken)) => Vec::new(),
            Err(_late) => {
                // It may be dead, and the ordinary one not.
                doubt(lane);
                Vec::new()
            }
        }
    }

    /// A server that sends elsewhere for what it had does not tell what becomes of it there.
    fn note(&self, lane: &Lane, look: &Look<'_>, replies: &[Reply]) {
        let mut moved = false;
        for (name, refusal) in look.refused(replies) {
            moved |= self.servers.moved(lane.address(), name, refusal);
            doubt(lane);
        }
        if let (true, Some(hearing)) = (moved, lane.hearing()) {
            self.terms.ears.flush(hearing.node());
        }
    }

    /// The link to that server, which is begun if there is none.
    fn link(&self, to: &Whereabouts) -> Option<Arc<Link>> {
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        let found = links.iter().find(|link| link.leads(to)).map(Arc::clone);
        drop(links);
        found.or_else(|| self.begin(to))
    }

    fn begin(&self, to: &Whereabouts) -> Option<Arc<Link>> {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        links.retain(|link| !link.has_ended());
        if let Some(link) = links.iter().find(|link| link.leads(to)) {
            return Some(Arc::clone(link));
        }
        let (servers, server) = (self.servers.clone(), to.clone());
        let begun = Link::begin(to.clone(), self.terms.clone(), Box::new(move || servers.has(&server)));
        let link = begun.inspect_err(|error| tracing::error!(%error, "nobody tells when values change")).ok()?;
        let link = Arc::new(link);
        links.push(Arc::clone(&link));
        Some(link)
    }
}

#[async_trait]
impl Watch for RedisWatch {
    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Watched>> {
        let plan = Plan::new(reads);
        let timed = reads.iter().filter_map(steps::value).collect();
        let mut kept = plan.in_order(self.look(&plan, &timed, deadline).await).into_iter();
        let watched = reads.iter().map(|read| {
            let kept = kept.by_ref().take(steps::asked(read)).collect::<Vec<_>>();
            Some(watched(read, kept.into_iter().collect::<Option<Vec<_>>>()?))
        });
        let watched = watched.collect::<Vec<_>>();
        self.complete(reads, watched, deadline).await
    }
}

impl RedisWatch {
    /// Reads as ever what nobody tells the changes of.
    async fn complete(
        &self,
        reads: &[Read],
        watched: Vec<Option<Watched>>,
        deadline: Deadline,
    ) -> Vec<Result<Watched>> {
        let open = reads.iter().zip(&watched).filter(|(_, watched)| watched.is_none()).map(|(read, _)| read.clone());
        let open = open.collect::<Vec<_>>();
        let rest = if open.is_empty() { Vec::new() } else { self.servers.read(&open, deadline).await };
        let mut rest = rest.into_iter().map(|seen| Ok(Watched { seen: seen?, nodes: None }));
        let watched = watched.into_iter().map(|watched| watched.map(Ok).or_else(|| rest.next()));
        watched.map(|watched| watched.expect("each read that is open has an answer")).collect()
    }
}

impl fmt::Debug for RedisWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisWatch").field("servers", &self.servers).finish_non_exhaustive()
    }
}

/// Has the server asked at once whether it is still the one to ask.
fn doubt(lane: &Lane) {
    if let Some(hearing) = lane.hearing() {
        hearing.ring();
    }
}

/// What a read has shown, from what is under its names in their order.
fn watched(read: &Read, kept: Vec<Kept>) -> Watched {
    let left = steps::value(read).and_then(|_| kept.first()?.looked.left);
    let mut nodes = Vec::new();
    for Kept { node, .. } in &kept {
        if !nodes.contains(node) {
            nodes.push(*node);
        }
    }
    let mut seen = steps::seen(read, &mut kept.into_iter().map(|kept| kept.looked.found));
    seen.left = left.filter(|_| seen.blob.is_some());
    Watched { seen, nodes: Some(nodes) }
}
