//! The first words on a connection.

use std::{collections::HashMap, io};

use easycache_core::{Error, Result};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    facts::Facts,
    line::{Ended, Line},
    parse::Garbled,
};
use crate::{config::Address, error};

/// What is asked first. The last shows whether there are meta commands, and is where the answers end. The word behind it
/// says nothing to the server: but without a login, versions from 1.6.44 on hang up on a line of less than six bytes, and
/// nobody hears why.
const QUESTIONS: &[u8] = b"version\r\nstats\r\nstats settings\r\nmn easycache\r\n";

/// More than any server tells about itself.
const LINES: usize = 2000;

pub(super) async fn open(address: &Address) -> Result<TcpStream> {
    let opened = async {
        let stream = TcpStream::connect((address.host(), address.port())).await?;
        // Or small requests would wait for the acknowledgement of those before.
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    opened.await.map_err(|error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::ConnectionRefused => "; see that it runs, and that host and port are right",
            _ => "",
        };
        error::unreachable(address, format_args!("{error}{advice}"))
    })
}

/// Asks the server about itself; an error if it is none that will do.
pub(super) async fn prepare(
    line: &mut Line<impl AsyncRead + Unpin>,
    to: &mut (impl AsyncWrite + Unpin),
    address: &Address,
) -> Result<Facts> {
    let broken = |error: io::Error| error::unreachable(address, format_args!("the connection broke: {error}"));
    to.write_all(QUESTIONS).await.map_err(broken)?;
    let (mut version, mut stats) = (String::new(), HashMap::new());
    for _ in 0..LINES {
        let text = line.text().await.map_err(|ended| match ended {
            Ended::Io(error) => broken(error),
            Ended::Garbled(Garbled(what)) => error::garbled(address, what),
        })?;
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("MN", "") => return Facts::new(address, &version, &stats),
            ("VERSION", number) => number.clone_into(&mut version),
            ("STAT", rest) => {
                let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
                stats.insert(name.to_owned(), value.to_owned());
            }
            ("END", "") => {}
            // It comes instead of `MN`, where there are no meta commands.
            ("ERROR", "") if !version.is_empty() => return Err(without_meta(address, &version, &stats)),
            _ => return Err(unexpected(address, &text)),
        }
    }
    Err(error::garbled(address, "it tells more about itself than memcached does"))
}

fn without_meta(address: &Address, version: &str, stats: &HashMap<String, String>) -> Error {
    match Facts::new(address, version, stats) {
        Err(error) => error,
        Ok(_) => error::refused(address, "has no meta commands: upgrade it to 1.6.10 at least"),
    }
}

fn unexpected(address: &Address, text: &str) -> Error {
    if text.contains("unauthenticated") {
        return error::refused(address, "asks for a login, which easycache does not do: start it without -Y");
    }
    error::garbled(address, text.chars().take(80).collect::<String>().escape_debug())
}
