//! All servers, and what is sent to them at once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use easycache_core::{Deadline, Error, Result, net::How};
use futures_util::future::join_all;

use crate::{
    config::{Address, MemcachedConfig},
    error,
    grant::Permit,
    key::Key,
    lane::{Answer, Command, Verb, Wave},
    node::{Node, Server},
    reply::{Item, Reply},
    ring::Ring,
};

/// The servers, each with its part of the names. None takes over for another.
#[derive(Debug)]
pub(crate) struct Fleet {
    nodes: Vec<Node>,
    ring: Ring,
}

impl Fleet {
    pub(crate) fn new(config: &MemcachedConfig) -> Self {
        let node = |address: &Address| Node::new(Server::new(address.clone(), config.connect_timeout));
        Self {
            nodes: config.servers.iter().map(node).collect(),
            ring: Ring::new(config.servers.iter().map(ToString::to_string)),
        }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Commands that will be sent together.
    pub(crate) fn volley(&self) -> Volley<'_> {
        Volley { fleet: self, waves: self.nodes.iter().map(|_| Vec::new()).collect(), looks: HashMap::new() }
    }

    /// Sends what is for one server.
    async fn ask(&self, number: usize, wave: Wave, how: How, deadline: Deadline) -> (usize, Result<Answer>) {
        (number, self.nodes[number].ask(|| Arc::clone(&wave), how, deadline).await)
    }

    fn address(&self, node: usize) -> &Address {
        self.nodes[node].server().address()
    }
}

/// Commands for all servers that are sent at once: one round trip, however many servers there are.
pub(crate) struct Volley<'a> {
    fleet: &'a Fleet,
    waves: Vec<Vec<Command>>,
    /// The stamps that are looked at, each once.
    looks: HashMap<&'a str, Place>,
}

/// Where the answer to a command will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    node: usize,
    at: usize,
}

impl<'a> Volley<'a> {
    /// Adds a command about what has that name.
    pub(crate) fn push(&mut self, name: &str, verb: Verb) -> Place {
        self.add(name, Command::new(Key::of(name), verb))
    }

    /// Adds one that is about a lease.
    pub(crate) fn push_under(&mut self, permit: Permit, name: &str, verb: Verb) -> Place {
        self.add(name, Command::new(Key::of(name), verb).under(permit))
    }

    /// Looks at a stamp, unless that is done already.
    pub(crate) fn look(&mut self, stamp: &'a str) -> Place {
        match self.looks.entry(stamp) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let node = self.fleet.ring.home(stamp);
                let wave = &mut self.waves[node];
                wave.push(Command::new(Key::of(stamp), Verb::Look("v")));
                *unknown.insert(Place { node, at: wave.len() - 1 })
            }
        }
    }

    fn add(&mut self, name: &str, command: Command) -> Place {
        let node = self.fleet.ring.home(name);
        let wave = &mut self.waves[node];
        wave.push(command);
        Place { node, at: wave.len() - 1 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waves.iter().all(Vec::is_empty)
    }

    /// Sends them all, and waits for all answers. A server that does not answer spoils its own part.
    pub(crate) async fn send(self, how: How, deadline: Deadline) -> Answers<'a> {
        let mut asked = Vec::with_capacity(self.waves.len());
        for (number, wave) in self.waves.into_iter().enumerate().filter(|(_, wave)| !wave.is_empty()) {
            asked.push(self.fleet.ask(number, wave.into(), how, deadline));
        }
        let mut by_node = self.fleet.nodes.iter().map(|_| None).collect::<Vec<_>>();
        for (number, answer) in join_all(asked).await {
            by_node[number] = Some(answer);
        }
        Answers { fleet: self.fleet, by_node }
    }
}

/// What the servers have answered.
pub(crate) struct Answers<'a> {
    fleet: &'a Fleet,
    by_node: Vec<Option<Result<Answer>>>,
}

impl Answers<'_> {
    /// The answer to one command.
    pub(crate) fn reply(&self, place: Place) -> Result<&Reply> {
        match self.answer(place)?.replies.get(place.at) {
            Some(Reply::Refused(refusal)) => Err(error::replied(self.address(place), refusal)),
            Some(reply) => Ok(reply),
            None => Err(error::garbled(self.address(place), "answers are missing")),
        }
    }

    /// The item that one was about, if there is one.
    pub(crate) fn item(&self, place: Place) -> Result<Option<&Item>> {
        match self.reply(place)? {
            Reply::Done(item) => Ok(Some(item)),
            Reply::Absent => Ok(None),
            other => Err(self.odd(place, other)),
        }
    }

    /// What the server's clock says, in seconds since 1970, if it was asked for its stats.
    pub(crate) fn time(&self, place: Place) -> Result<u64> {
        let time = match self.reply(place)? {
            Reply::Stats(told) => {
                told.iter().find(|(name, _)| &**name == "time").and_then(|(_, time)| time.parse().ok())
            }
            other => return Err(self.odd(place, other)),
        };
        time.ok_or_else(|| error::garbled(self.address(place), "its stats do not tell time; is it a proxy?"))
    }

    /// What leases that were granted there may be used on.
    pub(crate) fn permit(&self, place: Place) -> Permit {
        self.answer(place).map_or_else(|_| Permit::default(), |answer| answer.permit)
    }

    /// The same as [`item`](Self::item), for a command that is about a lease, and is not sent where there can be none.
    pub(crate) fn looked(&self, place: Place) -> Result<Option<&Item>> {
        match self.reply(place)? {
            Reply::Nothing => Ok(None),
            _ => self.item(place),
        }
    }

    /// The state of an item that was stored to stand for a lease; none if the lease was not there any more.
    pub(crate) fn held(&self, place: Place) -> Result<Option<u64>> {
        match self.reply(place)? {
            Reply::Done(item) => Ok(Some(item.cas)),
            Reply::Exists | Reply::Absent | Reply::NotStored | Reply::Nothing => Ok(None),
            Reply::Refused(refusal) => Err(error::replied(self.address(place), refusal)),
            odd @ Reply::Stats(_) => Err(self.odd(place, odd)),
        }
    }

    /// The answer to one command, whatever it is.
    pub(crate) fn raw(&self, place: Place) -> Result<Option<&Reply>> {
        self.answer(place).map(|answer| answer.replies.get(place.at))
    }

    /// The error that the answer is.
    pub(crate) fn refusal(&self, place: Place) -> Error {
        match self.reply(place) {
            Ok(reply) => self.odd(place, reply),
            Err(error) => error,
        }
    }

    /// The error that an answer is none that the command has.
    pub(crate) fn odd(&self, place: Place, reply: &Reply) -> Error {
        error::garbled(self.address(place), format_args!("unexpected {reply:?}"))
    }

    pub(crate) fn address(&self, place: Place) -> &Address {
        self.fleet.address(place.node)
    }

    fn answer(&self, place: Place) -> Result<&Answer> {
        match &self.by_node[place.node] {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(error.clone()),
            None => Err(error::garbled(self.address(place), "nothing was asked")),
        }
    }
}
