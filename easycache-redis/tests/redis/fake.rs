//! A server that answers what it is told to.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

type Answer = dyn Fn(&[String]) -> Option<String> + Send + Sync;

/// Listens until the test ends.
pub(crate) struct FakeServer {
    address: SocketAddr,
}

impl FakeServer {
    /// Answers each command with what `answer` returns, in RESP; with none it closes the connection. What every
    /// connection begins with is answered as a server of that version does.
    pub(crate) fn start(version: &str, answer: impl Fn(&[String]) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let info = bulk(&format!("# Server\r\nredis_version:{version}\r\nrun_id:{:040x}\r\n", 7));
        let answer: Arc<Answer> = Arc::new(move |command| match &*command[0] {
            "HELLO" => Some("%1\r\n$5\r\nproto\r\n:3\r\n".into()),
            "CLIENT" => Some("+OK\r\n".into()),
            "INFO" => Some(info.clone()),
            "ROLE" => Some(format!("*3\r\n{}:0\r\n*0\r\n", bulk("master"))),
            "SCRIPT" => Some(bulk("0000000000000000000000000000000000000000")),
            "CONFIG" => Some("%0\r\n".into()),
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

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

pub(crate) fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn serve(connection: TcpStream, answer: &Answer) {
    let mut input = BufReader::new(connection);
    while let Some(command) = command(&mut input) {
        let Some(answer) = answer(&command) else { return };
        if input.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The next command; none if the connection has ended. Bytes that are no text are escaped.
fn command(input: &mut impl BufRead) -> Option<Vec<String>> {
    let count = number(input, '*')?;
    (0..count).map(|_| argument(input)).collect()
}

fn argument(input: &mut impl BufRead) -> Option<String> {
    let mut bytes = vec![0; number(input, '$')? + 2];
    input.read_exact(&mut bytes).ok()?;
    bytes.truncate(bytes.len() - 2);
    Some(bytes.escape_ascii().to_string())
}

fn number(input: &mut impl BufRead, kind: char) -> Option<usize> {
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    line.strip_prefix(kind)?.trim_end().parse().ok()
}
