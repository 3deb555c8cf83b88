//! One server: its connections, and whether it is worth asking.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use super::{
    breaker::{Breaker, Pass},
    lanes::Lanes,
};
use crate::{
    backend::{Deadline, NodeState},
    clock::SystemClock,
    error::{Error, Result},
};

/// Somebody who had less time than this and got no answer has not learned anything about the server.
const TELLING: Duration = Duration::from_millis(10);

/// A connection to a server that any number of tasks share. Its driver belongs to the runtime that has dialled it: if it
/// ran elsewhere, each answer would have to wake a thread.
pub trait Lane: fmt::Debug + Send + Sync + 'static {
    /// Commands that are sent together.
    type Wave: Send + Sync;
    /// The answers to all of them.
    type Answer: Send;

    /// Sends the commands, and waits for the answers: one round trip.
    fn ask(&self, wave: &Self::Wave) -> impl Future<Output = Result<Self::Answer, Broken>> + Send;

    /// Whether it has ended.
    fn is_closed(&self) -> bool;

    /// Ends it. Whoever waits for an answer gets an error.
    fn close(&self);
}

/// How a server is reached. Its name is how it is called in the log.
pub trait Server: fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// A connection to it.
    type Lane: Lane;

    /// Connects, and makes sure that the server is one that will do.
    fn dial(&self) -> impl Future<Output = Result<Self::Lane>> + Send;

    /// Called whenever a connection is used: to make sure, in the background, that it still leads where it should. One that
    /// does not is to be closed.
    fn look_after(&self, _lane: &Arc<Self::Lane>) {}

    /// The error, of kind [`Unavailable`](crate::ErrorKind::Unavailable), that it has not answered by the deadline.
    fn late(&self) -> Error;
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum Broken {
    /// The connection has ended; whether the server has done anything is not known.
    Connection(Error),
    /// The server answers, but not as it should: it is left alone for a while.
    Server(Error),
}

/// How a wave is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Once. If the connection breaks, it may have been done.
    Once,
    /// Once more if the connection breaks, for doing it twice is as good as once. The wave is made anew: the first may
    /// have been done, or be done later, so that no version and no token in it may be written a second time.
    Again,
    /// Likewise, on a connection of its own for commands that wait at the server, and hold up whatever comes behind them.
    Waiting,
    /// On a connection of its own for what may take long because it is large. A deadline that is missed there closes that
    /// connection, and keeps others from using that one: nothing follows for the rest.
    Data {
        /// As [`Again`](Self::Again), otherwise as [`Once`](Self::Once).
        again: bool,
    },
}

impl How {
    /// Whether a wave is sent once more if the connection breaks.
    #[must_use]
    pub const fn repeats(self) -> bool {
        !matches!(self, Self::Once | Self::Data { again: false })
    }

    const fn is_data(self) -> bool {
        matches!(self, Self::Data { .. })
    }
}

/// A server. It answers waves of commands.
///
/// A connection that breaks is made anew by the next who asks. The first missed deadline closes the connection, and from
/// then on callers get that error at once for 50 ms, then for twice as long each time up to a second. What is sent as
/// [`Data`](How::Data) has its own connection, and is kept from it by its own missed deadlines alone.
#[derive(Debug)]
pub struct Node<S: Server> {
    server: S,
    /// For what is shared and what waits.
    breaker: Breaker,
    /// What everything goes through.
    shared: Lanes<S::Lane>,
    /// What waits at the server.
    waiting: Lanes<S::Lane>,
    /// What is large.
    data: Lanes<S::Lane>,
    data_breaker: Breaker,
}

type Wave<S> = <<S as Server>::Lane as Lane>::Wave;
type Answer<S> = <<S as Server>::Lane as Lane>::Answer;

/// Why a wave has no answer.
enum Failure {
    /// No connection could be had, or none that is of use.
    NoLane(Error),
    /// The connection broke.
    Broken(Error),
    /// Others have found out meanwhile that the server does not answer.
    GivenUp(Error),
}

impl<S: Server> Node<S> {
    /// That server. It is dialled when it is first asked.
    pub fn new(server: S) -> Self {
        let [breaker, data_breaker] = [(); 2].map(|()| Breaker::new(Arc::new(SystemClock)));
        let [shared, waiting, data] = [(); 3].map(|()| Lanes::default());
        Self { server, breaker, shared, waiting, data, data_breaker }
    }

    /// The server.
    pub fn server(&self) -> &S {
        &self.server
    }

    /// Whether there is a connection in this runtime, and nothing speaks against using it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn is_connected(&self) -> bool {
        !self.breaker.is_open() && self.shared.is_connected()
    }

    /// Whether somebody who asked now would be let through.
    pub fn may_be_asked(&self) -> bool {
        self.breaker.lets_through()
    }

    /// Sends commands in one round trip. `make` is called just before they are sent, each time.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time enabled.
    pub async fn ask(&self, make: impl FnMut() -> Wave<S> + Send, how: How, deadline: Deadline) -> Result<Answer<S>> {
        let patience = deadline.left();
        if patience.is_zero() {
            return Err(self.server.late());
        }
        let breaker = if how.is_data() { &self.data_breaker } else { &self.breaker };
        let pass = breaker.pass()?;
        let mut used = None;
        let answered = {
            let mut work = pin!(self.attempt(make, how, &pass, &mut used));
            match deadline.bound(async { Ok(work.as_mut().await) }).await {
                Ok(done) => Some(done),
                Err(_late) => grace(work).await,
            }
        };
        match answered {
            Some(Ok(answer)) => {
                self.succeeded(pass, how);
                Ok(answer)
            }
            Some(Err(Failure::NoLane(error))) => Err(self.failed(pass, how, error)),
            Some(Err(Failure::GivenUp(error) | Failure::Broken(error))) => Err(error),
            None if patience < TELLING => Err(self.server.late()),
            None => {
                if let Some(lane) = used {
                    lane.close();
                }
                Err(self.failed(pass, how, self.server.late()))
            }
        }
    }

    /// How it is, and what it has answered if it has; for [`Backend::status`](crate::Backend::status). One that is left
    /// alone at the moment is not asked. What is sent must not matter: without a connection it is sent twice, so that the
    /// second time tells how long an answer takes.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with time enabled.
    pub async fn look(
        &self,
        mut make: impl FnMut() -> Wave<S> + Send,
        deadline: Deadline,
    ) -> (NodeState, Option<Answer<S>>) {
        if let Some((error, left)) = self.breaker.rests() {
            return (NodeState::Resting { error, left }, None);
        }
        if !self.is_connected()
            && let Err(error) = self.ask(&mut make, How::Again, deadline).await
        {
            return (NodeState::Down { error }, None);
        }
        let before = deadline.left();
        match self.ask(&mut make, How::Again, deadline).await {
            Ok(answer) => {
                let round_trip = before.saturating_sub(deadline.left());
                (NodeState::Up { round_trip }, Some(answer))
            }
            Err(error) => (NodeState::Down { error }, None),
        }
    }

    fn succeeded(&self, pass: Pass<'_>, how: How) {
        if pass.succeeded() {
            tracing::info!(server = %self.server, data = how.is_data(), "the server answers again");
        }
    }

    fn failed(&self, pass: Pass<'_>, how: How, error: Error) -> Error {
        if pass.failed(&error) {
            tracing::warn!(server = %self.server, data = how.is_data(), %error, "the server is left alone for a while");
        }
        error
    }

    async fn attempt(
        &self,
        mut make: impl FnMut() -> Wave<S> + Send,
        how: How,
        pass: &Pass<'_>,
        used: &mut Option<Arc<S::Lane>>,
    ) -> Result<Answer<S>, Failure> {
        match self.once(&mut make, how, used).await {
            Err(Failure::Broken(_)) if how.repeats() => {
                // It may be broken because somebody else has closed it: his deadline was missed.
                pass.again().map_err(Failure::GivenUp)?;
                Box::pin(self.once(&mut make, how, used)).await
            }
            done => done,
        }
    }

    async fn once(
        &self,
        make: &mut (impl FnMut() -> Wave<S> + Send),
        how: How,
        used: &mut Option<Arc<S::Lane>>,
    ) -> Result<Answer<S>, Failure> {
        let lanes = match how {
            How::Once | How::Again => &self.shared,
            How::Waiting => &self.waiting,
            How::Data { .. } => &self.data,
        };
        let lane = lanes.get(|| self.server.dial()).await.map_err(Failure::NoLane)?;
        let lane = used.insert(lane);
        self.server.look_after(lane);
        let wave = make();
        lane.ask(&wave).await.map_err(|broken| {
            lane.close();
            match broken {
                Broken::Connection(error) => Failure::Broken(error),
                Broken::Server(error) => Failure::NoLane(error),
            }
        })
    }
}

/// What has come of `work` if it can be had without waiting. When a deadline has passed because this runtime was busy
/// with something else, the answer may be there, and nobody has had the time to look.
pub async fn grace<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    for _ in 0..3 {
        tokio::task::yield_now().await;
        if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
            return Some(done);
        }
    }
    None
}
