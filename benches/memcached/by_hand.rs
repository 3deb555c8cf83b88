//! What one writes by hand: the value and the versions of its tags and prefix in one wave of `mg`, compared with those
//! that the value was stored with. It has no lease, and loses races; it is here for its time.
//!
//! The connection is one that any number of tasks share, as ours is: a task that writes and one that reads.

use std::{fmt::Write, net::SocketAddr};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
};

use crate::measure::User;

/// What each command was answered with: a value, or none.
type Values = Vec<Option<Vec<u8>>>;

/// A connection, to be shared as ours is.
pub(crate) struct Hand {
    requests: mpsc::Sender<Request>,
}

struct Request {
    bytes: Vec<u8>,
    answers: usize,
    caller: oneshot::Sender<Values>,
}

/// A value with what it depends on.
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    versions: [u64; 3],
    user: User,
}

impl Hand {
    pub(crate) async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("the server was just started");
        stream.set_nodelay(true).expect("it is a connection");
        let (from, to) = stream.into_split();
        let (requests, received) = mpsc::channel(512);
        let (awaited, to_read) = mpsc::unbounded_channel();
        tokio::spawn(write_all(received, awaited, to));
        tokio::spawn(read_all(to_read, BufReader::new(from)));
        Self { requests }
    }

    pub(crate) async fn load(&self, tenant: u32, team: u32, id: u64) -> User {
        let keys = [
            format!("hand:tenant:{tenant}|user:{id}"),
            "hand:tag:users".to_owned(),
            format!("hand:tag:team:{team}"),
            format!("hand:prefix:tenant:{tenant}"),
        ];
        let mut request = String::with_capacity(128);
        for key in &keys {
            write!(request, "mg {key} v\r\n").expect("text can be written to");
        }
        let values = self.ask(request.into_bytes(), keys.len()).await;
        if let [Some(blob), Some(users), Some(of_team), Some(of_tenant)] = &values[..]
            && let Ok(stored) = rmp_serde::from_slice::<Stored>(blob)
            && stored.versions == [users, of_team, of_tenant].map(|version| number(version))
        {
            return stored.user;
        }
        self.store(keys, User { id, team: team + tenant }).await
    }

    async fn store(&self, [key, tags @ ..]: [String; 4], user: User) -> User {
        let stored = Stored { versions: [1; 3], user };
        let blob = rmp_serde::to_vec_named(&stored).expect("numbers can be written");
        let mut request = Vec::with_capacity(256);
        for tag in &tags {
            request.extend_from_slice(format!("ms {tag} 1\r\n1\r\n").as_bytes());
        }
        request.extend_from_slice(format!("ms {key} {} T3600\r\n", blob.len()).as_bytes());
        request.extend_from_slice(&blob);
        request.extend_from_slice(b"\r\n");
        self.ask(request, 4).await;
        stored.user
    }

    async fn ask(&self, bytes: Vec<u8>, answers: usize) -> Values {
        let (caller, values) = oneshot::channel();
        let sent = self.requests.send(Request { bytes, answers, caller }).await;
        assert!(sent.is_ok(), "the connection is there");
        values.await.expect("the server answers")
    }
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).expect("it was stored as text").parse().expect("it was stored as a number")
}

async fn write_all(
    mut requests: mpsc::Receiver<Request>,
    awaited: mpsc::UnboundedSender<Request>,
    mut to: OwnedWriteHalf,
) {
    while let Some(mut request) = requests.recv().await {
        let bytes = std::mem::take(&mut request.bytes);
        if awaited.send(request).is_err() || to.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read_all(mut awaited: mpsc::UnboundedReceiver<Request>, mut from: BufReader<OwnedReadHalf>) {
    let mut line = String::new();
    while let Some(request) = awaited.recv().await {
        let mut values = Vec::with_capacity(request.answers);
        for _ in 0..request.answers {
            line.clear();
            from.read_line(&mut line).await.expect("the server answers");
            values.push(match line.trim_end().strip_prefix("VA ") {
                Some(length) => {
                    let mut value = vec![0; length.parse::<usize>().expect("it is a length") + 2];
                    from.read_exact(&mut value).await.expect("the server answers");
                    value.truncate(value.len() - 2);
                    Some(value)
                }
                None => None,
            });
        }
        let _gone = request.caller.send(values);
    }
}
