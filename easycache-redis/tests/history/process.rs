//! One of the processes: this test's program once more, told by its environment what to do.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, thread, time::Duration};

use easycache_core::Deadline;
use easycache_testkit::{Sibling, history::Recorder};
use fastrand::Rng;
use tokio::{runtime, task::JoinSet};

use crate::{
    caller::{self, Desk},
    database::Database,
    naive::Naive,
    plain::Plain,
    shop::Shop,
};

/// What a process caches with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Ours,
    Naive,
}

/// What a process is to do.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    pub(crate) driver: Driver,
    pub(crate) seed: u64,
    pub(crate) span: Duration,
    pub(crate) database: SocketAddr,
    pub(crate) url: String,
    /// Where histories are written to.
    pub(crate) dir: PathBuf,
}

impl Orders {
    fn to_text(&self, number: u32) -> String {
        let Self { driver, seed, span, database, url, dir } = self;
        let naive = *driver == Driver::Naive;
        format!("{number} {naive} {seed} {} {database} {url} {}", span.as_millis(), dir.display())
    }

    fn of_text(text: &str) -> (u32, Self) {
        let words = text.splitn(7, ' ').collect::<Vec<_>>();
        let [number, naive, seed, span, database, url, dir] = words[..] else { panic!("{text:?} are no orders") };
        let parsed = |word: &str| word.parse::<u64>().expect("it was a number");
        let orders = Self {
            driver: if naive == "true" { Driver::Naive } else { Driver::Ours },
            seed: parsed(seed),
            span: Duration::from_millis(parsed(span)),
            database: database.parse().expect("it was an address"),
            url: url.to_owned(),
            dir: dir.into(),
        };
        (number.parse().expect("it was a number"), orders)
    }

    /// Where the process of that number writes its history.
    pub(crate) fn history(&self, number: u32) -> PathBuf {
        self.dir.join(format!("history-{number}"))
    }
}

/// Starts the process of that number.
pub(crate) fn start(number: u32, orders: &Orders) -> Sibling {
    Sibling::start("child", &orders.to_text(number))
}

/// What a process does.
pub(crate) fn child() {
    let (number, orders) = Orders::of_text(&Sibling::orders());
    let recorder = Recorder::create(orders.history(number), number).expect("the directory can be written to");
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
    let shop = Arc::new(Shop::on(crate::cache(url), database));
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
    let stats = shop.cache.stats();
    eprintln!("{stats}");
    if let Some(near) = stats.near {
        // Or it would show nothing.
        assert!(near.hits > 0, "{stats}");
    }
}

fn naive(desk: &Desk, url: &str, database: Database, rng: &mut Rng) {
    let naive = Naive::on(Plain::connect(url), database);
    thread::scope(|scope| {
        for _ in 0..4 {
            let (rng, naive) = (rng.fork(), &naive);
            scope.spawn(move || caller::call_naive(desk, naive, rng));
        }
    });
}
