//! In the place of encryption, where that is not built in.

use std::{convert::Infallible, path::Path};

use easycache_core::Result;
use tokio::net::TcpStream;

use super::stream::Stream;
use crate::{config::Address, error};

/// There is none.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Infallible);

impl Tls {
    pub(crate) fn new(_: Option<&Path>) -> Result<Self> {
        let message = "encrypted connections are not built in: enable the feature `rustls`";
        Err(error::invalid(message))
    }

    #[expect(clippy::unused_async, reason = "the same signature as with the feature")]
    pub(super) async fn wrap(&self, _: TcpStream, _: &Address) -> Result<Box<dyn Stream>> {
        match self.0 {}
    }
}
