//! [`StoppingBackend`].

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use easycache_core::{Backend, Result};
use tokio::sync::watch;

use super::{Call, Method, Side, decorate::decorate};
use crate::server::until;

/// A backend whose calls stop where a test wants something else to happen: before the server has heard of them, or after
/// it has done them.
///
/// A stop takes no account of deadlines: give the cache a long one.
///
/// ```
/// use std::{sync::Arc, thread};
/// use easycache_core::{Cache, Policy};
/// use easycache_testkit::{MemoryBackend, Method, Side, StoppingBackend};
///
/// let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
/// let cache = Cache::builder().backend(backend.clone()).build()?;
/// let stop = backend.stop(Method::Fill, Side::Before);
/// thread::scope(|scope| {
///     let caller = scope.spawn(|| cache.blocking().get_or_compute("key", Policy::new(), || 1));
///     stop.reached();
///     assert_eq!(cache.blocking().get::<i32>("key").unwrap(), None, "it is computed and not stored");
///     stop.go();
///     assert_eq!(caller.join().unwrap().unwrap(), 1);
/// });
/// # Ok::<_, easycache_core::Error>(())
/// ```
pub struct StoppingBackend<B> {
    inner: B,
    stops: Mutex<Vec<Planned>>,
}

/// A place where calls stop. Dropped, it lets them go on.
#[derive(Debug)]
#[must_use = "dropped, it stops nothing"]
pub struct Stop {
    gate: Arc<Gate>,
}

struct Planned {
    gate: Arc<Gate>,
    side: Side,
    is_meant: Box<dyn Fn(&Call) -> bool + Send + Sync>,
}

#[derive(Debug)]
struct Gate {
    open: watch::Sender<bool>,
    reached: AtomicUsize,
}

impl<B: Backend> StoppingBackend<B> {
    /// `inner`, which does not stop yet.
    #[must_use]
    pub const fn new(inner: B) -> Self {
        Self { inner, stops: Mutex::new(Vec::new()) }
    }

    /// Calls of that method stop from now on, until the [`Stop`] lets them go on.
    pub fn stop(&self, method: Method, side: Side) -> Stop {
        self.stop_if(side, move |call| call.method == method)
    }

    /// Calls stop that are meant.
    pub fn stop_if(&self, side: Side, is_meant: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Stop {
        let gate = Arc::new(Gate { open: watch::Sender::new(false), reached: AtomicUsize::new(0) });
        let planned = Planned { gate: Arc::clone(&gate), side, is_meant: Box::new(is_meant) };
        self.stops.lock().unwrap_or_else(PoisonError::into_inner).push(planned);
        Stop { gate }
    }

    /// What stops.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        self.wait(&call, Side::Before).await;
        let answers = work.await;
        self.wait(&call, Side::After).await;
        answers
    }

    async fn wait(&self, call: &Call, side: Side) {
        let gates = {
            let mut stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
            stops.retain(|stop| !*stop.gate.open.borrow());
            let mine = stops.iter().filter(|stop| stop.side == side && (stop.is_meant)(call));
            mine.map(|stop| Arc::clone(&stop.gate)).collect::<Vec<_>>()
        };
        for gate in gates {
            let mut open = gate.open.subscribe();
            gate.reached.fetch_add(1, Ordering::SeqCst);
            // An error would mean that the gate is gone, which is held here.
            let _ = open.wait_for(|open| *open).await;
        }
    }
}

impl Stop {
    /// Waits until a call is there.
    pub fn reached(&self) {
        self.reached_by(1);
    }

    /// Waits until that many calls are there.
    pub fn reached_by(&self, calls: usize) {
        until("a call reaches the stop", || (self.gate.reached.load(Ordering::SeqCst) >= calls).then_some(()));
    }

    /// Lets them go on, and stops no more.
    pub fn go(self) {
        drop(self);
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.gate.open.send_replace(true);
    }
}

impl<B: fmt::Debug> fmt::Debug for StoppingBackend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoppingBackend").field("inner", &self.inner).finish_non_exhaustive()
    }
}

decorate!(StoppingBackend<B> where B: Backend);
