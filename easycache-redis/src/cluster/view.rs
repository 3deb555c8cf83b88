//! What is known of a cluster, and how it is found out.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use easycache_core::{Clock, Deadline, Error, Moment, Result, SystemClock};
use tokio::sync::Notify;

use super::{
    map::{Map, Range},
    question,
};
use crate::{
    config::{Address, Settings},
    error, hedge,
    node::Node,
};

/// How long nobody asks again after somebody has.
const PAUSE: Duration = Duration::from_millis(100);

/// How long somebody who knows a layout waits for the next one. Who can answer does so in a small part of that.
const WORTHWHILE: Duration = Duration::from_millis(100);

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
    asking: Mutex<Asking>,
    /// Told to those who wait for who asks.
    done: Notify,
    /// Whether the last answer was not to be had, or not soon: then nobody waits for the next one.
    struggles: AtomicBool,
    /// Whom to begin with: not always the same.
    turn: AtomicUsize,
}

/// Who asks the nodes.
#[derive(Debug)]
struct Asking {
    /// Until when somebody is at it, at most.
    until: Moment,
    asked: Option<Asked>,
}

impl Asking {
    fn is_under_way(&self) -> bool {
        SystemClock.now() < self.until
    }
}

/// The right to ask, for one at a time.
struct Turn<'a>(&'a View);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.asking().until = Moment::ORIGIN;
        self.0.done.notify_waiters();
    }
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
            asking: Mutex::new(Asking { until: Moment::ORIGIN, asked: None }),
            done: Notify::new(),
            struggles: AtomicBool::default(),
            turn: AtomicUsize::default(),
        }
    }

    /// How connections to the nodes are made.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The nodes that the service was told to begin with.
    pub(super) fn seeds(&self) -> Vec<Arc<Node>> {
        self.seeds.iter().map(|address| self.node(address)).collect()
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

    /// The node at that address, which is a master. One that was none before begins anew: what its connections have
    /// been told of its boot was told of a replica.
    fn master(&self, address: &Address) -> Arc<Node> {
        let map = self.map();
        let mut nodes = self.nodes();
        if let Some(node) = nodes.get(address)
            && (map.edition == 0 || map.masters().iter().any(|master| Arc::ptr_eq(master, node)))
        {
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
        let node = self.master(to);
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
        if let Some(known) = self.known(edition) {
            return known;
        }
        if self.struggles.load(Relaxed) {
            self.refresh_later(edition);
            return Err(error::uncharted());
        }
        // On its own: it goes on for others when this caller has no more time.
        let view = Arc::clone(self);
        let asking = tokio::spawn(async move { view.ask_once(edition, &suspects).await });
        let limit = if edition == 0 { deadline } else { deadline.min(WORTHWHILE) };
        let patience = limit.left();
        match limit.bound(async { Ok(asking.await) }).await {
            Ok(told) => told.unwrap_or_else(|_ended| Err(error::uncharted())),
            Err(_late) => {
                // Who had less time than that has not learned anything.
                if patience >= hedge::PATIENCE && self.map().edition <= edition {
                    self.struggles.store(true, Relaxed);
                }
                Err(error::uncharted())
            }
        }
    }

    /// The same in the background, if it is due and nobody is at it.
    pub(super) fn refresh_later(self: &Arc<Self>, edition: u64) {
        if self.known(edition).is_none() && !self.asking().is_under_way() {
            let view = Arc::clone(self);
            tokio::spawn(async move { view.ask_once(edition, &[]).await });
        }
    }

    /// What the nodes tell, for somebody who begins.
    pub(super) async fn layout(&self) -> Result<Arc<Map>> {
        self.ask_once(0, &[]).await
    }

    async fn ask_once(&self, edition: u64, suspects: &[Arc<Node>]) -> Result<Arc<Map>> {
        let limit = self.settings.connect_timeout + LIMIT;
        let _turn = loop {
            // Listening before looking, or what happens in between would not be heard.
            let mut done = pin!(self.done.notified());
            done.as_mut().enable();
            if let Some(known) = self.known(edition) {
                return known;
            }
            if let Some(turn) = self.begin(limit) {
                break turn;
            }
            // Who is at it may be in a runtime that does not go on: then it is given up.
            let _given_up = tokio::time::timeout(limit, done).await;
        };
        let told = question::ask(self.candidates(suspects), Deadline::after(limit)).await;
        let error = told.as_ref().err().cloned();
        self.struggles.store(error.is_some(), Relaxed);
        let told = told.map(|ranges| self.adopt(&ranges));
        self.asking().asked = Some(Asked { at: SystemClock.now(), error });
        told
    }

    /// The right to ask, if nobody has it.
    fn begin(&self, limit: Duration) -> Option<Turn<'_>> {
        let mut asking = self.asking();
        if asking.is_under_way() {
            return None;
        }
        asking.until = SystemClock.now().after(limit);
        Some(Turn(self))
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What need not be asked for.
    fn known(&self, edition: u64) -> Option<Result<Arc<Map>>> {
        let map = self.map();
        if map.edition > edition {
            return Some(Ok(map));
        }
        let asking = self.asking();
        let asked = asking.asked.as_ref().filter(|asked| SystemClock.now() < asked.at.after(PAUSE))?;
        Some(asked.error.clone().map_or(Ok(map), Err))
    }

    fn adopt(&self, ranges: &[Range]) -> Arc<Map> {
        let edition = self.map().edition + 1;
        let map = Arc::new(Map::new(edition, ranges, |address| self.master(address)));
        tracing::debug!(?map, "the cluster has told its layout");
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&map);
        // Of those that are gone no connection is kept.
        self.nodes().retain(|address, node| {
            map.masters().iter().any(|master| Arc::ptr_eq(master, node)) || self.seeds.contains(address)
        });
        map
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

fn rotated<T>(items: &[T], turn: usize) -> impl Iterator<Item = &T> {
    let (front, back) = items.split_at(turn.checked_rem(items.len()).unwrap_or_default());
    back.iter().chain(front)
}

#[cfg(test)]
mod tests {
    use super::{super::map, *};
    use crate::{config::RedisConfig, reply::Reply};

    /// All slots are that one's.
    fn all_of(port: i64) -> Vec<Range> {
        let master = Reply::List(vec![Reply::Bytes("h".into()), Reply::Int(port)]);
        let range = Reply::List(vec![Reply::Int(0), Reply::Int(16383), master]);
        map::ranges(&Reply::List(vec![range]), &Address::new("h", 1)).unwrap()
    }

    #[test]
    fn a_node_that_was_no_master_before_begins_anew() {
        let seeds = [Address::new("h", 1), Address::new("h", 2)];
        let settings = RedisConfig::cluster(seeds.clone()).settings().unwrap();
        let view = View::new(seeds.to_vec(), settings.into());
        let [one, two] = seeds.each_ref().map(|seed| view.node(seed));
        let owns = |slot, node: &Arc<Node>| Arc::ptr_eq(view.map().owner(slot).unwrap(), node);

        view.adopt(&all_of(1));
        assert!(owns(0, &one) && owns(7, &one), "it has just been asked");
        view.adopt(&all_of(1));
        assert!(owns(0, &one));
        let moved = view.moved(7, &seeds[1]);
        assert!(owns(0, &one) && owns(7, &moved) && !Arc::ptr_eq(&moved, &two));
        assert!(Arc::ptr_eq(&view.moved(8, &seeds[1]), &moved));
        view.adopt(&all_of(2));
        assert!(owns(0, &moved));
        view.adopt(&all_of(1));
        assert!(!owns(0, &one), "it was replaced in between");
    }

    #[test]
    fn everybody_has_his_turn() {
        let items = [1, 2, 3];
        let turns = [0, 1, 2, 3].map(|turn| rotated(&items, turn).copied().collect::<Vec<_>>());
        assert_eq!(turns, [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]]);
        assert_eq!(rotated::<u8>(&[], 7).next(), None);
    }
}
