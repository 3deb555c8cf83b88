//! Sentinels: they know where the master is.

mod question;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use easycache_core::{Deadline, Error, ErrorKind, Result};

use crate::{
    config::{Address, Settings},
    error, hedge,
    lane::Lane,
};

/// How often it is made sure that a connection in use still is to the master.
const LOOK: Duration = Duration::from_secs(1);

/// The Sentinels of a master.
///
/// They are asked anew for each connection that is made, and once a second for one that is used: it may be to a server that
/// has lost its place and has not been told yet.
pub(crate) struct Sentinels {
    master: String,
    /// Of connections to them.
    settings: Settings,
    state: Mutex<State>,
}

struct State {
    /// The one that has answered well goes first; one that is asked, and what it has told was of no use, goes last.
    order: Vec<Address>,
    /// Where the master was said to be.
    told: Option<Address>,
}

/// Where the master is, and who says so.
struct Told {
    master: Address,
    by: Address,
}

impl Sentinels {
    pub(crate) fn new(master: impl Into<String>, sentinels: Vec<Address>, settings: Settings) -> Self {
        Self { master: master.into(), settings, state: Mutex::new(State { order: sentinels, told: None }) }
    }

    /// Connects to the master.
    pub(crate) async fn connect(&self, settings: &Settings) -> Result<Lane> {
        let told = self.ask().await?;
        self.state().told = Some(told.master.clone());
        let dialled = Lane::dial(&told.master, settings).await;
        dialled.map_err(|error| {
            // Another one may know better.
            self.put_last(&told.by);
            let Told { by, .. } = told;
            let message = format!("{error} (it is the master {:?}, as the Sentinel at {by} says)", self.master);
            Error::new(error.kind(), message).with_source(error)
        })
    }

    /// To be called whenever a connection to the master is used. Now and then it is made sure of, in the background, that
    /// it still is to the master; it is closed otherwise.
    pub(crate) fn look_after(self: &Arc<Self>, lane: &Arc<Lane>, settings: &Arc<Settings>) {
        if lane.is_due(LOOK) {
            let (sentinels, lane, settings) = (Arc::clone(self), Arc::clone(lane), Arc::clone(settings));
            tokio::spawn(async move {
                if !sentinels.stand_by(&lane, &settings).await {
                    tracing::info!(was = %lane.address(), "the master has changed");
                    lane.close();
                }
            });
        }
    }

    /// Whether the connection is to the master, as far as anybody knows.
    async fn stand_by(&self, lane: &Lane, settings: &Settings) -> bool {
        let Ok(told) = self.ask().await else { return true };
        if told.master == *lane.address() {
            return !settings.epoch || lane.is_unchanged(settings).await;
        }
        // Not at the word of one who may have been cut off: the other one must agree.
        let replaced = Lane::dial(&told.master, settings).await.is_ok();
        if !replaced {
            self.put_last(&told.by);
        }
        !replaced
    }

    /// Asks one after the other, without waiting for one that is silent, until one knows.
    async fn ask(&self) -> Result<Told> {
        let sentinels = self.state().order.clone().into_iter().map(|sentinel| {
            // If this is given up, the next time begins with another one.
            self.put_last(&sentinel);
            async move { Ok(Told { master: self.ask_one(&sentinel).await?, by: sentinel }) }
        });
        let told = hedge::first(sentinels).await.map_err(|troubles| self.nobody(&troubles))?;
        self.put_first(&told.by);
        Ok(told)
    }

    async fn ask_one(&self, sentinel: &Address) -> Result<Address> {
        let limit = Deadline::after(self.settings.connect_timeout);
        let answer = limit.bound(async { Ok(question::ask(sentinel, &self.settings, &self.master).await) }).await;
        answer.unwrap_or_else(|_late| Err(error::late(sentinel)))
    }

    /// Why the master is not known.
    fn nobody(&self, troubles: &[Error]) -> Error {
        // What passes by itself is worth trying again; if one may yet answer, so may all.
        let passing = troubles.iter().any(|trouble| trouble.kind() == ErrorKind::Unavailable);
        let kind = if passing { ErrorKind::Unavailable } else { ErrorKind::Refused };
        let troubles = troubles.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Error::new(kind, format!("no Sentinel tells where the master {:?} is: {troubles}", self.master))
    }

    fn put_first(&self, sentinel: &Address) {
        self.state().put(sentinel, 0);
    }

    fn put_last(&self, sentinel: &Address) {
        self.state().put(sentinel, usize::MAX);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn put(&mut self, sentinel: &Address, place: usize) {
        if let Some(at) = self.order.iter().position(|other| other == sentinel) {
            let sentinel = self.order.remove(at);
            self.order.insert(place.min(self.order.len()), sentinel);
        }
    }
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        if let Some(told) = &state.told {
            return told.fmt(f);
        }
        let sentinels = state.order.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "{:?} (the Sentinels at {sentinels} have not yet told where that is)", self.master)
    }
}

impl fmt::Debug for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { order, told } = &*self.state();
        f.debug_struct("Sentinels")
            .field("master", &self.master)
            .field("order", order)
            .field("told", told)
            .finish_non_exhaustive()
    }
}
