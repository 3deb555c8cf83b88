//! What a process does.

use std::{fmt, net::SocketAddr, str::FromStr, sync::Arc, thread, time::Duration};

use easycache_core::{Cache, Coalesce, Deadline, Error, ErrorKind, Policy};
use easycache_redis::RedisBackend;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::board::Board;

/// How many callers a process has that joins: tasks and threads.
pub(crate) const CALLERS: usize = 16;
const THREADS: usize = 4;
/// How long the lease of a first computation lives that is not renewed.
pub(crate) const LEASE: Duration = Duration::from_secs(1);

/// How a process takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// When all are told to: with many callers, who compute quickly.
    Join,
    /// At once, with one caller, whose computation waits until it is told to end.
    Wait,
    /// Likewise, and it fails then.
    Fail,
    /// Likewise, and it is dropped then.
    GiveUp,
}

const ACTS: [(Act, &str); 4] =
    [(Act::Join, "join"), (Act::Wait, "wait"), (Act::Fail, "fail"), (Act::GiveUp, "give-up")];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    pub(crate) number: u32,
    pub(crate) act: Act,
    pub(crate) server: SocketAddr,
    pub(crate) board: SocketAddr,
}

impl fmt::Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, act) = ACTS.into_iter().find(|(act, _)| *act == self.act).ok_or(fmt::Error)?;
        write!(f, "{} {act} {} {}", self.number, self.server, self.board)
    }
}

impl FromStr for Orders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let [number, act, server, board] = text.split(' ').collect::<Vec<_>>()[..] else { return Err(text.into()) };
        let (act, _) = ACTS.into_iter().find(|(_, name)| *name == act).ok_or(text)?;
        let address = |text: &str| text.parse::<SocketAddr>().map_err(|error| error.to_string());
        let number = number.parse().map_err(|_not_a_number| text)?;
        Ok(Self { number, act, server: address(server)?, board: address(board)? })
    }
}

fn policy() -> Policy {
    Policy::ttl("1h").tags(["a"]).coalesce(Coalesce::Cluster)
}

/// Does what it is told.
pub(crate) fn run(orders: &Orders) {
    let runtime = Runtime::new().expect("a runtime can be made");
    let board = Arc::new(Board::at(orders.board));
    let backend = RedisBackend::lazy(&format!("redis://{}", orders.server)).expect("the URL is well-formed");
    // Longer than any test here takes, so that nobody loses patience and computes for himself.
    let cache = Cache::builder().backend(backend).coalesce_wait("1m").deadline("5s").build();
    let cache = cache.expect("the settings are in range");
    match orders.act {
        Act::Join => join(&runtime, &cache, &board),
        act => runtime.block_on(hold(act, &cache, &board)),
    }
}

/// All at once.
fn join(runtime: &Runtime, cache: &Cache, board: &Arc<Board>) {
    board.count("ready");
    board.wait_for("go", 1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let value = cache.blocking().get_or_compute("cold", policy(), || {
                    thread::sleep(Duration::from_millis(100));
                    board.count("begun")
                });
                board.got(value.expect("it is computed, if not found"));
            });
        }
        let mut tasks = JoinSet::new();
        for _ in THREADS..CALLERS {
            let (cache, board) = (cache.clone(), Arc::clone(board));
            let call = async move {
                let compute = async || {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    board.count("begun")
                };
                let value = cache.get_or_compute("cold", policy(), compute).await;
                board.got(value.expect("it is computed, if not found"));
            };
            tasks.spawn_on(call, runtime.handle());
        }
        while let Some(done) = runtime.block_on(tasks.join_next()) {
            done.expect("no caller panics");
        }
    });
}

/// One caller, who has the lease until it is told to end.
async fn hold(act: Act, cache: &Cache, board: &Board) {
    let compute = async || {
        let value = board.count("begun");
        while act == Act::GiveUp || board.number("end") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if act == Act::Fail { Err(Error::new(ErrorKind::InvalidConfig, "it was told to fail")) } else { Ok(value) }
    };
    let call = cache.try_get_or_compute("cold", policy(), compute);
    if act == Act::GiveUp {
        let told = async {
            while board.number("end") == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = told => {}
            done = call => panic!("it was to be given up, and has got {done:?}"),
        }
        // The process lives on, so that what is left to do can be done.
        return released(cache).await;
    }
    match call.await {
        Ok(got) => {
            let found = cache.get::<u32>("cold").await.expect("the server answers").unwrap_or_default();
            eprintln!("got {got}, refused as lost {}, found {found}", cache.stats().refused.lost);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
            released(cache).await;
        }
    }
}

/// Waits until somebody else has computed, which ends this process's part.
async fn released(cache: &Cache) {
    let deadline = Deadline::after(Duration::from_secs(20));
    while cache.get::<u32>("cold").await.expect("the server answers").is_none() {
        assert!(!deadline.left().is_zero(), "nobody else computes");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
