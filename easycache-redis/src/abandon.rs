//! Leases that may have been granted to nobody.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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

/// Where leases are.
pub(crate) trait Leases: Clone + Send + Sync + 'static {
    /// Ends those that have these names and tokens. False if not all of them are known to have ended.
    fn end(&self, leases: &[(Box<str>, Token)], deadline: Deadline) -> impl Future<Output = bool> + Send;
}

impl Leases for Arc<Node> {
    async fn end(&self, leases: &[(Box<str>, Token)], deadline: Deadline) -> bool {
        let wave = || {
            let mut wave = Wave::new(leases.len());
            for (lease, token) in leases {
                wave.push(steps::release(lease, token));
            }
            wave
        };
        self.ask(wave, How::Again, deadline).await.is_ok()
    }
}

/// The tokens that leases were asked for with, for each acquisition one for each attempt.
///
/// If no answer comes, because it is late or because the caller has gone away, they are ended: others would wait for
/// them until their time is over.
pub(crate) struct Attempts<'a, L: Leases> {
    leases: &'a L,
    acquires: &'a [Acquire],
    tokens: Mutex<Vec<Vec<Token>>>,
}

impl<'a, L: Leases> Attempts<'a, L> {
    pub(crate) fn new(leases: &'a L, acquires: &'a [Acquire]) -> Self {
        Self { leases, acquires, tokens: Mutex::new(vec![Vec::new(); acquires.len()]) }
    }

    /// The token for one more attempt at the acquisition of that place.
    ///
    /// It is a new one. The first attempt may have got a lease, others may have joined it, and an invalidation may
    /// have ended it since: with the same token it would be theirs again.
    pub(crate) fn token(&self, place: usize) -> Token {
        let token = Token::mint();
        self.tokens()[place].push(token.clone());
        token
    }

    /// There is an answer to that one, and whoever got a lease knows. Returns the tokens that are mine.
    pub(crate) fn answered(&self, place: usize) -> Vec<Token> {
        std::mem::take(&mut self.tokens()[place])
    }

    fn tokens(&self) -> MutexGuard<'_, Vec<Vec<Token>>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Leases> Drop for Attempts<'_, L> {
    fn drop(&mut self) {
        let tokens = std::mem::take(&mut *self.tokens());
        let mut open = Vec::new();
        let mut life = Duration::ZERO;
        for (acquire, tokens) in self.acquires.iter().zip(tokens) {
            for token in tokens {
                open.push((acquire.names.lease.clone(), token));
                life = life.max(acquire.lease);
            }
        }
        // Without a runtime the connection has ended, too.
        if !open.is_empty() && Handle::try_current().is_ok() {
            tokio::spawn(end(self.leases.clone(), open, life));
        }
    }
}

/// Until it is done, or the leases have ended by themselves.
async fn end(leases: impl Leases, open: Vec<(Box<str>, Token)>, life: Duration) {
    let over = Deadline::after(life);
    let mut pause = Duration::from_millis(50);
    while !leases.end(&open, over.min(PATIENCE)).await && over.left() > pause {
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(PATIENCE);
    }
}
