//! [`Memcached`].

use std::{
    ffi::OsString,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    time::Duration,
};

use super::{
    process::{self, Process, fresh_dir},
    redis::address,
    require::require,
};

/// A `memcached` on loopback. Killed when dropped.
#[derive(Debug)]
pub struct Memcached {
    process: Process,
    port: u16,
}

/// How to start a [`Memcached`].
#[derive(Clone, Debug, Default)]
pub struct MemcachedBuilder {
    args: Vec<OsString>,
    port: Option<u16>,
}

impl Memcached {
    /// Starts one. None if `memcached` is not installed; see [`require`].
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::builder().start()
    }

    /// To start one with other settings.
    #[must_use]
    pub fn builder() -> MemcachedBuilder {
        MemcachedBuilder::default()
    }

    /// Its port, the same for its whole life.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        address(self.port)
    }

    /// `memcached://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("memcached://{}", self.address())
    }

    /// Kills it (SIGKILL): its connections are reset, new ones refused, all it had is gone.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Stops it (SIGSTOP): its connections stay and its port accepts new ones, but nothing is answered.
    pub fn stop(&self) {
        self.process.stop();
    }

    /// Lets it go on (SIGCONT) after [`stop`](Self::stop).
    pub fn cont(&self) {
        self.process.signal("CONT");
    }

    /// Kills it, if that has not been done, and starts it again, empty, on the same port.
    ///
    /// # Panics
    ///
    /// If it does not start for 30 s.
    pub fn restart(&self) {
        self.process.restart(|| self.is_ready());
    }

    /// Sends a command of the text protocol (without the last line end) on a connection of its own, and returns the lines
    /// of the answer.
    ///
    /// # Panics
    ///
    /// If it cannot be reached.
    #[track_caller]
    pub fn command(&self, text: &str) -> Vec<String> {
        self.ask(text).unwrap_or_else(|error| panic!("memcached at {}: {error}", self.address()))
    }

    /// One line of its statistics, as `stat("curr_items")`. Empty if there is no such line.
    #[must_use]
    pub fn stat(&self, name: &str) -> String {
        stat(&self.command("stats"), name)
    }

    fn ask(&self, text: &str) -> io::Result<Vec<String>> {
        let patience = Some(Duration::from_secs(5));
        let mut stream = TcpStream::connect(self.address())?;
        stream.set_read_timeout(patience)?;
        stream.set_write_timeout(patience)?;
        // `mn` does nothing, and says so: that is how the end of the other answer is told.
        stream.write_all(format!("{text}\r\nmn\r\n").as_bytes())?;
        let mut answer = Vec::new();
        for line in BufReader::new(stream).lines() {
            match line? {
                end if end == "MN" => return Ok(answer),
                line => answer.push(line),
            }
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// Whether this process, and not another on the same port, answers.
    fn is_ready(&self) -> io::Result<bool> {
        Ok(stat(&self.ask("stats")?, "pid").parse().ok() == self.process.id())
    }
}

impl MemcachedBuilder {
    /// A setting, as on the command line: `arg("-m 4")`.
    #[must_use]
    pub fn arg(mut self, words: &str) -> Self {
        self.args.extend(words.split_whitespace().map(OsString::from));
        self
    }

    /// That port, instead of any that is free.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Starts it. None if `memcached` is not installed; see [`require`].
    ///
    /// # Panics
    ///
    /// If it does not start; its log is in the message.
    #[must_use]
    pub fn start(self) -> Option<Memcached> {
        let program = require("memcached")?;
        Some(process::start(
            self.port,
            |port| self.launch(&program, port),
            |server| &server.process,
            Memcached::is_ready,
        ))
    }

    fn launch(&self, program: &Path, port: u16) -> Memcached {
        let number = port.to_string();
        // `-u` counts for root alone, for whom it is a must. A server that changes its user would outlive us.
        let words = ["-l", "127.0.0.1", "-p", &number, "-U", "0", "-t", "2", "-u", "root"];
        let mut args = words.map(OsString::from).to_vec();
        args.extend(self.args.iter().cloned());
        Memcached { process: Process::start(program, args, fresh_dir("memcached")), port }
    }
}

fn stat(lines: &[String], name: &str) -> String {
    let line = lines.iter().find_map(|line| line.strip_prefix("STAT ")?.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_default().to_owned()
}
