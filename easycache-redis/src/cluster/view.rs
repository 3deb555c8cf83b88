//! What is known of a cluster, and how it is found out.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use easycache_core::{Clock, Deadline, Error, ErrorKind, Moment, Result, SystemClock};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync;

use super::map::{self, Map, Range};
use crate::{
    config::{Address, Settings},
    error,
    lane::{Command, Wave},
    node::{How, Node},
    reply::Reply,
};

/// How long nobody asks again after somebody has.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a node has to answer before another one is asked, too.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long asking may take in all, once there is a connection; whoever waits for it may have less time.
const LIMIT: Duration = Duration::from_secs(1);

/// The nodes of a cluster that have been heard of, and which slots they have. Everything in it may be outdated: the
/// nodes themselves say so when they are asked for what they do not have.
#[derive(Debug)]
pub(super) struct View {
    settings: Arc<Settings>,
    seeds: Vec<Address>,
    nodes: Mutex<HashMap<Address, Arc<Node>>>,
    map: RwLock<Arc<Map>>,
    /// Held by the one who asks.
    asking: sync::Mutex<Option<Asked>>,
    /// Whom to begin with: not always the same.
    turn: AtomicUsize,
}

/// When nodes were asked last, and the error if none has told.
#[derive(Debug)]
struct Asked {
    at: Moment,
    error: Option<Error>,
}

impl View {
    pub(super) fn new(seeds: Vec<Address>, settings: Arc<Settings>) -> Self {
        Self {
            settings,
            seeds,
            nodes: Mutex::default(),
            map: RwLock::new(Arc::new(Map::empty())),
            asking: sync::Mutex::default(),
            turn: AtomicUsize::default(),
        }
    }

    /// What is known at the moment.
    pub(super) fn map(&self) -> Arc<Map> {
        Arc::clone(&self.map.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The node at that address.
    pub(super) fn node(&self, address: &Address) -> Arc<Node> {
        let mut nodes = self.nodes();
        if let Some(node) = nodes.get(address) {
            return Arc::clone(node);
        }
        let node = Arc::new(Node::new(address.clone(), Arc::clone(&self.settings)));
        nodes.insert(address.clone(), Arc::clone(&node));
        node
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<Address, Arc<Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node has said that this slot is another one's. Returns that one.
    pub(super) fn moved(&self, slot: u16, to: &Address) -> Arc<Node> {
        let node = self.node(to);
        let mut map = self.map.write().unwrap_or_else(PoisonError::into_inner);
        if !map.owner(slot).is_some_and(|owner| Arc::ptr_eq(owner, &node)) {
            *map = Arc::new(map.with(slot, Arc::clone(&node)));
        }
        node
    }

    /// Asks the nodes, unless that has been done since `edition` or just now; one at a time, whoever else wants to know
    /// waits for the answer. Nodes that are suspected not to know are asked last.
    pub(super) async fn refresh(
        self: &Arc<Self>,
        edition: u64,
        suspects: Vec<Arc<Node>>,
        deadline: Deadline,
    ) -> Result<Arc<Map>> {
        if let Ok(asked) = self.asking.try_lock()
            && let Some(known) = self.known(edition, asked.as_ref())
        {
            return known;
        }
        // On its own: it goes on for others when this caller has no more time.
        let view = Arc::clone(self);
        let asking = tokio::spawn(async move { view.ask_once(edition, &suspects).await });
        let told = deadline.bound(async { Ok(asking.await) }).await;
        told.unwrap_or_else(|_late| Ok(Err(error::uncharted()))).unwrap_or_else(|_ended| Err(error::uncharted()))
    }

    /// The same in the background, if it is due.
    pub(super) fn refresh_later(self: &Arc<Self>, edition: u64) {
        let is_due = self.asking.try_lock().is_ok_and(|asked| self.known(edition, asked.as_ref()).is_none());
        if is_due {
            let view = Arc::clone(self);
            tokio::spawn(async move { view.ask_once(edition, &[]).await });
        }
    }

    /// What the nodes tell, for somebody who begins.
    pub(super) async fn layout(&self) -> Result<Arc<Map>> {
        self.ask_once(0, &[]).await
    }

    async fn ask_once(&self, edition: u64, suspects: &[Arc<Node>]) -> Result<Arc<Map>> {
        let mut asked = self.asking.lock().await;
        if let Some(known) = self.known(edition, asked.as_ref()) {
            return known;
        }
        let told = self.ask_around(suspects, Deadline::after(self.settings.connect_timeout + LIMIT)).await;
        let error = told.as_ref().err().cloned();
        *asked = Some(Asked { at: SystemClock.now(), error });
        told.map(|ranges| self.adopt(&ranges))
    }

    /// What need not be asked for.
    fn known(&self, edition: u64, asked: Option<&Asked>) -> Option<Result<Arc<Map>>> {
        let map = self.map();
        if map.edition > edition {
            return Some(Ok(map));
        }
        let asked = asked.filter(|asked| SystemClock.now() < asked.at.after(PAUSE))?;
        Some(asked.error.clone().map_or(Ok(map), Err))
    }

    fn adopt(&self, ranges: &[Range]) -> Arc<Map> {
        let edition = self.map().edition + 1;
        let map = Arc::new(Map::new(edition, ranges, |address| self.node(address)));
        tracing::debug!(?map, "the cluster has told its layout");
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&map);
        // Of those that are gone no connection is kept.
        self.nodes().retain(|address, node| {
            map.masters().iter().any(|master| Arc::ptr_eq(master, node)) || self.seeds.contains(address)
        });
        map
    }

    /// The answer of whoever is first. The next one is asked when one fails, or takes too long.
    async fn ask_around(&self, suspects: &[Arc<Node>], deadline: Deadline) -> Result<Vec<Range>> {
        let mut candidates = self.candidates(suspects).into_iter();
        let mut asked = FuturesUnordered::new();
        let mut worst = None;
        loop {
            if let Some(node) = candidates.next() {
                asked.push(async move { ask(&node, deadline).await });
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

    /// Whom to ask, in this order: the masters that are known, where the service was told to begin, the suspects.
    fn candidates(&self, suspects: &[Arc<Node>]) -> Vec<Arc<Node>> {
        let map = self.map();
        let turn = self.turn.fetch_add(1, Relaxed);
        let mut candidates = Vec::<Arc<Node>>::new();
        let masters = rotated(map.masters(), turn).cloned();
        let seeds = rotated(&self.seeds, turn).map(|address| self.node(address));
        for node in masters.chain(seeds) {
            if !candidates.iter().any(|there| Arc::ptr_eq(there, &node)) {
                candidates.push(node);
            }
        }
        candidates.sort_by_key(|node| suspects.iter().any(|suspect| Arc::ptr_eq(suspect, node)));
        candidates
    }
}

fn is_refusal(error: &Error) -> bool {
    error.kind() != ErrorKind::Unavailable
}

fn rotated<T>(items: &[T], turn: usize) -> impl Iterator<Item = &T> {
    let (front, back) = items.split_at(turn.checked_rem(items.len()).unwrap_or_default());
    back.iter().chain(front)
}

async fn ask(node: &Node, deadline: Deadline) -> Result<Vec<Range>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_his_turn() {
        let items = [1, 2, 3];
        let turns = [0, 1, 2, 3].map(|turn| rotated(&items, turn).copied().collect::<Vec<_>>());
        assert_eq!(turns, [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]]);
        assert_eq!(rotated::<u8>(&[], 7).next(), None);
    }
}
