//! Leases that may have been granted to nobody.

use std::{sync::Arc, time::Duration};

use easycache_core::{Acquire, Deadline, Token};
use tokio::runtime::Handle;

use crate::{
    lane::Wave,
    node::{How, Node},
    steps,
};

/// How long ending them is tried each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ends the leases of acquisitions whose answer never came, because it was late or because the caller has gone away.
/// Others would wait for them until their time is over.
pub(crate) struct Abandoned<'a> {
    node: &'a Arc<Node>,
    wave: &'a Wave,
    acquires: &'a [Acquire],
    tokens: &'a [Token],
    answered: bool,
}

impl<'a> Abandoned<'a> {
    /// Watches over `wave`, which asks for leases with these tokens.
    pub(crate) fn guard(node: &'a Arc<Node>, wave: &'a Wave, acquires: &'a [Acquire], tokens: &'a [Token]) -> Self {
        Self { node, wave, acquires, tokens, answered: false }
    }

    /// There is an answer, and whoever got a lease knows.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        // Without a runtime the connection has ended, too.
        if self.answered || !self.wave.was_sent() || Handle::try_current().is_err() {
            return;
        }
        let mut wave = Wave::new(self.tokens.len());
        for (acquire, token) in self.acquires.iter().zip(self.tokens) {
            wave.push(steps::release(&acquire.names.lease, token));
        }
        let life = self.acquires.iter().map(|acquire| acquire.lease).max().unwrap_or_default();
        tokio::spawn(end(Arc::clone(self.node), wave, life));
    }
}

/// Until it is done, or the leases have ended by themselves.
async fn end(node: Arc<Node>, wave: Wave, life: Duration) {
    let over = Deadline::after(life);
    let mut pause = Duration::from_millis(50);
    while node.ask(&wave, How::Again, over.min(PATIENCE)).await.is_err() && over.left() > pause {
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(PATIENCE);
    }
}
