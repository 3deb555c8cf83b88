//! The connections to one server: one for each runtime that uses it.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::{
    runtime::{Handle, Id},
    sync::Mutex,
};

use super::Lane;
use crate::error::Result;

/// One connection for each runtime, made when it is first asked for, and anew when it has ended.
#[derive(Debug)]
pub(super) struct Lanes<L> {
    /// A handful at most: found quicker one by one than by hashing.
    by_runtime: RwLock<Vec<Place<L>>>,
}

#[derive(Debug)]
struct Place<L> {
    runtime: Id,
    lane: Option<Arc<L>>,
    /// Held by the one caller that connects.
    dialing: Arc<Mutex<()>>,
}

impl<L> Default for Lanes<L> {
    fn default() -> Self {
        Self { by_runtime: RwLock::default() }
    }
}

impl<L: Lane> Lanes<L> {
    /// The connection of this runtime.
    pub(super) async fn get<F: Future<Output = Result<L>> + Send>(&self, dial: impl FnOnce() -> F) -> Result<Arc<L>> {
        let runtime = Handle::current().id();
        match self.there(runtime) {
            Some(lane) => Ok(lane),
            // In a place of its own: it is large, and nearly never needed.
            None => Box::pin(self.dial(runtime, dial())).await,
        }
    }

    /// Whether there is one in this runtime.
    pub(super) fn is_connected(&self) -> bool {
        self.there(Handle::current().id()).is_some()
    }

    fn there(&self, runtime: Id) -> Option<Arc<L>> {
        let places = self.by_runtime.read().unwrap_or_else(PoisonError::into_inner);
        let place = places.iter().find(|place| place.runtime == runtime)?;
        place.lane.as_ref().filter(|lane| !lane.is_closed()).cloned()
    }

    async fn dial(&self, runtime: Id, dial: impl Future<Output = Result<L>> + Send) -> Result<Arc<L>> {
        let dialing = self.dialing(runtime);
        let _mine = dialing.lock().await;
        // Somebody else may just have done it.
        if let Some(lane) = self.there(runtime) {
            return Ok(lane);
        }
        let lane = Arc::new(dial.await?);
        self.place(runtime, |place| place.lane = Some(Arc::clone(&lane)));
        Ok(lane)
    }

    fn dialing(&self, runtime: Id) -> Arc<Mutex<()>> {
        self.place(runtime, |place| Arc::clone(&place.dialing))
    }

    /// Does something with the place of that runtime. Places whose runtime may be gone are cleared away.
    fn place<R>(&self, runtime: Id, f: impl FnOnce(&mut Place<L>) -> R) -> R {
        let mut places = self.by_runtime.write().unwrap_or_else(PoisonError::into_inner);
        // The driver of a connection ends with its runtime. Somebody who connects holds a pointer to `dialing`.
        places.retain(|place| {
            place.runtime == runtime
                || place.lane.as_ref().is_some_and(|lane| !lane.is_closed())
                || Arc::strong_count(&place.dialing) > 1
        });
        let found = places.iter().position(|place| place.runtime == runtime);
        let at = found.unwrap_or_else(|| {
            places.push(Place { runtime, lane: None, dialing: Arc::default() });
            places.len() - 1
        });
        f(&mut places[at])
    }
}
