//! [`LossyBackend`].

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use easycache_core::{Backend, Result};

use super::{Call, decorate::decorate};

/// A backend on a server that has too little memory: before each call some of the names it is about are lost, values,
/// leases and stamps alike. Which ones depends on the seed alone, and on the order of the calls.
///
/// ```
/// use easycache_testkit::{LossyBackend, MemoryBackend};
///
/// let one_in_ten = LossyBackend::new(MemoryBackend::new(), 42, 0.1, |memory, name| memory.evict(name));
/// # let _ = one_in_ten;
/// ```
pub struct LossyBackend<B> {
    inner: B,
    dice: Mutex<fastrand::Rng>,
    probability: f64,
    evict: Evict<B>,
}

type Evict<B> = Box<dyn Fn(&B, &str) + Send + Sync>;

impl<B: Backend> LossyBackend<B> {
    /// `inner`, each name of which is lost with that probability each time it is mentioned. `evict` removes what is
    /// under a name, as a server does that needs the space.
    pub fn new(inner: B, seed: u64, probability: f64, evict: impl Fn(&B, &str) + Send + Sync + 'static) -> Self {
        Self { inner, dice: Mutex::new(fastrand::Rng::with_seed(seed)), probability, evict: Box::new(evict) }
    }

    /// What is lossy.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        for name in call.names.iter().filter(|_| self.unlucky()) {
            (self.evict)(&self.inner, name);
        }
        work.await
    }

    fn unlucky(&self) -> bool {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).f64() < self.probability
    }
}

impl<B: fmt::Debug> fmt::Debug for LossyBackend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner, probability, .. } = self;
        let mut debug = f.debug_struct("LossyBackend");
        debug.field("inner", inner).field("probability", probability).finish_non_exhaustive()
    }
}

decorate!(LossyBackend<B> where B: Backend);
