//! One server.

use std::{fmt, time::Duration};

use easycache_core::{Error, Result, net};

use crate::{config::Address, error, lane::Lane};

/// A server at one address, and its connections.
pub(crate) type Node = net::Node<Server>;

/// How a server is reached.
#[derive(Debug)]
pub(crate) struct Server {
    address: Address,
    connect_timeout: Duration,
}

impl Server {
    pub(crate) fn new(address: Address, connect_timeout: Duration) -> Self {
        Self { address, connect_timeout }
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }
}

impl net::Server for Server {
    type Lane = Lane;

    async fn dial(&self) -> Result<Lane> {
        Lane::dial(&self.address, self.connect_timeout).await
    }

    fn late(&self) -> Error {
        error::late(&self.address)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
