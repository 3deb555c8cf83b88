//! Counters and sentinels of several processes at once. The same file for each kind of server.

use std::time::Duration;

use easycache_core::{
    Deadline,
    collections::{CacheValue, Sentinel},
};
use easycache_testkit::Sibling;
use tokio::task::JoinSet;

use crate::{cache, started};

const PROCESSES: usize = 3;
/// How many callers each of them has.
const CALLERS: usize = 4;
/// How often each of them adds, and subtracts.
const TIMES: i64 = 50;
const SENTINELS: usize = 10;

#[tokio::test]
async fn of_the_callers_of_several_processes_each_counts_and_one_passes() {
    let Some((_server, url)) = started() else { return };
    let siblings = [(); PROCESSES].map(|()| Sibling::start("processes::child", &url));
    let passed = siblings.map(|sibling| sibling.join().trim().parse::<usize>().expect("it says how many have passed"));
    assert_eq!(passed.into_iter().sum::<usize>(), SENTINELS, "{passed:?}");
    let count = CacheValue::<i64>::new(&cache(&url).await, "count").get().await.unwrap();
    assert_eq!(count, i64::try_from(PROCESSES * CALLERS).ok().map(|callers| callers * TIMES * (5 - 2)));
}

/// Says how many of its callers have passed a sentinel.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of the other test, which starts it"]
async fn child() {
    let cache = cache(&Sibling::orders()).await;
    let (count, ready) = (CacheValue::<i64>::new(&cache, "count"), CacheValue::<i64>::new(&cache, "ready"));
    // All at once: whoever is early waits for the others.
    ready.increment(1).await.unwrap();
    let over = Deadline::after(Duration::from_secs(20));
    while ready.get().await.unwrap() < i64::try_from(PROCESSES).ok() {
        assert!(!over.left().is_zero(), "the others do not come");
    }
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let count = count.clone();
        let sentinels = (0..SENTINELS).map(|number| Sentinel::new(&cache, &format!("first:{number}"), "1h"));
        let sentinels = sentinels.collect::<Vec<_>>();
        callers.spawn(async move {
            for _ in 0..TIMES {
                count.increment(5).await.unwrap();
                count.decrement(2).await.unwrap();
            }
            let mut passed = 0;
            for sentinel in sentinels {
                passed += usize::from(sentinel.pass().await.unwrap());
            }
            passed
        });
    }
    eprintln!("{}", callers.join_all().await.into_iter().sum::<usize>());
}
