//! One of the processes: this test's program once more, told by its environment what to do.

use std::{
    env,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use easycache_core::Deadline;
use easycache_redis::RedisBackend;
use easycache_testkit::{history::Recorder, server::until};
use fastrand::Rng;
use tokio::{runtime, task::JoinSet};

use crate::{
    caller::{self, Desk},
    database::Database,
    naive::Naive,
    shop::Shop,
};

const VARIABLE: &str = "EASYCACHE_HISTORY_CHILD";

/// What a process caches with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Ours,
    Naive,
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    dir: PathBuf,
    number: u32,
}

/// What a process is to do.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) driver: Driver,
    pub(crate) seed: u64,
    pub(crate) span: Duration,
    pub(crate) database: SocketAddr,
    pub(crate) url: String,
}

impl Orders {
    fn to_text(&self, number: u32) -> String {
        let Self { driver, seed, span, database, url } = self;
        let naive = *driver == Driver::Naive;
        format!("{number} {naive} {seed} {} {database} {url}", span.as_millis())
    }

    fn of_text(text: &str) -> (u32, Self) {
        let words = text.splitn(6, ' ').collect::<Vec<_>>();
        let [number, naive, seed, span, database, url] = words[..] else { panic!("{text:?} are no orders") };
        let parsed = |word: &str| word.parse::<u64>().expect("it was a number");
        let orders = Self {
            driver: if naive == "true" { Driver::Naive } else { Driver::Ours },
            seed: parsed(seed),
            span: Duration::from_millis(parsed(span)),
            database: database.parse().expect("it was an address"),
            url: url.to_owned(),
        };
        (number.parse().expect("it was a number"), orders)
    }
}

impl Process {
    /// Starts the process of that number, which writes its history and what it says to that directory.
    pub(crate) fn start(number: u32, orders: &Orders, dir: &Path) -> Self {
        let said = File::create(dir.join(format!("said-{number}"))).expect("the directory can be written to");
        let also = said.try_clone().expect("a file can have two handles");
        let child = Command::new(env::current_exe().expect("this program has a path"))
            .args(["child", "--exact", "--ignored", "--nocapture"])
            .env(VARIABLE, orders.to_text(number))
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(said)
            .stderr(also)
            .spawn()
            .expect("this program can be started");
        Self { child, dir: dir.to_owned(), number }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end, which is near, and returns where its history is.
    pub(crate) fn end(mut self) -> PathBuf {
        until("a process has ended", || self.has_ended().then_some(()));
        let status = self.child.wait().expect("it has ended");
        let said = fs::read_to_string(self.dir.join(format!("said-{}", self.number))).unwrap_or_default();
        assert!(status.success(), "process {} has failed:\n{said}", self.number);
        self.dir.join(history(self.number))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing, if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn history(number: u32) -> String {
    format!("history-{number}")
}

/// What a process does.
pub(crate) fn child() {
    let Ok(text) = env::var(VARIABLE) else { panic!("this is for the other tests to start") };
    let (number, orders) = Orders::of_text(&text);
    let recorder = Recorder::create(history(number), number).expect("the directory can be written to");
    let desk = Arc::new(Desk { recorder, until: Deadline::after(orders.span) });
    let database = Database::at(orders.database);
    let mut rng = Rng::with_seed(orders.seed.wrapping_add(number.into()));
    match orders.driver {
        Driver::Ours => ours(&desk, &orders.url, database, &mut rng),
        Driver::Naive => naive(&desk, &orders.url, database, &mut rng),
    }
}

/// Callers in tasks, callers in threads, and a task that calls functions which are not async.
fn ours(desk: &Arc<Desk>, url: &str, database: Database, rng: &mut Rng) {
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let backend = RedisBackend::lazy(url).expect("the URL is well-formed");
    let shop = Arc::new(Shop::on(backend, database));
    thread::scope(|scope| {
        for _ in 0..2 {
            let (rng, shop) = (rng.fork(), &shop);
            scope.spawn(move || caller::call_sync(desk, shop, rng));
        }
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let (desk, shop, rng) = (Arc::clone(desk), Arc::clone(&shop), rng.fork());
            tasks.spawn_on(async move { caller::call(&desk, &shop, rng).await }, runtime.handle());
        }
        let (desk, shop, mut rng) = (Arc::clone(desk), Arc::clone(&shop), rng.fork());
        let in_between = async move {
            while !desk.until.left().is_zero() {
                caller::step_sync(&desk, &shop, &mut rng);
                tokio::task::yield_now().await;
            }
        };
        tasks.spawn_on(in_between, runtime.handle());
        while let Some(done) = runtime.block_on(tasks.join_next()) {
            done.expect("no caller panics");
        }
    });
    eprintln!("{}", shop.cache.stats());
}

fn naive(desk: &Desk, url: &str, database: Database, rng: &mut Rng) {
    let server = url.trim_start_matches("redis://").parse().expect("the URL is an address");
    let naive = Naive::on(server, database);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (rng, naive) = (rng.fork(), &naive);
            scope.spawn(move || caller::call_naive(desk, naive, rng));
        }
    });
}
