//! A connection that tells of changes, kept up by a task of its own.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use easycache_core::{ErrorKind, Result, net};
use tokio::task::AbortHandle;
use tracing::instrument::WithSubscriber;

use super::{ears::Ears, pulse};
use crate::{config::Settings, lane::Lane, node::Whereabouts};

/// How long to wait before the first attempt at another connection. Doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long a server is left alone that will not do: somebody has to do something about it first.
const REFUSED: Duration = Duration::from_secs(10);

/// What every link of a watch has in common.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) ears: Arc<Ears>,
    /// What connections are made with; the ears are among it.
    pub(super) settings: Arc<Settings>,
    pub(super) heartbeat: Duration,
    pub(super) patience: Duration,
}

/// The connection to one server. Ended when this is dropped.
#[derive(Debug)]
pub(super) struct Link {
    to: Whereabouts,
    up: Up,
    task: AbortHandle,
}

/// Whether the server still has a part in it.
type IsNeeded = Box<dyn Fn() -> bool + Send + Sync>;

/// The connection, while there is one.
type Up = Arc<RwLock<Option<Arc<Lane>>>>;

impl Link {
    /// Connects in the background, and again whenever that is needed, for as long as the server is.
    pub(super) fn begin(to: Whereabouts, terms: Terms, is_needed: IsNeeded) -> Result<Self> {
        let up = Up::default();
        let keeper = Keeper { to: to.clone(), up: Arc::clone(&up), terms, is_needed };
        // What it has to say belongs in its caller's log.
        let work = async move { keeper.keep().await }.with_current_subscriber();
        let task = net::background()?.spawn(work).abort_handle();
        Ok(Self { to, up, task })
    }

    /// Whether it is the one to that server, and still at work.
    pub(super) fn leads(&self, to: &Whereabouts) -> bool {
        self.to == *to && !self.has_ended()
    }

    /// Whether the server is not needed any more.
    pub(super) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// The connection, if there is one at the moment.
    pub(super) fn lane(&self) -> Option<Arc<Lane>> {
        let up = self.up.read().unwrap_or_else(PoisonError::into_inner);
        up.as_ref().filter(|lane| !lane.is_closed()).map(Arc::clone)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Keeper {
    to: Whereabouts,
    up: Up,
    terms: Terms,
    is_needed: IsNeeded,
}

impl Keeper {
    async fn keep(self) {
        let mut pause = FIRST_PAUSE;
        // Whether it has been said that it does not come about.
        let mut said = false;
        while self.is_needed() {
            let wait = match self.to.connect(&self.terms.settings).await {
                Ok(lane) => {
                    if self.stay(Arc::new(lane)).await {
                        (pause, said) = (FIRST_PAUSE, false);
                    }
                    pause
                }
                Err(error) if error.kind() == ErrorKind::Unavailable => {
                    tracing::debug!(%error, "a connection that tells of changes cannot be made");
                    pause
                }
                Err(error) => {
                    if !said {
                        tracing::warn!(%error, "values are not kept near: nobody would tell when they change");
                    }
                    said = true;
                    REFUSED
                }
            };
            tokio::time::sleep(wait).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// For as long as the connection is good. Whether it ever was.
    async fn stay(&self, lane: Arc<Lane>) -> bool {
        let Some(hearing) = lane.hearing() else { return false };
        let node = hearing.node();
        self.set(Some(Arc::clone(&lane)));
        let (was_good, why) = pulse::attend(&lane, &self.to, &self.terms, || self.is_needed()).await;
        // In this order: nobody is to read on it, and to keep what is read, once everything has been thrown away.
        self.set(None);
        lane.close();
        self.terms.ears.flush(node);
        tracing::debug!(server = %lane.address(), why, "a connection that tells of changes has ended");
        was_good
    }

    /// Whether there is somebody to tell, and something that the server has to say.
    fn is_needed(&self) -> bool {
        self.terms.ears.anybody() && (self.is_needed)()
    }

    fn set(&self, lane: Option<Arc<Lane>>) {
        *self.up.write().unwrap_or_else(PoisonError::into_inner) = lane;
    }
}
