//! One connection.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use easycache_core::Deadline;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use super::{
    gate::{Connected, Gate, State},
    requests::Requests,
};

/// How many chunks are on their way at most, as a network's buffers are limited.
const IN_FLIGHT: usize = 64;

/// How many bytes are read at once, at least.
const CHUNK: usize = 16 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Reply,
}

/// What the two ways of a connection have in common.
struct Link {
    gate: Arc<Gate>,
    dialogue: Mutex<Dialogue>,
}

struct Dialogue {
    requests: Requests,
    /// Whether the next request begins a round trip.
    answered: bool,
}

/// Passes bytes to and fro until one side ends, or the connection is cut.
pub(super) async fn connection(gate: Arc<Gate>, connected: Connected, mut client: TcpStream) {
    let mut state = gate.watch();
    let address = state.borrow().server;
    let Ok(mut server) = TcpStream::connect(address).await else { return reset(&client) };
    // Without them it is slower, and that is all.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let link = Link { gate, dialogue: Mutex::new(Dialogue { requests: Requests::default(), answered: true }) };
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::select! {
            passed = async {
                tokio::try_join!(
                    link.pass(Way::Request, from_client, to_server),
                    link.pass(Way::Reply, from_server, to_client),
                )
            } => passed.map(drop),
            // An error would mean that the proxy is gone.
            _ = state.wait_for(|state| state.cut >= connected.number) => Err(io::ErrorKind::ConnectionReset.into()),
        }
    };
    // What was truncated arrives as far as it goes; everything else that ends badly does so at once.
    if ended.is_err_and(|error| error.kind() != io::ErrorKind::UnexpectedEof) {
        reset(&client);
        reset(&server);
    }
    // Only when the sockets are closed is the connection gone for who waits for that.
    drop((client, server));
    drop(connected);
}

/// Closing it will reset it.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

impl Link {
    /// Passes on what comes, in order, each chunk when its time has come and the way is open.
    async fn pass(
        &self,
        way: Way,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<()> {
        let (sender, mut receiver) = mpsc::channel(IN_FLIGHT);
        let reading = async {
            let sender = sender;
            let mut buffer = BytesMut::new();
            loop {
                buffer.reserve(CHUNK);
                if from.read_buf(&mut buffer).await? == 0 {
                    break;
                }
                let chunk = buffer.split().freeze();
                self.note(way, &chunk);
                let due = Deadline::after(self.delay(way));
                if sender.send((chunk, due)).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let writing = async {
            while let Some((chunk, due)) = receiver.recv().await {
                if !due.left().is_zero() {
                    tokio::time::sleep(due.left()).await;
                }
                self.open(way).await;
                self.write(way, chunk, &mut to).await?;
            }
            // An end is passed on as well.
            to.shutdown().await
        };
        tokio::try_join!(reading, writing).map(drop)
    }

    async fn write(&self, way: Way, chunk: Bytes, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let passes = match way {
            Way::Request => self.gate.request_passes(chunk.len()),
            Way::Reply => self.gate.reply_passes(chunk.len()),
        };
        to.write_all(&chunk[..passes]).await?;
        if passes < chunk.len() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Waits until nothing holds this way.
    async fn open(&self, way: Way) {
        let held = |state: &State| if way == Way::Request { state.requests_held } else { state.replies_held };
        // An error would mean that the proxy is gone.
        let _ = self.gate.watch().wait_for(|state| !held(state)).await;
    }

    fn delay(&self, way: Way) -> Duration {
        if way == Way::Request { self.gate.watch().borrow().delay } else { Duration::ZERO }
    }

    fn note(&self, way: Way, chunk: &[u8]) {
        let mut dialogue = self.dialogue.lock().unwrap_or_else(PoisonError::into_inner);
        match way {
            Way::Request => {
                let begins = std::mem::take(&mut dialogue.answered);
                let commands = dialogue.requests.take(chunk);
                self.gate.tally(|tally| tally.request(chunk.len(), begins, commands));
            }
            Way::Reply => {
                dialogue.answered = true;
                self.gate.tally(|tally| tally.reply(chunk.len()));
            }
        }
    }
}
