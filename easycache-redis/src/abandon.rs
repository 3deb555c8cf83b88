//! Leases that may have been granted to nobody.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use easycache_core::{Acquire, Deadline, Token};
use tokio::runtime::Handle;

use crate::{
    lane::Wave,
    node::{How, Node},
    steps,
};

/// How long ending them is tried each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tokens that leases were asked for with, one for each acquisition and attempt.
///
/// If no answer comes, because it is late or because the caller has gone away, they are ended: others would wait for
/// them until their time is over.
pub(crate) struct Attempts<'a> {
    node: &'a Arc<Node>,
    acquires: &'a [Acquire],
    /// Those of the first attempt, then those of the second.
    tokens: Mutex<Vec<Token>>,
    answered: bool,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(node: &'a Arc<Node>, acquires: &'a [Acquire]) -> Self {
        Self { node, acquires, tokens: Mutex::default(), answered: false }
    }

    /// The commands of one more attempt.
    ///
    /// Its tokens are new ones. The first attempt may have got a lease, others may have joined it, and an invalidation may
    /// have ended it since: with the same token it would be theirs again.
    pub(crate) fn wave(&self) -> Wave {
        let mut wave = Wave::new(self.acquires.len());
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        for acquire in self.acquires {
            let token = Token::mint();
            wave.push(steps::acquire(acquire, &token));
            tokens.push(token);
        }
        wave
    }

    /// There is an answer, and whoever got a lease knows. Returns the tokens that are mine.
    pub(crate) fn answered(mut self) -> Vec<Token> {
        self.answered = true;
        std::mem::take(self.tokens.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        let tokens = self.tokens.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Without a runtime the connection has ended, too.
        if self.answered || tokens.is_empty() || Handle::try_current().is_err() {
            return;
        }
        let leases = self.acquires.iter().map(|acquire| acquire.names.lease.clone()).cycle();
        let leases = leases.zip(std::mem::take(tokens)).collect();
        let life = self.acquires.iter().map(|acquire| acquire.lease).max().unwrap_or_default();
        tokio::spawn(end(Arc::clone(self.node), leases, life));
    }
}

/// Until it is done, or the leases have ended by themselves.
async fn end(node: Arc<Node>, leases: Vec<(Box<str>, Token)>, life: Duration) {
    let over = Deadline::after(life);
    let mut pause = Duration::from_millis(50);
    let wave = || {
        let mut wave = Wave::new(leases.len());
        for (lease, token) in &leases {
            wave.push(steps::release(lease, token));
        }
        wave
    };
    while node.ask(wave, How::Again, over.min(PATIENCE)).await.is_err() && over.left() > pause {
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(PATIENCE);
    }
}
