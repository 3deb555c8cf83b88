//! One server: its connections, and whether it is worth asking.

mod breaker;
mod lanes;
mod whereabouts;

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use easycache_core::{Deadline, Error, Result, SystemClock, Version};

pub(crate) use self::whereabouts::Whereabouts;
use self::{
    breaker::{Breaker, Pass},
    lanes::Lanes,
};
use crate::{
    config::{Address, Settings},
    error,
    lane::{Broken, Lane, Wave},
    reply::Reply,
};

/// Somebody who had less time than this and got no answer has not learned anything about the server.
const TELLING: Duration = Duration::from_millis(10);

/// A server. It answers waves of commands.
#[derive(Debug)]
pub(crate) struct Node {
    whereabouts: Whereabouts,
    settings: Arc<Settings>,
    breaker: Breaker,
    /// What everything goes through.
    shared: Lanes,
    /// What waits at the server, and holds up whatever comes behind it.
    waiting: Lanes,
}

/// How a wave is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Once. If the connection breaks, it may have been done.
    Once,
    /// Once more if the connection breaks, for doing it twice is as good as once. The wave is made anew: the first may
    /// have been done, or be done later, so that no version and no token in it may be written a second time.
    Again,
    /// Likewise, on a connection for commands that wait at the server.
    Waiting,
}

/// What a server has answered to a wave.
#[derive(Debug)]
pub(crate) struct Answer {
    /// To each command, in their order.
    pub(crate) replies: Vec<Reply>,
    /// What versions read there are folded with.
    pub(crate) epoch: Version,
    /// Who has answered.
    pub(crate) address: Address,
}

/// Why a wave has no answer.
enum Failure {
    /// No connection could be had.
    NoLane(Error),
    /// The connection broke.
    Broken(Broken),
    /// Others have found out meanwhile that the server does not answer.
    GivenUp(Error),
}

impl Node {
    pub(crate) fn new(whereabouts: impl Into<Whereabouts>, settings: Arc<Settings>) -> Self {
        let breaker = Breaker::new(Arc::new(SystemClock));
        Self { whereabouts: whereabouts.into(), settings, breaker, shared: Lanes::default(), waiting: Lanes::default() }
    }

    /// Where it is, as far as that is known.
    pub(crate) fn whereabouts(&self) -> &Whereabouts {
        &self.whereabouts
    }

    /// Whether there is a connection in this runtime, and nothing speaks against using it.
    pub(crate) fn is_connected(&self) -> bool {
        !self.breaker.is_open() && self.shared.is_connected()
    }

    /// Whether somebody who asked now would be let through.
    pub(crate) fn may_be_asked(&self) -> bool {
        self.breaker.lets_through()
    }

    /// How its connections are made.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends commands in one round trip. Each has a reply; an error is that of all of them.
    ///
    /// `make` is called just before they are sent, each time.
    pub(crate) async fn ask(&self, make: impl FnMut() -> Wave + Send, how: How, deadline: Deadline) -> Result<Answer> {
        let patience = deadline.left();
        if patience.is_zero() {
            return Err(error::late(&self.whereabouts));
        }
        let pass = self.breaker.pass()?;
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
                self.succeeded(pass);
                Ok(answer)
            }
            Some(Err(Failure::NoLane(error))) => Err(self.failed(pass, error)),
            Some(Err(Failure::GivenUp(error))) => Err(error),
            Some(Err(Failure::Broken(broken))) => Err(broken.into_error(&self.whereabouts)),
            None if patience < TELLING => Err(error::late(&self.whereabouts)),
            None => {
                if let Some(lane) = used {
                    lane.close();
                }
                Err(self.failed(pass, error::late(&self.whereabouts)))
            }
        }
    }

    fn succeeded(&self, pass: Pass<'_>) {
        if pass.succeeded() {
            tracing::info!(server = %self.whereabouts, "the server answers again");
        }
    }

    fn failed(&self, pass: Pass<'_>, error: Error) -> Error {
        if pass.failed(&error) {
            tracing::warn!(server = %self.whereabouts, %error, "the server is left alone for a while");
        }
        error
    }

    async fn attempt(
        &self,
        mut make: impl FnMut() -> Wave,
        how: How,
        pass: &Pass<'_>,
        used: &mut Option<Arc<Lane>>,
    ) -> Result<Answer, Failure> {
        match self.once(&mut make, how, used).await {
            Err(Failure::Broken(_)) if how != How::Once => {
                // It may be broken because somebody else has closed it: his deadline was missed.
                pass.again().map_err(Failure::GivenUp)?;
                self.once(&mut make, how, used).await
            }
            done => done,
        }
    }

    async fn once(
        &self,
        make: &mut impl FnMut() -> Wave,
        how: How,
        used: &mut Option<Arc<Lane>>,
    ) -> Result<Answer, Failure> {
        let lanes = if how == How::Waiting { &self.waiting } else { &self.shared };
        let lane = lanes.get(&self.whereabouts, &self.settings).await.map_err(Failure::NoLane)?;
        let lane = used.insert(lane);
        self.whereabouts.look_after(lane, &self.settings);
        let wave = make();
        match lane.ask(&wave).await {
            Ok(replies) if replies.len() == wave.len() => {
                if replies.iter().any(is_readonly) {
                    // It has become a replica: what is read there from now on may be old. The next connection looks.
                    lane.close();
                }
                Ok(Answer { replies, epoch: lane.epoch(), address: lane.address().clone() })
            }
            Ok(_) => {
                lane.close();
                Err(Failure::NoLane(error::garbled(&self.whereabouts, "answers are missing")))
            }
            Err(broken) => {
                lane.close();
                Err(Failure::Broken(broken))
            }
        }
    }
}

fn is_readonly(reply: &Reply) -> bool {
    reply.error().is_some_and(|error| &*error.code == "READONLY")
}

/// What has come of `work` if it can be had without waiting. When a deadline has passed because this runtime was busy
/// with something else, the answer may be there, and nobody has had the time to look.
async fn grace<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    for _ in 0..3 {
        tokio::task::yield_now().await;
        if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
            return Some(done);
        }
    }
    None
}
