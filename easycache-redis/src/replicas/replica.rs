//! One replica.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use easycache_core::{Deadline, Result};
use tokio::runtime::Handle;

use crate::{
    config::{Address, Settings},
    lane::Wave,
    node::{How, Node},
    steps::{Lefts, Plan},
};

/// How long one that is of no use is left alone.
const REST: Duration = Duration::from_secs(1);

/// How many answers in a row may be of no use before that. One that is a little behind has some now and then.
const MISSES: u32 = 16;

/// A server that values are read from, if they are the same as the master's.
#[derive(Debug)]
pub(crate) struct Replica {
    address: Address,
    node: Arc<Node>,
    state: Mutex<State>,
    /// Somebody connects.
    waking: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct State {
    misses: u32,
    rest: Option<Deadline>,
}

impl Replica {
    pub(super) fn new(address: Address, settings: Arc<Settings>) -> Self {
        let node = Arc::new(Node::new(address.clone(), settings));
        Self { address, node, state: Mutex::default(), waking: Arc::default() }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Whether it can be asked without waiting for a connection. If it cannot, somebody sees to it.
    pub(super) fn is_ready(&self) -> bool {
        if self.rests() {
            return false;
        }
        let ready = self.node.is_connected();
        if !ready && self.node.may_be_asked() {
            self.wake();
        }
        ready
    }

    fn rests(&self) -> bool {
        let mut state = self.state();
        state.rest = state.rest.filter(|rest| !rest.left().is_zero());
        state.rest.is_some()
    }

    /// Connects in the background.
    fn wake(&self) {
        if self.waking.swap(true, Relaxed) {
            return;
        }
        let (node, waking) = (Arc::clone(&self.node), Waking(Arc::clone(&self.waking)));
        Handle::current().spawn(async move {
            let _waking = waking;
            // If it fails, its breaker knows.
            let _ = connect(&node, Deadline::after(node.settings().connect_timeout)).await;
        });
    }

    /// Connects, if that has not been done.
    pub(super) async fn connect(&self, deadline: Deadline) -> Result<()> {
        connect(&self.node, deadline.min(self.node.settings().connect_timeout)).await
    }

    /// What it has under these names, in their order. None if it does not tell.
    pub(crate) async fn values(&self, plan: &Plan<'_>, deadline: Deadline) -> Option<Vec<Option<Bytes>>> {
        let answer = self.node.ask(|| plan.wave(&Lefts::of(&[])), How::Again, deadline).await.ok()?;
        match plan.found(&self.address, answer.replies, answer.epoch) {
            Ok(values) => Some(values.into_iter().map(|value| value.bytes).collect()),
            Err(refusal) => {
                // It loads, or has lost its master.
                tracing::debug!(%refusal, "a replica is left alone for a while");
                self.rest();
                None
            }
        }
    }

    /// Whether what it told was of use. One that never is, such as one of another master, is left alone for a while.
    pub(crate) fn judge(&self, useful: bool) {
        let mut state = self.state();
        state.misses = if useful { 0 } else { state.misses + 1 };
        if state.misses >= MISSES {
            drop(state);
            tracing::debug!(replica = %self.address, "what it has is not what its master has");
            self.rest();
        }
    }

    fn rest(&self) {
        *self.state() = State { misses: 0, rest: Some(Deadline::after(REST)) };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No command at all: a connection is made for it all the same, and the server looked at.
async fn connect(node: &Node, deadline: Deadline) -> Result<()> {
    node.ask(|| Wave::new(0), How::Again, deadline).await.map(drop)
}

/// Somebody connects, until this is dropped.
struct Waking(Arc<AtomicBool>);

impl Drop for Waking {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}
