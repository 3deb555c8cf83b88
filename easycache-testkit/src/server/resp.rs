//! A small blocking client of the Redis protocol, so that tests look at servers with other eyes than the code they test.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

/// One connection to a server that speaks RESP2. Every operation ends within 5 s.
#[derive(Debug)]
pub struct RespClient {
    stream: BufReader<TcpStream>,
}

const PATIENCE: Duration = Duration::from_secs(5);

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status, as `OK`.
    Status(String),
    /// An error, beginning with its code.
    Error(String),
    /// A number.
    Int(i64),
    /// Bytes.
    Bulk(Vec<u8>),
    /// Nothing there.
    Nil,
    /// Several.
    Array(Vec<Self>),
}

impl RespClient {
    /// Connects, which takes at most 5 s, as any answer may.
    pub fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let patience = Some(PATIENCE);
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(patience)?;
        stream.set_write_timeout(patience)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a command and waits for its answer. An error that the server answers is a [`Reply::Error`].
    pub fn command<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<Reply> {
        self.send(args)?;
        self.receive()
    }

    /// Sends a command without waiting for its answer.
    pub fn send<A: AsRef<[u8]>>(&mut self, args: &[A]) -> io::Result<()> {
        self.send_all(&[args])
    }

    /// Sends several commands at once without waiting for their answers.
    pub fn send_all<A: AsRef<[u8]>>(&mut self, commands: &[&[A]]) -> io::Result<()> {
        let mut message = Vec::new();
        for args in commands {
            message.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
            for arg in args.iter().map(AsRef::as_ref) {
                message.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
                message.extend_from_slice(arg);
                message.extend_from_slice(b"\r\n");
            }
        }
        self.stream.get_mut().write_all(&message)
    }

    /// Waits for the next answer, but no longer than that for its beginning: then there is none, and it may come later.
    pub fn receive_within(&mut self, patience: Duration) -> io::Result<Option<Reply>> {
        self.stream.get_ref().set_read_timeout(Some(patience))?;
        let begun = match self.stream.fill_buf() {
            Ok(_) => true,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => false,
            Err(error) => return Err(error),
        };
        self.stream.get_ref().set_read_timeout(Some(PATIENCE))?;
        begun.then(|| self.receive()).transpose()
    }

    /// Waits for the next answer.
    pub fn receive(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_at_checked(1).ok_or_else(|| malformed(&line))?;
        let number = || rest.parse::<i64>().ok().ok_or_else(|| malformed(&line));
        Ok(match kind {
            "+" => Reply::Status(rest.into()),
            "-" => Reply::Error(rest.into()),
            ":" => Reply::Int(number()?),
            "$" => match usize::try_from(number()?) {
                Ok(length) => Reply::Bulk(self.bytes(length)?),
                Err(_) => Reply::Nil,
            },
            "*" => match usize::try_from(number()?) {
                Ok(length) => Reply::Array((0..length).map(|_| self.receive()).collect::<io::Result<_>>()?),
                Err(_) => Reply::Nil,
            },
            _ => return Err(malformed(&line)),
        })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(text) => Ok(text.into()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn bytes(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length + 2];
        self.stream.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(bytes)
    }
}

fn malformed(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not RESP2: {line:?}"))
}

impl Reply {
    /// The text of a status or of bytes.
    ///
    /// # Panics
    ///
    /// If it is anything else, or not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(self) -> String {
        match self {
            Self::Status(text) => text,
            Self::Bulk(bytes) => String::from_utf8(bytes).expect("the bytes are text"),
            other => panic!("not a text: {other:?}"),
        }
    }

    /// The bytes; none if there is nothing.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    #[must_use]
    #[track_caller]
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Bulk(bytes) => Some(bytes),
            Self::Nil => None,
            other => panic!("not bytes: {other:?}"),
        }
    }

    /// The number.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    #[must_use]
    #[track_caller]
    pub fn int(self) -> i64 {
        match self {
            Self::Int(number) => number,
            other => panic!("not a number: {other:?}"),
        }
    }

    /// The items.
    ///
    /// # Panics
    ///
    /// If it is anything else.
    #[must_use]
    #[track_caller]
    pub fn array(self) -> Vec<Self> {
        match self {
            Self::Array(items) => items,
            other => panic!("not an array: {other:?}"),
        }
    }
}
