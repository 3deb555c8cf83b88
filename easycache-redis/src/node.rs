//! One server.

mod whereabouts;

use std::{fmt, sync::Arc};

use easycache_core::{
    Deadline, Error, NodeState, Result, Version,
    net::{self, Broken},
};

pub(crate) use self::whereabouts::Whereabouts;
use crate::{
    config::{Address, Settings},
    error,
    lane::{Lane, Wave},
    reply::Reply,
};
pub(crate) use net::How;

/// A server, and its connections. It answers waves of commands.
#[derive(Debug)]
pub(crate) struct Node(net::Node<Server>);

/// How a server is reached.
#[derive(Debug)]
pub(crate) struct Server {
    whereabouts: Whereabouts,
    settings: Arc<Settings>,
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

impl Node {
    pub(crate) fn new(whereabouts: impl Into<Whereabouts>, settings: Arc<Settings>) -> Self {
        Self(net::Node::new(Server { whereabouts: whereabouts.into(), settings }))
    }

    /// Where it is, as far as that is known.
    pub(crate) fn whereabouts(&self) -> &Whereabouts {
        &self.0.server().whereabouts
    }

    /// How its connections are made.
    pub(crate) fn settings(&self) -> &Settings {
        &self.0.server().settings
    }

    /// Whether there is a connection in this runtime, and nothing speaks against using it.
    pub(crate) fn is_connected(&self) -> bool {
        self.0.is_connected()
    }

    /// Whether somebody who asked now would be let through.
    pub(crate) fn may_be_asked(&self) -> bool {
        self.0.may_be_asked()
    }

    /// Sends commands in one round trip. Each has a reply; an error is that of all of them.
    ///
    /// `make` is called just before they are sent, each time.
    pub(crate) async fn ask(&self, make: impl FnMut() -> Wave + Send, how: How, deadline: Deadline) -> Result<Answer> {
        self.0.ask(make, how, deadline).await
    }
}

impl Node {
    /// How it is, and what it has answered if it has.
    pub(crate) async fn look(
        &self,
        make: impl FnMut() -> Wave + Send,
        deadline: Deadline,
    ) -> (NodeState, Option<Answer>) {
        self.0.look(make, deadline).await
    }
}

impl net::Server for Server {
    type Lane = Lane;

    async fn dial(&self) -> Result<Lane> {
        self.whereabouts.connect(&self.settings).await
    }

    fn look_after(&self, lane: &Arc<Lane>) {
        self.whereabouts.look_after(lane, &self.settings);
    }

    fn late(&self) -> Error {
        error::late(&self.whereabouts)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whereabouts.fmt(f)
    }
}

impl net::Lane for Lane {
    type Wave = Wave;
    type Answer = Answer;

    async fn ask(&self, wave: &Wave) -> Result<Answer, Broken> {
        match Self::ask(self, wave).await {
            Ok(replies) if replies.len() == wave.len() => {
                if replies.iter().any(is_readonly) {
                    // It has become a replica: what is read there from now on may be old. The next connection looks.
                    Self::close(self);
                }
                Ok(Answer { replies, epoch: self.epoch(), address: self.address().clone() })
            }
            Ok(_) => Err(Broken::Server(error::garbled(self.address(), "answers are missing"))),
            Err(broken) => Err(Broken::Connection(broken.into_error(self.address()))),
        }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn close(&self) {
        Self::close(self);
    }
}

fn is_readonly(reply: &Reply) -> bool {
    reply.error().is_some_and(|error| &*error.code == "READONLY")
}
