//! [`RedisServer`].

use std::{
    ffi::OsString,
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use super::{
    port,
    process::{self, Process, fresh_dir},
    require::require,
    resp::{Reply, RespClient},
    wait::until,
};

/// A `redis-server` on loopback. Killed when dropped.
///
/// It keeps nothing on disk unless it is asked to (`command(&["SAVE"])`, or [`RedisBuilder::arg`]).
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    port: u16,
    password: Option<String>,
}

/// How to start a [`RedisServer`].
#[derive(Clone, Debug, Default)]
pub struct RedisBuilder {
    args: Vec<OsString>,
    port: Option<u16>,
    password: Option<String>,
    mode: Mode,
}

/// What the program is started as.
#[derive(Clone, Debug, Default)]
enum Mode {
    #[default]
    Server,
    /// With these lines in its configuration, which it rewrites.
    Sentinel(String),
    /// With a second port of its own, for the bus.
    ClusterNode,
}

impl RedisServer {
    /// Starts one. None if `redis-server` is not installed; see [`require`].
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::builder().start()
    }

    /// To start one with other settings.
    #[must_use]
    pub fn builder() -> RedisBuilder {
        RedisBuilder::default()
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

    /// `redis://127.0.0.1:<port>`, with the password if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        let password = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        format!("redis://{password}{}", self.address())
    }

    /// Its process id.
    ///
    /// # Panics
    ///
    /// If it has been killed.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id().expect("redis-server runs")
    }

    /// Whether it runs, or is stopped: it has not been killed, and has not ended by itself.
    #[must_use]
    pub fn is_running(&self) -> bool {
        !self.process.has_ended()
    }

    /// Its directory, where it saves to: removed with it.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.process.dir()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it (SIGKILL): its connections are reset, new ones refused, what it has not saved is gone.
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

    /// Kills it, if that has not been done, and starts it again: same port, same directory, so that it has again what
    /// it has saved there.
    pub fn restart(&self) {
        self.process.restart(|| self.is_ready());
    }

    /// A connection to it, authenticated.
    pub fn client(&self) -> io::Result<RespClient> {
        let mut client = RespClient::connect(self.address())?;
        if let Some(password) = &self.password {
            client.command(&["AUTH", password])?;
        }
        Ok(client)
    }

    /// Sends a command on a connection of its own, and returns the answer.
    ///
    /// # Panics
    ///
    /// If it cannot be reached, or answers an error: with `client` both can be looked at.
    #[track_caller]
    pub fn command<A: AsRef<[u8]>>(&self, args: &[A]) -> Reply {
        let answer = self.client().and_then(|mut client| client.command(args));
        match answer {
            Ok(Reply::Error(error)) => panic!("redis-server at {}: {error}", self.address()),
            Ok(reply) => reply,
            Err(error) => panic!("redis-server at {}: {error}", self.address()),
        }
    }

    /// A line of `INFO`, as `info("run_id")`. Empty if there is no such line.
    #[track_caller]
    pub fn info(&self, field: &str) -> String {
        info_field(&self.command(&["INFO", "everything"]).text(), field)
    }

    /// Whether this process, and not another on the same port, has its data and answers.
    fn is_ready(&self) -> io::Result<bool> {
        let mut client = self.client()?;
        if matches!(client.command(&["PING"])?, Reply::Error(error) if error.starts_with("LOADING")) {
            return Ok(false);
        }
        Ok(match client.command(&["INFO", "server"])? {
            Reply::Bulk(info) => {
                let id = info_field(&String::from_utf8_lossy(&info), "process_id");
                id.parse().ok() == self.process.id()
            }
            // It wants a password that we were not told, or has renamed the command: at least it answers.
            _ => true,
        })
    }
}

impl RedisBuilder {
    /// A setting, as on the command line: `arg("--maxmemory", "4mb")`.
    #[must_use]
    pub fn arg(mut self, name: &str, value: &str) -> Self {
        self.args.extend([name.into(), value.into()]);
        self
    }

    /// Demands that password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self.arg("--requirepass", password).arg("--masterauth", password)
    }

    /// That port, instead of any that is free.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Starts it as a replica of that server, and waits until it is in sync.
    #[must_use]
    pub fn start_replica_of(self, master: &RedisServer) -> Option<RedisServer> {
        let mut builder = self.arg("--replicaof", &format!("127.0.0.1 {}", master.port));
        if let (None, Some(password)) = (&builder.password, &master.password) {
            builder = builder.password(&password.clone());
        }
        let replica = builder.start()?;
        until("the replica is in sync", || (replica.info("master_link_status") == "up").then_some(()));
        Some(replica)
    }

    /// Starts it. None if `redis-server` is not installed; see [`require`].
    ///
    /// # Panics
    ///
    /// If it does not start; its log is in the message.
    #[must_use]
    pub fn start(self) -> Option<RedisServer> {
        let program = require("redis-server")?;
        Some(process::start(
            self.port,
            |port| self.launch(&program, port),
            |server| &server.process,
            RedisServer::is_ready,
        ))
    }

    /// As a Sentinel with these lines in its configuration.
    pub(super) fn sentinel(mut self, config: String) -> Self {
        self.mode = Mode::Sentinel(config);
        self
    }

    /// As a node of a cluster that has yet to be made.
    pub(super) fn cluster_node(mut self) -> Self {
        self.mode = Mode::ClusterNode;
        self
    }

    fn launch(&self, program: &Path, port: u16) -> RedisServer {
        let dir = fresh_dir("redis");
        let mut args = Vec::<OsString>::new();
        let mut add = |words: &[&str]| args.extend(words.iter().map(OsString::from));
        if let Mode::Sentinel(config) = &self.mode {
            fs::write(dir.join("sentinel.conf"), config).expect("a fresh directory can be written to");
            add(&["sentinel.conf", "--sentinel"]);
        }
        add(&["--port", &port.to_string(), "--bind", "127.0.0.1", "--protected-mode", "no"]);
        match &self.mode {
            Mode::Sentinel(_) => {}
            // A replica is served at once, and not when more of them might have come.
            _ => add(&["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"]),
        }
        if let Mode::ClusterNode = &self.mode {
            add(&["--cluster-enabled", "yes", "--cluster-port", &port::free().to_string()]);
        }
        args.extend(self.args.iter().cloned());
        let process = Process::start(program, args, dir);
        RedisServer { process, port, password: self.password.clone() }
    }
}

pub(crate) const fn address(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The value of a line `field:value`.
pub(super) fn info_field(info: &str, field: &str) -> String {
    let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or_default().trim_end().to_owned()
}
