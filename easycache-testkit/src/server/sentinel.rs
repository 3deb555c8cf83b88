//! [`Sentinel`].

use std::net::SocketAddr;

use super::{redis::RedisServer, resp::Reply, wait::until};

/// A master, its replicas, and three Sentinels that watch them. All are killed when this is dropped.
#[derive(Debug)]
pub struct Sentinel {
    servers: Vec<RedisServer>,
    sentinels: Vec<RedisServer>,
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
        let master = RedisServer::start()?;
        let port = master.port();
        let mut servers = vec![master];
        for _ in 0..replicas {
            // It tells a new master of itself at once, and not after a while.
            servers.push(RedisServer::builder().arg("--repl-ping-replica-period", "1").start_replica_of(&servers[0])?);
        }
        let name = Self::MASTER;
        // Two of three must agree. The master is given up after 400 ms; a failover that fails is tried again after 4 s.
        let config = format!(
            "sentinel monitor {name} 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds {name} 400\n\
             sentinel failover-timeout {name} 2000\n"
        );
        let start = |_| RedisServer::builder().sentinel(config.clone()).start();
        let sentinels = (0..SENTINELS).map(start).collect::<Option<Vec<_>>>()?;
        for sentinel in &sentinels {
            // Otherwise they ask each other every 10 s, and tell of themselves every 2 s.
            sentinel.command(&["SENTINEL", "DEBUG", "INFO-PERIOD", "200", "PUBLISH-PERIOD", "200"]);
        }
        let all = Self { servers, sentinels };
        all.wait_until_acquainted(replicas);
        Some(all)
    }

    fn wait_until_acquainted(&self, replicas: usize) {
        for sentinel in &self.sentinels {
            until("the sentinels know each other and the replicas", || {
                let known = fields(sentinel.command(&["SENTINEL", "MASTER", Self::MASTER]));
                let is = |field: &str, count: usize| known(field).as_deref() == Some(&*count.to_string());
                let calm = known("flags").as_deref() == Some("master");
                (calm && is("num-slaves", replicas) && is("num-other-sentinels", SENTINELS - 1)).then_some(())
            });
        }
    }

    /// Where the Sentinels listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sentinels.iter().map(RedisServer::address).collect()
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
        let old = self.master();
        old.kill();
        self.wait_for_another_than(old)
    }

    /// Waits until another server than that is the master, known to all Sentinels that run.
    ///
    /// # Panics
    ///
    /// If there is none after 30 s.
    pub fn wait_for_another_than(&self, old: &RedisServer) -> &RedisServer {
        until("there is a new master", || {
            let new = self.servers.iter().find(|server| {
                let told = self.sentinels.iter().filter_map(told_master);
                server.port() != old.port()
                    && told.clone().count() > 0
                    && told.clone().all(|port| port == server.port())
            })?;
            let role = new.client().ok()?.command(&["ROLE"]).ok()?;
            (role.array().into_iter().next()?.text() == "master").then_some(new)
        })
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
