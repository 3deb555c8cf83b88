//! One server: its connections, and whether it is worth asking.

mod breaker;
mod lanes;

use std::sync::Arc;

use easycache_core::{Deadline, Error, Result, SystemClock, Version};

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

/// A server at one address. It answers waves of commands.
#[derive(Debug)]
pub(crate) struct Node {
    address: Address,
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
    /// Once more if the connection breaks: doing it twice is as good as once.
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
    pub(crate) fn new(address: Address, settings: Arc<Settings>) -> Self {
        let breaker = Breaker::new(Arc::new(SystemClock));
        Self { address, settings, breaker, shared: Lanes::default(), waiting: Lanes::default() }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// How its connections are made.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Sends the commands in one round trip. Each has a reply; an error is that of all of them.
    pub(crate) async fn ask(&self, wave: &Wave, how: How, deadline: Deadline) -> Result<Answer> {
        if deadline.left().is_zero() {
            // It says nothing about the server that somebody else has used up the time.
            return Err(error::late(&self.address));
        }
        let pass = self.breaker.pass()?;
        let mut used = None;
        let answered = deadline.bound(async { Ok(self.attempt(wave, how, &pass, &mut used).await) }).await;
        match answered {
            Ok(Ok(answer)) => {
                self.succeeded(pass);
                Ok(answer)
            }
            Ok(Err(Failure::NoLane(error))) => Err(self.failed(pass, error)),
            Ok(Err(Failure::GivenUp(error))) => Err(error),
            Ok(Err(Failure::Broken(broken))) => Err(broken.into_error(&self.address)),
            Err(_late) => {
                if let Some(lane) = used {
                    lane.close();
                }
                Err(self.failed(pass, error::late(&self.address)))
            }
        }
    }

    fn succeeded(&self, pass: Pass<'_>) {
        if pass.succeeded() {
            tracing::info!(server = %self.address, "the server answers again");
        }
    }

    fn failed(&self, pass: Pass<'_>, error: Error) -> Error {
        if pass.failed(&error) {
            tracing::warn!(server = %self.address, %error, "the server is left alone for a while");
        }
        error
    }

    async fn attempt(
        &self,
        wave: &Wave,
        how: How,
        pass: &Pass<'_>,
        used: &mut Option<Arc<Lane>>,
    ) -> Result<Answer, Failure> {
        match self.once(wave, how, used).await {
            Err(Failure::Broken(_)) if how != How::Once => {
                // It may be broken because somebody else has closed it: his deadline was missed.
                pass.again().map_err(Failure::GivenUp)?;
                self.once(wave, how, used).await
            }
            done => done,
        }
    }

    async fn once(&self, wave: &Wave, how: How, used: &mut Option<Arc<Lane>>) -> Result<Answer, Failure> {
        let lanes = if how == How::Waiting { &self.waiting } else { &self.shared };
        let lane = lanes.get(&self.address, &self.settings).await.map_err(Failure::NoLane)?;
        let lane = used.insert(lane);
        match lane.ask(wave).await {
            Ok(replies) if replies.len() == wave.len() => Ok(Answer { replies, epoch: lane.epoch() }),
            Ok(_) => {
                lane.close();
                Err(Failure::NoLane(error::garbled(&self.address, "answers are missing")))
            }
            Err(broken) => {
                lane.close();
                Err(Failure::Broken(broken))
            }
        }
    }
}
