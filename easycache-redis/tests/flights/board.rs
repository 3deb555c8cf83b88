//! Where processes tell each other what they do: a server beside the one under test.

use std::net::SocketAddr;

use easycache_testkit::server::{RedisServer, Reply, RespClient, until};

/// The board, as whoever looks at it sees it.
#[derive(Debug)]
pub(crate) struct Board {
    address: SocketAddr,
    _server: Option<RedisServer>,
}

impl Board {
    /// None if there is no `redis-server` here.
    pub(crate) fn start() -> Option<Self> {
        let server = RedisServer::start()?;
        Some(Self { address: server.address(), _server: Some(server) })
    }

    pub(crate) const fn at(address: SocketAddr) -> Self {
        Self { address, _server: None }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    fn ask(&self, command: &[&str]) -> Reply {
        let mut client = RespClient::connect(self.address).expect("the board is there");
        client.command(command).expect("the board answers")
    }

    /// Something has happened once more; tells how often it has by now.
    pub(crate) fn count(&self, what: &str) -> u32 {
        self.ask(&["INCR", what]).int().try_into().expect("it happens a few times")
    }

    /// How often it has happened.
    pub(crate) fn number(&self, what: &str) -> u32 {
        match self.ask(&["GET", what]) {
            Reply::Nil => 0,
            number => number.text().parse().expect("it is counted"),
        }
    }

    pub(crate) fn put(&self, what: &str) {
        self.count(what);
    }

    /// Waits until it has happened so often.
    pub(crate) fn wait_for(&self, what: &str, times: u32) {
        until(what, || (self.number(what) >= times).then_some(()));
    }

    /// A caller has got that value.
    pub(crate) fn got(&self, value: u32) {
        self.ask(&["RPUSH", "values", &value.to_string()]);
    }

    /// What all callers have got.
    pub(crate) fn values(&self) -> Vec<String> {
        self.ask(&["LRANGE", "values", "0", "-1"]).array().into_iter().map(Reply::text).collect()
    }
}
