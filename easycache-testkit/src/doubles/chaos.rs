//! [`ChaosBackend`].

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use easycache_core::{Backend, Error, ErrorKind, Result};
use fastrand::Rng;

use super::{Call, Side, decorate::decorate};

/// A backend in trouble: a part of its calls fails, before the work or after it, and a part takes its time. A caller whose
/// deadline comes first gets the error that it gets from a server that does not answer.
///
/// What happens follows from a seed, in the order of the calls. Needs a tokio runtime with time enabled.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use easycache_core::{Cache, Policy};
/// use easycache_testkit::{ChaosBackend, MemoryBackend};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let backend = Arc::new(ChaosBackend::new(MemoryBackend::new(), 7));
/// backend.fail(0.2);
/// backend.delay(0.2, Duration::from_millis(5));
/// let cache = Cache::builder().backend(Arc::clone(&backend)).build()?;
/// for _ in 0..100 {
///     assert_eq!(cache.get_or_compute("answer", Policy::new(), || async { 42 }).await?, 42);
/// }
/// backend.calm();
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
pub struct ChaosBackend<B> {
    inner: B,
    chaos: Mutex<Chaos>,
}

struct Chaos {
    random: Rng,
    fails: f64,
    delays: f64,
    at_most: Duration,
}

/// What becomes of one call.
#[derive(Clone, Copy, Default)]
struct Fate {
    delay: Duration,
    fails: Option<Side>,
}

impl<B: Backend> ChaosBackend<B> {
    /// `inner`, which is not in trouble yet.
    #[must_use]
    pub fn new(inner: B, seed: u64) -> Self {
        let chaos = Chaos { random: Rng::with_seed(seed), fails: 0.0, delays: 0.0, at_most: Duration::ZERO };
        Self { inner, chaos: Mutex::new(chaos) }
    }

    /// From now on that part of the calls fails (0.0 to 1.0), half of them when the work is done.
    pub fn fail(&self, part: f64) {
        self.with(|chaos| chaos.fails = part);
    }

    /// From now on that part of the calls (0.0 to 1.0) takes up to so much longer.
    pub fn delay(&self, part: f64, at_most: Duration) {
        self.with(|chaos| (chaos.delays, chaos.at_most) = (part, at_most));
    }

    /// From now on it works.
    pub fn calm(&self) {
        self.with(|chaos| (chaos.fails, chaos.delays) = (0.0, 0.0));
    }

    /// What is in trouble.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    fn with<R>(&self, f: impl FnOnce(&mut Chaos) -> R) -> R {
        f(&mut self.chaos.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        let Fate { delay, fails } = self.with(Chaos::next);
        let late = async {
            tokio::time::sleep(delay).await;
            Ok(())
        };
        if !delay.is_zero()
            && let Err(error) = call.deadline.bound(late).await
        {
            return (0..call.items).map(|_| Err(error.clone())).collect();
        }
        match fails {
            None => return work.await,
            Some(Side::Before) => drop(work),
            Some(Side::After) => drop(work.await),
        }
        let error = || Error::new(ErrorKind::Unavailable, format!("{:?} fails by chance", call.method));
        (0..call.items).map(|_| Err(error())).collect()
    }
}

impl Chaos {
    fn next(&mut self) -> Fate {
        let mut fate = Fate::default();
        if self.random.f64() < self.delays {
            fate.delay = self.at_most.mul_f64(self.random.f64());
        }
        if self.random.f64() < self.fails {
            fate.fails = Some(if self.random.bool() { Side::Before } else { Side::After });
        }
        fate
    }
}

impl<B: fmt::Debug> fmt::Debug for ChaosBackend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChaosBackend").field("inner", &self.inner).finish_non_exhaustive()
    }
}

decorate!(ChaosBackend<B> where B: Backend);
