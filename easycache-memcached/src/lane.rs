//! A connection to a server.

mod command;
mod facts;
mod line;
mod parse;
mod setup;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use easycache_core::{
    Deadline, Result,
    net::{self, Broken},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
    task::AbortHandle,
};

use self::{
    command::NOTHING,
    line::{Abandoned, Line},
};
pub(crate) use self::{
    command::{Command, Verb, Wave},
    facts::{Facts, LAST_DATE, lease_seconds},
};
use crate::{config::Address, error, grant::Permit, reply::Reply};

/// As many requests can wait to be written before callers do.
const WAITING: usize = 512;

/// Counts the moments when a connection was made, and those when something was sent: the later has the larger number.
static MOMENTS: AtomicU64 = AtomicU64::new(1);

fn moment() -> u64 {
    MOMENTS.fetch_add(1, Ordering::SeqCst)
}

/// A connection that any number of tasks of one runtime share: what they ask is written one after the other, and
/// answered in that order.
#[derive(Debug)]
pub(crate) struct Lane {
    address: Address,
    requests: mpsc::Sender<Request>,
    tasks: [AbortHandle; 2],
    /// Set at once when it is closed: its tasks take a moment to end.
    closed: AtomicBool,
    facts: Arc<Facts>,
    /// When it was made.
    since: u64,
}

/// What is to be written, and who waits for how many answers.
#[derive(Debug)]
struct Request {
    bytes: BytesMut,
    replies: usize,
    caller: oneshot::Sender<Vec<Reply>>,
    /// Leases that may be granted: they are ended if nobody waits any more.
    leases: Vec<Abandoned>,
}

/// What a server has answered to a wave.
#[derive(Debug)]
pub(crate) struct Answer {
    /// To each command, in their order.
    pub(crate) replies: Vec<Reply>,
    /// What leases that were granted there may be used on.
    pub(crate) permit: Permit,
    /// What is known of the server.
    pub(crate) facts: Arc<Facts>,
}

impl Lane {
    /// Connects, and makes sure that the server is one that will do.
    pub(crate) async fn dial(address: &Address, connect_timeout: Duration) -> Result<Self> {
        let limit = Deadline::after(connect_timeout);
        let dialled = limit.bound(async { Ok(Self::connect(address).await) }).await;
        dialled.unwrap_or_else(|_late| {
            let limit = humantime::format_duration(connect_timeout);
            Err(error::unreachable(address, format_args!("no connection within {limit}")))
        })
    }

    async fn connect(address: &Address) -> Result<Self> {
        let stream = setup::open(address).await?;
        let (from, mut to) = stream.into_split();
        let mut line = Line::new(from);
        let facts = Arc::new(setup::prepare(&mut line, &mut to, address).await?);
        Ok(Self::start(address, line, to, facts))
    }

    fn start(
        address: &Address,
        line: Line<impl AsyncRead + Unpin + Send + 'static>,
        to: impl AsyncWrite + Unpin + Send + 'static,
        facts: Arc<Facts>,
    ) -> Self {
        let (requests, received) = mpsc::channel(WAITING);
        let (awaited, to_read) = mpsc::unbounded_channel();
        let reading = tokio::spawn(line.read_all(to_read, requests.downgrade(), Arc::clone(&facts)));
        let writing = tokio::spawn(write_all(received, awaited, to, reading.abort_handle()));
        let tasks = [writing.abort_handle(), reading.abort_handle()];
        let closed = AtomicBool::new(false);
        Self { address: address.clone(), requests, tasks, closed, facts, since: moment() }
    }

    /// Whether what a lease permits may be done here: the server is the same that has granted it, and has not been
    /// restarted since. That it is if the connection was there before the lease was, or if it is the same run.
    fn allows(&self, permit: &Permit) -> bool {
        self.since < permit.sent || (permit.is_settled && self.facts.boot == permit.boot)
    }

    fn request(&self, wave: &Wave, caller: oneshot::Sender<Vec<Reply>>) -> Request {
        let mut bytes = BytesMut::with_capacity(wave.iter().map(Command::size).sum());
        let mut leases = Vec::new();
        for (place, command) in wave.iter().enumerate() {
            match &command.permit {
                // It would be about something else now. Others keep their places.
                Some(permit) if !self.allows(permit) => bytes.extend_from_slice(NOTHING),
                _ => command.write(&mut bytes, &self.facts),
            }
            if let Verb::LookOrLease(..) = command.verb {
                leases.push(Abandoned { place, key: command.key.clone() });
            }
        }
        Request { bytes, replies: wave.len(), caller, leases }
    }

    fn broken(&self) -> Broken {
        Broken::Connection(error::unreachable(&self.address, "the connection broke"))
    }
}

impl net::Lane for Lane {
    type Wave = Wave;
    type Answer = Answer;

    async fn ask(&self, wave: &Wave) -> Result<Answer, Broken> {
        let sent = moment();
        let (caller, replies) = oneshot::channel();
        let request = self.request(wave, caller);
        self.requests.send(request).await.map_err(|_ended| self.broken())?;
        let replies = replies.await.map_err(|_ended| self.broken())?;
        let permit = Permit { sent, boot: self.facts.boot, is_settled: self.facts.is_settled };
        Ok(Answer { replies, permit, facts: Arc::clone(&self.facts) })
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire) || self.tasks.iter().any(AbortHandle::is_finished)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // Or it would wait for the answers that nobody waits for any more.
        net::Lane::close(self);
    }
}

/// Writes what is to be written, as much at once as there is, and tells the reader what to expect.
async fn write_all(
    mut requests: mpsc::Receiver<Request>,
    awaited: mpsc::UnboundedSender<Request>,
    mut to: impl AsyncWrite + Unpin,
    reading: AbortHandle,
) {
    // Whatever ends this ends the reader as well, and with it everybody's waiting.
    let _reading = AbortOnDrop(reading);
    while let Some(first) = requests.recv().await {
        let mut next = Some(first);
        let mut bytes = BytesMut::new();
        while let Some(mut request) = next {
            let written = std::mem::take(&mut request.bytes);
            if bytes.is_empty() {
                bytes = written;
            } else {
                bytes.extend_from_slice(&written);
            }
            if awaited.send(request).is_err() {
                return;
            }
            next = if bytes.len() < 1 << 16 { requests.try_recv().ok() } else { None };
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
