//! [`Sentinel`].

use std::net::SocketAddr;

use super::{
    redis::{RedisBuilder, RedisServer, info_field},
    resp::Reply,
    wait::{PATIENCE, poll, until},
};

/// A master, its replicas, and three Sentinels that watch them. All are killed when this is dropped.
///
/// The Sentinels give a server up when it has been silent for 5 s: sooner, and they would give up servers on a machine
/// that is merely busy. Tests need not wait for that: [`fail_over`](Self::fail_over) and
/// [`elect_another`](Self::elect_another) make them act at once.
#[derive(Debug)]
pub struct Sentinel {
    servers: Vec<RedisServer>,
    sentinels: Vec<RedisServer>,
    url: String,
}

/// How to start a [`Sentinel`].
#[derive(Clone, Debug)]
pub struct SentinelBuilder {
    replicas: usize,
    server: RedisBuilder,
    sentinel: RedisBuilder,
    password: Option<String>,
    sentinel_password: Option<String>,
}

/// As many as it takes to agree when one is gone.
const SENTINELS: usize = 3;

impl Sentinel {
    /// The name of the master, for those who ask the Sentinels.
    pub const MASTER: &str = "mymaster";

    /// Starts them, and waits until all of them know each other. None if `redis-server` is not installed; see
    /// [`require`](super::require()).
    #[must_use]
    pub fn start(replicas: usize) -> Option<Self> {
        Self::builder(replicas).start()
    }

    /// To start them with other settings.
    #[must_use]
    pub fn builder(replicas: usize) -> SentinelBuilder {
        let server = RedisServer::builder();
        let sentinel = RedisServer::builder();
        SentinelBuilder { replicas, server, sentinel, password: None, sentinel_password: None }
    }

    /// Where the Sentinels listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sentinels.iter().map(RedisServer::address).collect()
    }

    /// `redis+sentinel://127.0.0.1:<port>,…?master=mymaster`, with the passwords if there are any.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The Sentinels.
    #[must_use]
    pub fn sentinels(&self) -> &[RedisServer] {
        &self.sentinels
    }

    /// The servers they watch; the first was the first master.
    #[must_use]
    pub fn servers(&self) -> &[RedisServer] {
        &self.servers
    }

    /// The server that most of the Sentinels say is the master.
    ///
    /// # Panics
    ///
    /// If they do not agree for 30 s.
    #[must_use]
    pub fn master(&self) -> &RedisServer {
        until("the sentinels agree on a master", || {
            let told = self.sentinels.iter().filter_map(told_master).collect::<Vec<_>>();
            let agreed = told.iter().find(|port| told.iter().filter(|other| other == port).count() > SENTINELS / 2)?;
            self.servers.iter().find(|server| server.port() == *agreed)
        })
    }

    /// Kills the master, and waits until another is in its place: elected, known to the Sentinels, and a master that
    /// can be written to. The old one can be [restarted](RedisServer::restart), and becomes a replica in time.
    ///
    /// # Panics
    ///
    /// If there is none after 30 s.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn fail_over(&self) -> &RedisServer {
        self.master().kill();
        self.elect_another()
    }

    /// Has the Sentinels put another server in the place of the master, as they would if it had been silent for long, and
    /// waits until it is there. The old one, if it runs, is told a little later that it is a replica now, and its clients
    /// are disconnected then; until then it thinks that it is a master, too.
    ///
    /// # Panics
    ///
    /// If there is none after 30 s.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn elect_another(&self) -> &RedisServer {
        let old = self.master();
        let new = poll(PATIENCE, || {
            let leader = self.sentinels.iter().find(|sentinel| sentinel.is_running())?;
            if told_master(leader)? == old.port() {
                // Refused while it is under way, and as long as it is not known well enough how the replicas are.
                leader.client().ok()?.command(&["SENTINEL", "FAILOVER", Self::MASTER]).ok()?;
            }
            self.another_than(old)
        });
        new.unwrap_or_else(|| {
            let logs = self.sentinels.iter().map(RedisServer::log).collect::<Vec<_>>().join("\n");
            panic!("waited {PATIENCE:?} in vain until there is a new master; the logs of the Sentinels:\n{logs}")
        })
    }

    /// Waits until another server than that is the master, known to all Sentinels that run.
    ///
    /// # Panics
    ///
    /// If there is none after 30 s.
    pub fn wait_for_another_than(&self, old: &RedisServer) -> &RedisServer {
        until("there is a new master", || self.another_than(old))
    }

    /// Waits until that server is a replica of the present master, and in sync. The Sentinels disconnect all clients of
    /// one that they make a replica, also those of the test.
    ///
    /// # Panics
    ///
    /// If it is not after 30 s.
    pub fn wait_until_replica(&self, server: &RedisServer) {
        until("the server is a replica of the master", || {
            let info = server.client().ok()?.command(&["INFO", "replication"]).ok()?.text();
            let is = |field: &str, value: &str| info_field(&info, field) == value;
            (is("master_port", &self.master().port().to_string()) && is("master_link_status", "up")).then_some(())
        });
    }

    fn another_than(&self, old: &RedisServer) -> Option<&RedisServer> {
        let told = self.sentinels.iter().filter_map(told_master).collect::<Vec<_>>();
        let new = *told.first().filter(|port| **port != old.port())?;
        let new = self.servers.iter().find(|server| server.port() == new)?;
        let role = new.client().ok()?.command(&["ROLE"]).ok()?;
        let is_master = role.array().into_iter().next()?.text() == "master";
        (is_master && told.iter().all(|port| *port == new.port())).then_some(new)
    }

    fn wait_until_acquainted(&self) {
        let replicas = self.servers.len() - 1;
        until("every replica tells the master what it has got", || {
            // One that has just been synchronised is sent nothing before it has spoken, which takes it up to a second.
            let mut client = self.servers[0].client().ok()?;
            client.command(&["SET", "easycache-testkit", "ready"]).ok()?;
            client.command(&["DEL", "easycache-testkit"]).ok()?;
            let acknowledged = client.command(&["WAIT", &replicas.to_string(), "2000"]).ok()?.int();
            (acknowledged >= i64::try_from(replicas).unwrap_or(i64::MAX)).then_some(())
        });
        for sentinel in &self.sentinels {
            until("the sentinels know each other and the replicas", || {
                let known = fields(sentinel.command(&["SENTINEL", "MASTER", Self::MASTER]));
                let is = |field: &str, count: usize| known(field).as_deref() == Some(&*count.to_string());
                let calm = known("flags").as_deref() == Some("master");
                (calm && is("num-slaves", replicas) && is("num-other-sentinels", SENTINELS - 1)).then_some(())
            });
        }
    }
}

impl SentinelBuilder {
    /// A setting of the servers, as on the command line.
    #[must_use]
    pub fn arg(mut self, name: &str, value: &str) -> Self {
        self.server = self.server.arg(name, value);
        self
    }

    /// The servers demand that password.
    #[must_use]
    pub fn password(mut self, password: &str) -> Self {
        self.server = self.server.password(password);
        self.password = Some(password.into());
        self
    }

    /// The Sentinels themselves demand that password.
    #[must_use]
    pub fn sentinel_password(mut self, password: &str) -> Self {
        self.sentinel = self.sentinel.password(password);
        self.sentinel_password = Some(password.into());
        self
    }

    /// Starts them, and waits until all of them know each other. None if `redis-server` is not installed; see
    /// [`require`](super::require()).
    #[must_use]
    pub fn start(self) -> Option<Sentinel> {
        let master = self.server.clone().start()?;
        let config = self.config(master.port());
        let mut servers = vec![master];
        for _ in 0..self.replicas {
            // It tells a new master of itself at once, and not after a while.
            let replica = self.server.clone().arg("--repl-ping-replica-period", "1");
            servers.push(replica.start_replica_of(&servers[0])?);
        }
        let start = |_| self.sentinel.clone().sentinel(config.clone()).start();
        let sentinels = (0..SENTINELS).map(start).collect::<Option<Vec<_>>>()?;
        for sentinel in &sentinels {
            // Otherwise they ask each other every 10 s, tell of themselves every 2 s, and do nothing for 30 s when the
            // machine has held them up for 2 s.
            let periods = ["INFO-PERIOD", "200", "PUBLISH-PERIOD", "200", "TILT-PERIOD", "500"];
            sentinel.command(&[&["SENTINEL", "DEBUG"], &periods[..]].concat());
        }
        let url = self.url(&sentinels);
        let all = Sentinel { servers, sentinels, url };
        all.wait_until_acquainted();
        Some(all)
    }

    fn url(&self, sentinels: &[RedisServer]) -> String {
        let password = self.password.as_ref().map(|password| format!(":{password}@")).unwrap_or_default();
        let hosts = sentinels.iter().map(|sentinel| sentinel.address().to_string()).collect::<Vec<_>>().join(",");
        let of_sentinels = self.sentinel_password.as_ref();
        let of_sentinels = of_sentinels.map(|password| format!("&sentinel_password={password}")).unwrap_or_default();
        format!("redis+sentinel://{password}{hosts}?master={}{of_sentinels}", Sentinel::MASTER)
    }

    fn config(&self, port: u16) -> String {
        let name = Sentinel::MASTER;
        let login = self.password.as_ref().map(|password| format!("sentinel auth-pass {name} {password}\n"));
        format!(
            "sentinel monitor {name} 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds {name} 5000\n\
             sentinel failover-timeout {name} 5000\n\
             {}",
            login.unwrap_or_default()
        )
    }
}

/// The port of the master, as one Sentinel tells. None if it does not answer.
fn told_master(sentinel: &RedisServer) -> Option<u16> {
    let question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Sentinel::MASTER];
    match sentinel.client().ok()?.command(&question).ok()? {
        Reply::Array(parts) => parts.into_iter().nth(1)?.text().parse().ok(),
        _ => None,
    }
}

/// Looks up the value of a field in an answer of names and values in turn.
fn fields(answer: Reply) -> impl Fn(&str) -> Option<String> {
    let words = answer.array().into_iter().map(Reply::text).collect::<Vec<_>>();
    move |field| words.chunks(2).find(|pair| pair[0] == field).map(|pair| pair[1].clone())
}
