//! The stream of bytes below a connection: TCP, or TLS on it.

use std::io;

use easycache_core::Result;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::{
    config::{Address, Settings},
    error,
};

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(super) async fn open(address: &Address, settings: &Settings) -> Result<Box<dyn Stream>> {
    let tcp = tcp(address).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::ConnectionRefused => "; see that it runs, and that host and port are right",
            _ => "",
        };
        error::unreachable(address, format_args!("{error}{advice}"))
    })?;
    match &settings.tls {
        None => Ok(Box::new(tcp)),
        Some(tls) => tls.wrap(tcp, address).await,
    }
}

async fn tcp(address: &Address) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((address.host(), address.port())).await?;
    // Or small requests would wait for the acknowledgement of those before.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What to say when nothing has come back in the time for connecting.
pub(super) fn silence(settings: &Settings) -> impl std::fmt::Display {
    let limit = humantime::format_duration(settings.connect_timeout);
    let hint = if settings.tls.is_some() { " (does that port speak TLS?)" } else { "" };
    format!("no connection within {limit}{hint}")
}
