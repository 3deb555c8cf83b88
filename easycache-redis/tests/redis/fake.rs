//! A server that answers what it is told to.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// A command with its arguments.
pub(crate) type Asked = [Vec<u8>];

type Answer = dyn Fn(&Asked) -> Option<Vec<u8>> + Send + Sync;

/// Listens until the test ends.
pub(crate) struct FakeServer {
    address: SocketAddr,
}

impl FakeServer {
    /// Answers each command with what `answer` returns, in RESP; with none it closes the connection. What every
    /// connection begins with is answered as a server of that version does.
    pub(crate) fn start(version: &str, answer: impl Fn(&Asked) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let info = format!("# Server\r\nredis_version:{version}\r\nrun_id:{:040x}\r\n", 7);
        let answer: Arc<Answer> = Arc::new(move |command| match &*command[0] {
            b"HELLO" => Some(b"%1\r\n$5\r\nproto\r\n:3\r\n".to_vec()),
            b"CLIENT" if command.get(1).is_none_or(|word| word == b"SETINFO") => Some(b"+OK\r\n".to_vec()),
            b"INFO" => Some(bulk(info.as_bytes())),
            b"ROLE" => Some([b"*3\r\n", &*bulk(b"master"), b":0\r\n*0\r\n"].concat()),
            b"SCRIPT" => Some(bulk(&[b'0'; 40])),
            b"CONFIG" => Some(b"%0\r\n".to_vec()),
            _ => answer(command),
        });
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve(connection, &*answer));
            }
        });
        Self { address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

pub(crate) fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// What the script that acquires returns when it has granted a lease with that token, for a value without stamps.
pub(crate) fn grant(token: &[u8]) -> Vec<u8> {
    [b"*2\r\n:1\r\n", &*bulk(token)].concat()
}

fn serve(connection: TcpStream, answer: &Answer) {
    // Or an answer would wait for the acknowledgement of the one before.
    let _ = connection.set_nodelay(true);
    let mut input = BufReader::new(connection);
    while let Some(command) = command(&mut input) {
        let Some(answer) = answer(&command) else { return };
        if input.get_mut().write_all(&answer).is_err() {
            return;
        }
    }
}

/// The next command; none if the connection has ended.
fn command(input: &mut impl BufRead) -> Option<Vec<Vec<u8>>> {
    let count = number(input, '*')?;
    (0..count).map(|_| argument(input)).collect()
}

fn argument(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut bytes = vec![0; number(input, '$')? + 2];
    input.read_exact(&mut bytes).ok()?;
    bytes.truncate(bytes.len() - 2);
    Some(bytes)
}

fn number(input: &mut impl BufRead, kind: char) -> Option<usize> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    line.strip_prefix(kind)?.trim_end().parse().ok()
}
