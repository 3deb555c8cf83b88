//! What the proxy has been told, and what it knows.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::tally::Tally;

/// Shared by the proxy and its connections.
#[derive(Debug)]
pub(super) struct Gate {
    state: watch::Sender<State>,
    books: Mutex<Books>,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) server: SocketAddr,
    pub(super) requests_held: bool,
    pub(super) replies_held: bool,
    pub(super) refusing: bool,
    pub(super) delay: Duration,
    /// Connections with this number and below are cut.
    pub(super) cut: u64,
}

#[derive(Debug, Default)]
struct Books {
    tally: Tally,
    /// How many bytes may pass before a connection is closed.
    truncate: Truncate,
    listening: bool,
    last: u64,
    /// Those that there are, by number.
    connections: BTreeSet<u64>,
}

/// How many bytes may pass in each direction; none: all of them.
#[derive(Debug, Default)]
struct Truncate {
    requests: Option<usize>,
    replies: Option<usize>,
}

/// A connection's number; it is one less when this is dropped.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) number: u64,
    gate: Arc<Gate>,
}

impl Gate {
    pub(super) fn new(server: SocketAddr) -> Self {
        let state =
            State { server, requests_held: false, replies_held: false, refusing: false, delay: Duration::ZERO, cut: 0 };
        let books = Books { listening: true, ..Books::default() };
        Self { state: watch::Sender::new(state), books: Mutex::new(books) }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }

    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn tally<R>(&self, f: impl FnOnce(&mut Tally) -> R) -> R {
        f(&mut self.books().tally)
    }

    pub(super) fn connect(self: &Arc<Self>) -> Connected {
        let mut books = self.books();
        books.last += 1;
        let number = books.last;
        books.connections.insert(number);
        books.tally.connected();
        Connected { number, gate: Arc::clone(self) }
    }

    /// Tells all connections that there are to end. Returns the number of the last.
    pub(super) fn cut(&self) -> u64 {
        let last = self.books().last;
        self.change(|state| state.cut = last);
        last
    }

    pub(super) fn oldest_connection(&self) -> u64 {
        self.books().connections.first().copied().unwrap_or(u64::MAX)
    }

    pub(super) fn connections(&self) -> usize {
        self.books().connections.len()
    }

    pub(super) fn set_listening(&self, listening: bool) {
        self.books().listening = listening;
    }

    pub(super) fn is_listening(&self) -> bool {
        self.books().listening
    }

    pub(super) fn truncate_after(&self, bytes: usize) {
        self.books().truncate.replies = Some(bytes);
    }

    pub(super) fn truncate_requests_after(&self, bytes: usize) {
        self.books().truncate.requests = Some(bytes);
    }

    /// How much of a request of that many bytes may pass. Less: the connection must be closed then.
    pub(super) fn request_passes(&self, bytes: usize) -> usize {
        passes(&mut self.books().truncate.requests, bytes)
    }

    /// The same of a reply.
    pub(super) fn reply_passes(&self, bytes: usize) -> usize {
        passes(&mut self.books().truncate.replies, bytes)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn passes(limit: &mut Option<usize>, bytes: usize) -> usize {
    match limit {
        None => bytes,
        Some(left) if bytes <= *left => {
            *left -= bytes;
            bytes
        }
        Some(_) => limit.take().unwrap_or(bytes),
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.gate.books().connections.remove(&self.number);
    }
}
