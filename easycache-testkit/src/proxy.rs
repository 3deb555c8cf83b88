//! [`Proxy`]: a network that fails as a test tells it to.

mod gate;
mod pump;
mod requests;
mod tally;

use std::{
    io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

use self::gate::Gate;
pub use self::tally::Tally;
use crate::server::{free_port, loopback, until};

/// A listener on loopback that passes bytes on to a server, and stops, delays or cuts them when it is told to. It counts
/// what passes: connections, bytes, round trips, commands.
///
/// It runs on a thread of its own: a test needs no runtime, and one that blocks its runtime does not block the proxy. What
/// a method does is done when it returns.
///
/// ```
/// use easycache_testkit::{Proxy, server::{RedisServer, RespClient}};
///
/// let Some(server) = RedisServer::start() else { return };
/// let proxy = Proxy::to(server.address());
/// let mut client = RespClient::connect(proxy.address()).unwrap();
/// client.command(&["PING"]).unwrap();
/// assert_eq!(proxy.tally().round_trips(), 1);
/// assert_eq!(proxy.tally().commands(), ["PING"]);
///
/// proxy.cut();
/// assert!(client.command(&["PING"]).is_err());
/// ```
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    gate: Arc<Gate>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// A proxy for the server at that address, which need not be there yet: until it is, connections are accepted and
    /// closed at once.
    ///
    /// # Panics
    ///
    /// If there is no port or no thread to be had.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let (address, listener) = listen();
        let gate = Arc::new(Gate::new(server));
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).thread_name("easycache-proxy").enable_all().build();
        let runtime = runtime.expect("a thread can be started");
        runtime.spawn(serve(Arc::clone(&gate), address, listener));
        Self { address, gate, runtime: Some(runtime) }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// `redis://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// New connections go to that server; those that there are stay where they are.
    pub fn retarget(&self, server: SocketAddr) {
        self.gate.change(|state| state.server = server);
    }

    /// No byte passes any more, in neither direction. Connections stay, and new ones are accepted: nobody is told.
    pub fn hold(&self) {
        self.gate.change(|state| (state.requests_held, state.replies_held) = (true, true));
    }

    /// Requests pass, replies do not: what is asked is done, and nobody hears of it.
    pub fn hold_replies(&self) {
        self.gate.change(|state| (state.requests_held, state.replies_held) = (false, true));
    }

    /// Everything passes again, what was held first.
    pub fn resume(&self) {
        self.gate.change(|state| (state.requests_held, state.replies_held) = (false, false));
    }

    /// Each request takes that much longer to arrive.
    pub fn delay(&self, delay: Duration) {
        self.gate.change(|state| state.delay = delay);
    }

    /// Resets all connections that there are. New ones are accepted.
    pub fn cut(&self) {
        let cut = self.gate.cut();
        until("the connections are reset", || (self.gate.oldest_connection() > cut).then_some(()));
    }

    /// Refuses new connections. Those that there are stay.
    pub fn refuse(&self) {
        self.gate.change(|state| state.refusing = true);
        until("connections are refused", || (!self.gate.is_listening()).then_some(()));
    }

    /// Accepts new connections again.
    pub fn accept(&self) {
        self.gate.change(|state| state.refusing = false);
        until("connections are accepted", || self.gate.is_listening().then_some(()));
    }

    /// After that many more bytes of replies, on whichever connection, closes the one that wants to pass another: its
    /// client has got a part of an answer. This is done once.
    pub fn truncate(&self, bytes: usize) {
        self.gate.truncate_after(bytes);
    }

    /// The same of requests: the server has got a part of what was asked.
    pub fn truncate_requests(&self, bytes: usize) {
        self.gate.truncate_requests_after(bytes);
    }

    /// What has passed since the beginning, or since [`reset`](Self::reset).
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.gate.tally(|tally| tally.clone())
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        self.gate.tally(|tally| *tally = Tally::default());
    }

    /// How many connections there are at the moment.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.gate.connections()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Does not wait, which an async test must not.
            runtime.shutdown_background();
        }
    }
}

fn listen() -> (SocketAddr, StdListener) {
    let mut tries = (0..10).filter_map(|_| {
        let address = loopback(free_port());
        Some((address, StdListener::bind(address).ok()?))
    });
    let (address, listener) = tries.next().expect("one of ten free ports is free a moment later");
    listener.set_nonblocking(true).expect("a socket can be made not to block");
    (address, listener)
}

async fn serve(gate: Arc<Gate>, address: SocketAddr, listener: StdListener) {
    let mut listener = TcpListener::from_std(listener).ok();
    let mut state = gate.watch();
    loop {
        let refusing = state.borrow_and_update().refusing;
        match (&listener, refusing) {
            (Some(_), true) => listener = None,
            (None, false) => listener = rebind(address).await,
            _ => {}
        }
        gate.set_listening(listener.is_some());
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            accepted = accept(listener.as_ref()) => if let Ok(client) = accepted {
                tokio::spawn(pump::connection(Arc::clone(&gate), gate.connect(), client));
            },
        }
    }
}

/// The next connection; never, while there is no listener.
async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(client, _)| client),
        None => std::future::pending().await,
    }
}

async fn rebind(address: SocketAddr) -> Option<TcpListener> {
    for _ in 0..1000 {
        if let Ok(listener) = TcpListener::bind(address).await {
            return Some(listener);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    None
}
