//! What a cache does in any trouble.

use std::{
    sync::atomic::{AtomicI32, Ordering::SeqCst},
    time::Duration,
};

use easycache_core::{Cache, Deadline, Error, ErrorKind, OnError, Policy};
use easycache_redis::RedisBackend;

/// How long a call waits for a server that is silent.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long a call takes at most that waits no longer than that, and computes: on a machine that has other things to do.
const BOUND: Duration = Duration::from_secs(4);
/// How long a call waits for a server that answers, when the machine is busy.
const LONG: Duration = Duration::from_secs(20);

/// Something that is wrong with a server, or the way to it, for a while.
pub(crate) struct Trouble<'a> {
    /// Where caches connect to.
    pub(crate) url: &'a str,
    pub(crate) begin: &'a (dyn Fn() + Sync),
    pub(crate) end: &'a (dyn Fn() + Sync),
    /// Whether nothing is answered. Where something is, nobody waits, however long he would.
    pub(crate) silent: bool,
    /// What kind of error an invalidation returns meanwhile.
    pub(crate) kind: ErrorKind,
    /// What it says among other things.
    pub(crate) says: &'a str,
}

/// A cache on that server, as each process has one, that gives up soon.
pub(crate) fn cache(url: &str) -> Cache {
    cache_with(url, PATIENCE)
}

/// One that does not give up because the machine is busy.
pub(crate) fn patient_cache(url: &str) -> Cache {
    cache_with(url, LONG)
}

fn cache_with(url: &str, deadline: Duration) -> Cache {
    let backend = RedisBackend::lazy(url).expect("the URL is well-formed");
    Cache::builder().backend(backend).deadline(deadline).build().expect("the settings are in range")
}

pub(crate) fn policy() -> Policy {
    Policy::ttl("1h").tags(["a"]).prefix("p")
}

/// The value, or else this one.
pub(crate) async fn value(cache: &Cache, computes: i32) -> i32 {
    let value = cache.get_or_compute("key", policy(), || async move { computes });
    value.await.expect("it is computed in trouble")
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let deadline = Deadline::after(BOUND);
    let done = work.await;
    assert!(!deadline.left().is_zero(), "it has taken longer than {BOUND:?}");
    done
}

/// A value that was not there before is there for the next call. Tells which.
pub(crate) async fn works_again(cache: &Cache) -> i32 {
    static NEXT: AtomicI32 = AtomicI32::new(1000);
    let deadline = Deadline::after(LONG);
    loop {
        let computes = NEXT.fetch_add(2, SeqCst);
        let first = value(cache, computes).await;
        let second = value(cache, computes + 1).await;
        if first == second {
            return first;
        }
        assert!(!deadline.left().is_zero(), "nothing is stored any more: {}", cache.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until everything that has failed is acknowledged.
pub(crate) async fn acknowledged(cache: &Cache) {
    let deadline = Deadline::after(LONG);
    while cache.stats().unconfirmed > 0 {
        assert!(!deadline.left().is_zero(), "the invalidation is not repeated: {}", cache.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Trouble<'_> {
    /// That caches endure it.
    pub(crate) async fn endure(self) {
        Box::pin(self.all_of_it()).await;
    }

    async fn all_of_it(self) {
        let new = || if self.silent { cache(self.url) } else { patient_cache(self.url) };
        let [here, elsewhere] = [new(), new()];
        let deadline = Deadline::after(LONG);
        while [value(&here, 1).await, value(&elsewhere, 0).await] != [1, 1] {
            assert!(!deadline.left().is_zero(), "what one process stores another does not find");
            // It had not been stored in time.
            let _ = here.clear().await;
            acknowledged(&here).await;
        }

        (self.begin)();
        let error = in_time(here.invalidate_tags(["a"])).await.expect_err("it cannot be done");
        self.is_told(&error);
        // Now the value that is stored is old, and who has tried to invalidate it does not see it.
        for computes in 2..5 {
            assert_eq!(in_time(value(&here, computes)).await, computes);
        }
        assert_eq!(here.get::<i32>("p|key").await.ok().flatten(), None);
        let (sync, computes) = (here.clone(), || 5);
        let call = move || sync.blocking().get_or_compute("key", policy(), computes);
        assert_eq!(in_time(tokio::task::spawn_blocking(call)).await.unwrap().unwrap(), 5);
        let error = in_time(here.set("key", 6, policy())).await.expect_err("an invalidation is not done yet");
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Refused), "{error}");
        // Who has not invalidated anything computes as well, or finds what is stored.
        let there = in_time(value(&elsewhere, 7)).await;
        assert!([1, 7].contains(&there), "{there}");
        let stats = here.stats();
        assert!(stats.unconfirmed > 0 && stats.misses.unreachable >= 4, "{stats:?}");

        (self.end)();
        acknowledged(&here).await;
        let there = value(&elsewhere, 8).await;
        assert!(there > 1, "what was invalidated is found");
        let now = works_again(&here).await;
        assert!(now > 1, "what was invalidated is found");
        assert_eq!(works_again(&elsewhere).await, now, "both find the same");
        // Done, or repeated: the machine may be busy.
        let _ = here.invalidate_tags(["a"]).await;
        acknowledged(&here).await;
        assert_eq!(value(&elsewhere, 9).await, 9);
    }

    fn is_told(&self, error: &Error) {
        assert_eq!(error.kind(), self.kind, "{error}");
        let text = error.to_string();
        assert!(text.contains("the invalidation is not done") && text.contains(self.says), "{text}");
        assert!(text.contains("127.0.0.1:"), "it names the server: {text}");
    }
}

/// Who wants to know of trouble is told, in time.
pub(crate) async fn fails_where_it_is_asked_to(cache: &Cache) -> Error {
    let policy = policy().on_error(OnError::Fail);
    let call = cache.try_get_or_compute("key", policy, || async { Ok::<_, Error>(0) });
    in_time(call).await.expect_err("the server is in trouble")
}
