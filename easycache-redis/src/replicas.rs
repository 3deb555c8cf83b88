//! The replicas that values are read from.

mod replica;

use std::sync::{
    Arc, Mutex, PoisonError, RwLock,
    atomic::{AtomicUsize, Ordering::Relaxed},
};
use std::time::Duration;

use easycache_core::{Deadline, Result};

pub(crate) use self::replica::Replica;
use crate::{
    config::{Address, Settings},
    lane::{Command, Wave},
    node::{How, Node},
    reply::Reply,
};

/// How often the master is asked which replicas it has, while they are used.
const ASK: Duration = Duration::from_secs(1);

/// The replicas of a master, and whose turn it is.
#[derive(Debug)]
pub(crate) struct Replicas {
    settings: Arc<Settings>,
    /// Whether they are those that the master tells of. Otherwise they are given, and stay.
    told: bool,
    all: RwLock<Vec<Arc<Replica>>>,
    turn: AtomicUsize,
    /// When the master is asked next.
    due: Mutex<Deadline>,
}

impl Replicas {
    /// Those at these addresses; with none, those that the master tells of.
    pub(crate) fn new(given: &[Address], settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let replica = |address: &Address| Arc::new(Replica::new(address.clone(), Arc::clone(&settings)));
        let all = given.iter().map(replica).collect();
        let due = Mutex::new(Deadline::after(Duration::ZERO));
        Self { told: given.is_empty(), all: RwLock::new(all), turn: AtomicUsize::default(), due, settings }
    }

    /// The next one that is connected and worth asking. Those that are not get their connection in the background: nobody
    /// waits for it.
    pub(crate) fn next(&self) -> Option<Arc<Replica>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let turn = self.turn.fetch_add(1, Relaxed);
        let order = (0..all.len()).map(|i| &all[(turn.wrapping_add(i)) % all.len()]);
        order.into_iter().find(|replica| replica.is_ready()).map(Arc::clone)
    }

    /// All of them.
    fn nodes(&self) -> Vec<Arc<Node>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|replica| Arc::clone(replica.node())).collect()
    }

    /// The same, after the master has been asked which there are, where it tells.
    pub(crate) async fn nodes_now(&self, master: &Node, deadline: Deadline) -> Vec<Arc<Node>> {
        if self.told && master.may_be_asked() {
            // Where the master does not tell, there are those that it has told of last.
            let _not_told = self.ask(master, deadline).await;
        }
        self.nodes()
    }

    /// To be called whenever values are read. Now and then the master is asked, in the background, which replicas it has.
    pub(crate) fn look_after(self: &Arc<Self>, master: &Arc<Node>) {
        if self.told && self.is_due() {
            let (this, master) = (Arc::clone(self), Arc::clone(master));
            tokio::spawn(async move {
                if let Err(error) = this.ask(&master, Deadline::after(ASK)).await {
                    tracing::debug!(%error, "which replicas there are is not known");
                }
            });
        }
    }

    fn is_due(&self) -> bool {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = due.left().is_zero();
        if is_due {
            *due = Deadline::after(ASK);
        }
        is_due
    }

    /// Finds out which replicas there are, connects to each, and says what is wrong with those that cannot be used.
    pub(crate) async fn check(&self, master: &Node) -> Result<()> {
        let deadline = Deadline::after(ASK);
        if self.told {
            self.ask(master, deadline).await?;
        }
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner).clone();
        if all.is_empty() {
            tracing::warn!(server = %master.whereabouts(), "the master tells of no replicas: values are read from it alone");
        }
        for replica in all {
            if let Err(error) = replica.connect(deadline).await {
                tracing::warn!(%error, "a replica cannot be used: values are read from others");
            }
        }
        Ok(())
    }

    /// Asks the master which replicas it has.
    async fn ask(&self, master: &Node, deadline: Deadline) -> Result<()> {
        let replies = master.ask(|| Wave::of(Command::new("ROLE")), How::Again, deadline).await?.replies;
        // Where it is not permitted the answer is an error, and there are none.
        self.learn(replies.first().map(told).unwrap_or_default());
        Ok(())
    }

    /// From now on there are those at these addresses. Those that were there before are kept as they are.
    fn learn(&self, addresses: Vec<Address>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let replica = |address: Address| {
            let known = all.iter().find(|replica| *replica.address() == address);
            known.map_or_else(|| Arc::new(Replica::new(address, Arc::clone(&self.settings))), Arc::clone)
        };
        *all = addresses.into_iter().map(replica).collect();
    }
}

/// The addresses of the replicas in what a master answers to `ROLE`; none if it is not one.
fn told(role: &Reply) -> Vec<Address> {
    let Reply::List(parts) = role else { return Vec::new() };
    let [name, _offset, Reply::List(replicas)] = &parts[..] else { return Vec::new() };
    if name.text() != Some("master") {
        return Vec::new();
    }
    let address = |replica: &Reply| {
        let Reply::List(parts) = replica else { return None };
        let [host, port, _offset] = &parts[..] else { return None };
        Some(Address::new(host.text()?, port.text()?.parse().ok()?))
    };
    replicas.iter().filter_map(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Reply {
        Reply::Bytes(text.to_owned().into())
    }

    #[test]
    fn a_master_tells_where_its_replicas_are() {
        let replica = |port| Reply::List(vec![text("10.0.0.1"), text(port), text("42")]);
        let role = Reply::List(vec![text("master"), Reply::Int(42), Reply::List(vec![replica("1"), replica("2")])]);
        assert_eq!(told(&role), [Address::new("10.0.0.1", 1), Address::new("10.0.0.1", 2)]);
        let role = Reply::List(vec![text("slave"), text("10.0.0.9"), Reply::Int(1), text("connected"), Reply::Int(42)]);
        assert_eq!(told(&role), []);
    }
}
