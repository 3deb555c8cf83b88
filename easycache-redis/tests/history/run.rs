//! A run: processes, a database, a tormentor, and the verdict in the end.

use std::{
    env, fs,
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use easycache_testkit::{
    Sibling,
    history::{History, Promise, Verdict, now},
    server::RedisServer,
};
use fastrand::Rng;

use crate::{
    process::{self, Driver, Orders},
    torment::Tormentor,
};

/// How many processes there are where all connect to the same URL.
const PROCESSES: usize = 3;

/// How many more runs there may be now: processes that do not get to compute see nothing that there is to judge.
static SEATS: Mutex<u32> = Mutex::new(2);
static FREED: Condvar = Condvar::new();

/// Processes at work on one cache.
#[derive(Debug)]
pub(crate) struct Run {
    processes: Vec<Sibling>,
    orders: Orders,
    _database: RedisServer,
    _seat: Seat,
}

/// The right to run, given back when it is dropped.
#[derive(Debug)]
struct Seat;

impl Seat {
    fn take() -> Self {
        let seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
        *FREED.wait_while(seats, |seats| *seats == 0).unwrap_or_else(PoisonError::into_inner) -= 1;
        Self
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *SEATS.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_one();
    }
}

impl Run {
    /// Starts processes that connect to that URL and are at work for that long. None if there is no `redis-server` here.
    pub(crate) fn new(driver: Driver, url: String, span: Duration) -> Option<Self> {
        Self::apart(driver, &vec![url; PROCESSES], span)
    }

    /// The same with a process for each URL.
    pub(crate) fn apart(driver: Driver, urls: &[String], span: Duration) -> Option<Self> {
        let seat = Seat::take();
        let seed = number("EASYCACHE_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000_000));
        let span = number("EASYCACHE_HISTORY_SECONDS").map_or(span, Duration::from_secs);
        eprintln!("EASYCACHE_SEED={seed}");
        let database = RedisServer::start()?;
        let dir = env::temp_dir().join(format!("easycache-history-{}-{}", std::process::id(), now()));
        fs::create_dir(&dir).expect("there is a place for temporary files");
        let orders = Orders { driver, seed, span, database: database.address(), url: String::new(), dir };
        let start =
            |(number, url): (u32, &String)| process::start(number, &Orders { url: url.clone(), ..orders.clone() });
        let processes = (0..).zip(urls).map(start).collect();
        Some(Self { processes, orders, _database: database, _seat: seat })
    }

    /// Torments them until they have ended. The histories are kept if a promise was broken.
    pub(crate) fn torment(self, tormentor: &mut Tormentor<'_>) -> Verdict {
        self.torment_and_judge(tormentor, History::check)
    }

    /// The same, judged in another way.
    pub(crate) fn torment_and_judge(
        self,
        tormentor: &mut Tormentor<'_>,
        judge: impl FnOnce(&History) -> Verdict,
    ) -> Verdict {
        let mut rng = Rng::with_seed(self.orders.seed);
        while self.processes.iter().any(|process| !process.has_ended()) {
            thread::sleep(Duration::from_millis(rng.u64(..50)));
            tormentor.turn(&mut rng);
        }
        let files = (0..).zip(&self.processes).map(|(number, _)| self.orders.history(number)).collect::<Vec<_>>();
        for process in self.processes {
            eprint!("{}", process.join());
        }
        let history = History::read(self.orders.seed, files).expect("every process has written its history");
        let verdict = judge(&history);
        if verdict.counterexamples().is_empty() {
            let _ = fs::remove_dir_all(&self.orders.dir);
        } else {
            eprintln!("the histories are in {}", self.orders.dir.display());
        }
        eprintln!("{verdict}{}", tormentor.told());
        verdict
    }
}

/// A cache that reads versions after the computation breaks promises, and the judge notices.
pub(crate) fn assert_noticed(url: &str) {
    let mut broken = [0; Promise::ALL.len()];
    // A machine that is busy with other things does not get that far the first time.
    for _ in 0..5 {
        let Some(run) = Run::new(Driver::Naive, url.to_owned(), Duration::from_secs(4)) else { return };
        let verdict = run.torment(&mut Tormentor::default());
        for (broken, promise) in broken.iter_mut().zip(Promise::ALL) {
            *broken += verdict.count(promise);
        }
        let [stale, back_in_time, own] = broken;
        if stale > 1000 && back_in_time > 0 && own > 0 {
            return;
        }
    }
    panic!("stale, back in time, stale to itself: {broken:?}");
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}
