//! A server that answers what it is told to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

type Answer = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Listens until the test ends.
pub(crate) struct FakeServer {
    address: SocketAddr,
}

impl FakeServer {
    /// Answers each line with what `answer` returns, which has its own line ends; with none it closes the connection.
    /// What every connection begins with is answered as a server of that version does.
    pub(crate) fn start(version: &str, answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let version = version.to_owned();
        let answer: Arc<Answer> = Arc::new(move |line| match line {
            "version" => Some(format!("VERSION {version}\r\n")),
            "stats" => Some("STAT pid 7\r\nSTAT uptime 100\r\nSTAT time 1800000000\r\nEND\r\n".to_owned()),
            "stats settings" => Some("STAT item_size_max 1048576\r\nSTAT cas_enabled yes\r\nEND\r\n".to_owned()),
            "mn" | "mn easycache" => Some("MN\r\n".to_owned()),
            _ => answer(line),
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
        format!("memcached://{}", self.address)
    }
}

fn serve(connection: TcpStream, answer: &Answer) {
    let mut input = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim_end();
        if let Some(length) = line.strip_prefix("ms ").and_then(|rest| rest.split(' ').nth(1)) {
            let mut data = vec![0; length.parse::<usize>().expect("it is a length") + 2];
            input.read_exact(&mut data).expect("the data follows");
        }
        let Some(answer) = answer(line) else { return };
        if input.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
