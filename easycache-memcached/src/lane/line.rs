//! What comes in on a connection.

use std::{io, sync::Arc};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::{mpsc, oneshot},
};

use super::{
    Command, Facts, Request, Verb,
    parse::{self, Garbled, Parsed},
};
use crate::{key::Key, reply::Reply};

/// So many bytes are read at once, at least.
const CHUNK: usize = 8 << 10;

/// The bytes that have come and are not understood yet.
#[derive(Debug)]
pub(super) struct Line<R> {
    from: R,
    buffer: BytesMut,
}

/// A lease that was asked for by somebody who may not wait for it any more.
#[derive(Debug)]
pub(super) struct Abandoned {
    /// Which of the answers tells whether it was granted.
    pub(super) place: usize,
    pub(super) key: Key,
}

/// Why nothing more comes.
#[derive(Debug)]
pub(super) enum Ended {
    Io(io::Error),
    Garbled(Garbled),
}

impl<R: AsyncRead + Unpin> Line<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: BytesMut::new() }
    }

    /// The next line, for answers of several lines.
    pub(super) async fn text(&mut self) -> Result<String, Ended> {
        loop {
            if let Some(line) = parse::line(&mut self.buffer).map_err(Ended::Garbled)? {
                return Ok(line);
            }
            self.more(1).await?;
        }
    }

    async fn reply(&mut self, limit: usize) -> Result<Reply, Ended> {
        loop {
            match parse::reply(&mut self.buffer, limit).map_err(Ended::Garbled)? {
                Parsed::Reply(reply) => return Ok(reply),
                Parsed::Incomplete(missing) => self.more(missing).await?,
            }
        }
    }

    async fn more(&mut self, missing: usize) -> Result<(), Ended> {
        self.buffer.reserve(missing.max(CHUNK));
        match self.from.read_buf(&mut self.buffer).await {
            Ok(0) => Err(Ended::Io(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(error) => Err(Ended::Io(error)),
        }
    }

    /// Gives everybody his answers, until the connection ends. No value is longer than the server takes.
    pub(super) async fn read_all(
        mut self,
        mut awaited: mpsc::UnboundedReceiver<Request>,
        requests: mpsc::WeakSender<Request>,
        facts: Arc<Facts>,
    ) {
        while let Some(request) = awaited.recv().await {
            let mut replies = Vec::with_capacity(request.replies);
            for _ in 0..request.replies {
                match self.reply(facts.largest_item).await {
                    Ok(reply) => replies.push(reply),
                    Err(Ended::Garbled(Garbled(what))) => {
                        tracing::warn!(%what, "memcached does not answer as it should: the connection is closed");
                        return;
                    }
                    Err(Ended::Io(_)) => return,
                }
            }
            if let Err(unclaimed) = request.caller.send(replies) {
                end(&request.leases, &unclaimed, &requests, &facts);
            }
        }
    }
}

/// Ends the leases that were granted to somebody who has gone away: others would wait for them until their time is over.
fn end(leases: &[Abandoned], replies: &[Reply], requests: &mpsc::WeakSender<Request>, facts: &Facts) {
    let granted = leases.iter().filter_map(|lease| match replies.get(lease.place) {
        Some(Reply::Done(item)) if item.won => Some((lease, item)),
        _ => None,
    });
    let ending = granted.map(|(lease, item)| {
        let verb = if item.stale {
            // There is a value still. It is as it was, but for others who may compute it.
            Verb::Outdate { cas: Some(item.cas), seconds: None }
        } else {
            Verb::Delete { cas: Some(item.cas) }
        };
        Command::new(lease.key.clone(), verb)
    });
    let ending = ending.collect::<Vec<_>>();
    let Some(requests) = requests.upgrade().filter(|_| !ending.is_empty()) else { return };
    let mut bytes = BytesMut::new();
    for command in &ending {
        command.write(&mut bytes, facts);
    }
    let (caller, _nobody) = oneshot::channel();
    // If there is no room for it, they end by themselves.
    let _full = requests.try_send(Request { bytes, replies: ending.len(), caller, leases: Vec::new() });
}
