//! [`RedisCluster`].

use std::{net::SocketAddr, thread, time::Duration};

use easycache_core::Deadline;

use super::{
    redis::{RedisBuilder, RedisServer, info_field},
    resp::Reply,
    wait::until,
};

/// A Redis Cluster of three masters, each with a replica. All are killed when this is dropped.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

/// How to start a [`RedisCluster`].
#[derive(Clone, Debug)]
pub struct ClusterBuilder {
    node: RedisBuilder,
}

const MASTERS: usize = 3;

/// How many slots a cluster has.
const SLOTS: usize = 16384;

impl RedisCluster {
    /// Starts one. None if `redis-server` is not installed; see [`require`](super::require()).
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::builder().start()
    }

    /// To start one with other settings. A node is given up by the others after 1 s.
    #[must_use]
    pub fn builder() -> ClusterBuilder {
        let node = RedisServer::builder().cluster_node().arg("--cluster-node-timeout", "1000");
        // A replica is not told of before it has heard of its master again, which is every 10 s otherwise.
        ClusterBuilder { node: node.arg("--repl-ping-replica-period", "1") }
    }

    /// The nodes: the three first masters, then a replica of each, in the same order.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// Where the nodes listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(RedisServer::address).collect()
    }

    /// `redis+cluster://` with the addresses of all nodes, and the password if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        let first = self.nodes[0].url();
        let others = self.nodes[1..].iter().map(|node| format!(",{}", node.address()));
        format!("redis+cluster{}{}", first.trim_start_matches("redis"), others.collect::<String>())
    }

    /// The master that has that key's slot, as a node says that runs.
    ///
    /// # Panics
    ///
    /// If no node that runs has it.
    #[must_use]
    pub fn master_of(&self, key: &str) -> &RedisServer {
        self.master_of_slot(self.slot_of(key))
    }

    /// The slot of a key.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> u16 {
        let slot = self.alive().command(&["CLUSTER", "KEYSLOT", key]).int();
        u16::try_from(slot).expect("a slot is less than 16384")
    }

    /// The master that has that slot, as a node says that runs.
    ///
    /// # Panics
    ///
    /// If no node that runs has it.
    #[must_use]
    pub fn master_of_slot(&self, slot: u16) -> &RedisServer {
        until("a master has the slot", || {
            let ranges = self.alive().command(&["CLUSTER", "SLOTS"]).array();
            let port = ranges.into_iter().find_map(|range| master_in(&range.array(), slot))?;
            self.nodes.iter().find(|node| node.port() == port && node.is_running())
        })
    }

    /// Moves a slot to that node, with its keys, and tells every master.
    pub fn move_slot(&self, slot: u16, to: &RedisServer) {
        self.begin_to_move(slot, to);
        self.move_keys(slot, to);
        self.finish_moving(slot, to);
    }

    /// From now on the slot is on its way to that node: keys that are not where it was are asked for where it goes (ASK).
    pub fn begin_to_move(&self, slot: u16, to: &RedisServer) {
        let (from, slot) = (self.master_of_slot(slot), slot.to_string());
        to.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
        from.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    }

    /// Moves the keys of a slot that is on its way to that node.
    pub fn move_keys(&self, slot: u16, to: &RedisServer) {
        let (from, slot) = (self.master_of_slot(slot), slot.to_string());
        for key in from.command(&["CLUSTER", "GETKEYSINSLOT", &slot, "100000"]).array() {
            let key = key.bytes().expect("a key is not nothing");
            let port = to.port().to_string();
            let [host, database, patience] = ["127.0.0.1", "0", "5000"].map(str::as_bytes);
            from.command(&[&b"MIGRATE"[..], host, port.as_bytes(), &key, database, patience]);
        }
    }

    /// The slot is that node's, which every master is told.
    pub fn finish_moving(&self, slot: u16, to: &RedisServer) {
        let slot = slot.to_string();
        // The new one first: if all else fails, it has it.
        let others = self.nodes.iter().filter(|node| node.port() != to.port() && is_master(node));
        for node in std::iter::once(to).chain(others) {
            node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]);
        }
        // Or what one node still says of the time before could count for more with another.
        until("all nodes have heard of it", || {
            let mut epochs = self.running().map(|node| cluster_info(node, "cluster_current_epoch"));
            let epoch = epochs.next()?;
            epochs.all(|other| other == epoch).then_some(())
        });
    }

    fn running(&self) -> impl Iterator<Item = &RedisServer> {
        self.nodes.iter().filter(|node| node.is_running())
    }

    /// Kills the master that has that slot, and waits until its replica, which is returned, has taken its place.
    ///
    /// # Panics
    ///
    /// If it has not after 30 s.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn fail_over(&self, slot: u16) -> &RedisServer {
        let old = self.master_of_slot(slot);
        old.kill();
        let new = until("a replica takes over", || {
            let new = self.master_of_slot_as_told_by_all(slot)?;
            (new.port() != old.port()).then_some(new)
        });
        self.wait_until_well();
        new
    }

    /// Waits until every node that runs says that the cluster is well.
    pub fn wait_until_well(&self) {
        until("the cluster is well", || {
            self.running().all(|node| cluster_info(node, "cluster_state") == "ok").then_some(())
        });
    }

    /// The master of a slot, if all nodes that run agree.
    fn master_of_slot_as_told_by_all(&self, slot: u16) -> Option<&RedisServer> {
        let told = self.running().map(|node| {
            let ranges = node.command(&["CLUSTER", "SLOTS"]).array();
            ranges.into_iter().find_map(|range| master_in(&range.array(), slot))
        });
        let told = told.collect::<Option<Vec<_>>>()?;
        let port = *told.first()?;
        told.iter().all(|other| *other == port).then(|| self.nodes.iter().find(|node| node.port() == port))?
    }

    fn alive(&self) -> &RedisServer {
        self.running().next().expect("a node runs")
    }

    /// Makes a cluster of nodes that know nothing of each other.
    fn assemble(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
            if number < MASTERS {
                let [first, last] = [number, number + 1].map(|share| share * SLOTS / MASTERS);
                node.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(last - 1).to_string()]);
            }
        }
        // Again and again: on a busy machine a handshake may take too long, and is given up.
        let mut met = Deadline::after(Duration::ZERO);
        until("the nodes know each other", || {
            if met.left().is_zero() {
                self.meet();
                met = Deadline::after(Duration::from_secs(2));
            }
            let everyone = self.nodes.len().to_string();
            self.nodes.iter().all(|node| cluster_info(node, "cluster_known_nodes") == everyone).then_some(())
        });
        for (replica, master) in self.nodes[MASTERS..].iter().zip(&self.nodes) {
            until("the replica has its master", || {
                // It must have heard from the node that it is a master.
                let told = replica.client().ok()?.command(&["CLUSTER", "REPLICATE", &id(master)]).ok()?;
                (told == Reply::Status("OK".into())).then_some(())
            });
        }
        self.wait_until_each(|node| {
            let synced = is_master(node) || node.info("master_link_status") == "up";
            let shards = node.command(&["CLUSTER", "SLOTS"]).array();
            // Each range tells where it begins and ends, its master, and its replica.
            let complete = shards.len() == MASTERS && shards.into_iter().all(|shard| shard.array().len() == 4);
            synced && complete && cluster_info(node, "cluster_state") == "ok"
        });
    }

    /// Everyone meets everyone: to hear of each other by and by takes seconds.
    fn meet(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            let (port, bus) = (node.port().to_string(), config(node, "cluster-port"));
            for other in &self.nodes[number + 1..] {
                other.command(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
            }
        }
    }

    fn wait_until_each(&self, is_so: impl Fn(&RedisServer) -> bool) {
        for node in &self.nodes {
            until("every replica is in sync, and all nodes know it", || is_so(node).then_some(()));
        }
    }
}

impl ClusterBuilder {
    /// A setting of each node, as on the command line.
    #[must_use]
    pub fn arg(mut self, name: &str, value: &str) -> Self {
        self.node = self.node.arg(name, value);
        self
    }

    /// When a slot has no master, the others are served all the same.
    #[must_use]
    pub fn partial_coverage(self) -> Self {
        self.arg("--cluster-require-full-coverage", "no")
    }

    /// Demands that password of clients and other nodes.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.node = self.node.password(password);
        self
    }

    /// Starts the nodes and makes a cluster of them, in which every replica is in sync. None if `redis-server` is not
    /// installed; see [`require`](super::require()).
    #[must_use]
    pub fn start(self) -> Option<RedisCluster> {
        let start = || self.node.clone().start();
        let nodes = thread::scope(|scope| {
            let starting = (0..2 * MASTERS).map(|_| scope.spawn(start)).collect::<Vec<_>>();
            starting.into_iter().map(|node| node.join().expect("a node starts")).collect::<Option<Vec<_>>>()
        });
        let cluster = RedisCluster { nodes: nodes? };
        cluster.assemble();
        Some(cluster)
    }
}

/// The port of the master of a range of slots, if that slot is in it.
fn master_in(range: &[Reply], slot: u16) -> Option<u16> {
    let [Reply::Int(first), Reply::Int(last), Reply::Array(master), ..] = range else { return None };
    let Some(Reply::Int(port)) = master.get(1) else { return None };
    (*first..=*last).contains(&i64::from(slot)).then(|| u16::try_from(*port).ok())?
}

fn id(node: &RedisServer) -> String {
    node.command(&["CLUSTER", "MYID"]).text()
}

fn is_master(node: &RedisServer) -> bool {
    node.is_running() && node.info("role") == "master"
}

fn cluster_info(node: &RedisServer, field: &str) -> String {
    info_field(&node.command(&["CLUSTER", "INFO"]).text(), field)
}

fn config(node: &RedisServer, name: &str) -> String {
    let [_, value] = <[Reply; 2]>::try_from(node.command(&["CONFIG", "GET", name]).array()).expect("there is one");
    value.text()
}
