//! What calls cost, counted at the socket: round trips, and the commands in them.

use std::sync::Arc;

use easycache_core::{Cache, Policy, Targets};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::{
    Proxy, Tally,
    server::{Memcached, until},
};

/// A cache whose way to the server is counted.
struct Counted {
    _server: Memcached,
    proxy: Proxy,
    cache: Cache,
}

impl Counted {
    async fn start() -> Option<Self> {
        let server = Memcached::start()?;
        let proxy = Proxy::to(server.address());
        let backend = MemcachedBackend::connect(&format!("memcached://{}", proxy.address())).await;
        let backend = Arc::new(backend.expect("the server was just started"));
        let cache = Cache::builder().backend(backend).deadline("10s").build().expect("nothing contradicts itself");
        Some(Self { _server: server, proxy, cache })
    }

    /// What that has cost.
    async fn cost<R>(&self, work: impl Future<Output = R>) -> (R, Tally) {
        self.proxy.reset();
        let done = work.await;
        (done, self.proxy.tally())
    }

    async fn call(&self, key: &str, value: u32) -> (u32, Tally) {
        let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
        let (value, tally) = self.cost(self.cache.get_or_compute(key, policy, || async move { value })).await;
        (value.expect("the call returns"), tally)
    }

    /// Waits for what the last call has left to do in the background.
    fn is_quiet(&self) {
        assert_eq!(self.cache.stats().in_flight, 0);
    }
}

/// Value, two tags, prefix, everything.
const NAMES: usize = 5;

#[tokio::test]
async fn a_hit_is_one_round_trip_and_changes_nothing() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    let (value, tally) = it.call("k", 2).await;
    assert_eq!((value, tally.round_trips()), (1, 1));
    assert_eq!(tally.commands(), ["MG"; NAMES]);
}

#[tokio::test]
async fn a_miss_is_one_round_trip_and_the_fill_is_another() {
    let Some(it) = Counted::start().await else { return };
    let (_, cold) = it.call("cold", 1).await;
    assert_eq!(cold.round_trips(), 3, "stamps that are not there cost one more");
    assert_eq!(cold.count("MS"), NAMES - 1 + 1);
    let (_, warm) = it.call("warm", 1).await;
    assert_eq!(warm.round_trips(), 2);
    assert_eq!((warm.count("MG"), warm.count("MS")), (NAMES, 1));
}

#[tokio::test]
async fn an_outdated_value_costs_two_round_trips_and_the_fill() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    it.cache.invalidate_tags(["a"]).await.unwrap();
    let (value, tally) = it.call("k", 2).await;
    assert_eq!((value, tally.round_trips()), (2, 3));
    it.is_quiet();
}

#[tokio::test]
async fn an_invalidation_of_any_number_of_names_is_one_round_trip() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    let targets = Targets::new().key("p|k").tags(["a", "b", "c"]).prefix("p");
    let (done, tally) = it.cost(it.cache.invalidate(targets)).await;
    done.unwrap();
    assert_eq!(tally.round_trips(), 1);
    // Each stamp has a twin, which those read who may be served what has expired.
    assert_eq!((tally.count("MS"), tally.count("MD"), tally.commands().len()), (8, 1, 9));
    let (done, tally) = it.cost(it.cache.clear()).await;
    done.unwrap();
    assert_eq!((tally.round_trips(), tally.commands()), (1, &["MS".to_owned(), "MS".to_owned()][..]));
}

#[tokio::test]
async fn to_expire_is_one_round_trip_and_one_more_for_a_key() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    let (done, tally) = it.cost(it.cache.expire(Targets::new().tags(["a", "b"]).prefix("p"))).await;
    done.unwrap();
    assert_eq!((tally.round_trips(), tally.commands()), (1, &["MS".to_owned(), "MS".to_owned(), "MS".to_owned()][..]));
    let (done, tally) = it.cost(it.cache.expire_key("p|k")).await;
    done.unwrap();
    assert_eq!((tally.round_trips(), tally.count("MG"), tally.count("MS")), (2, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_serve_what_has_expired_is_one_round_trip_and_its_lease_and_fill_are_two_that_nobody_waits_for() {
    let Some(it) = Counted::start().await else { return };
    let policy = || Policy::ttl("1h").stale_while_revalidate("1h");
    let read = async |value: u32| it.cache.get_or_refresh("k", policy(), move || async move { value }).await.unwrap();
    read(1).await;
    it.cache.expire_key("k").await.unwrap();
    it.proxy.reset();
    assert_eq!(read(2).await, 1);
    until("the next is stored", || (it.cache.stats().in_flight == 0).then_some(()));
    let tally = it.proxy.tally();
    assert_eq!(tally.round_trips(), 3);
    // Value, lease, everything and its twin; the same, and what claims the lease, once more; what ends it.
    assert_eq!(tally.commands()[..4], ["MG"; 4]);
    assert_eq!((tally.count("MG"), tally.count("MS"), tally.count("MD")), (4 + 4, 3 + 1, 1));
    assert_eq!(read(3).await, 2);
}

#[tokio::test]
async fn a_refresh_costs_one_round_trip_and_the_fill() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
    let (done, tally) = it.cost(it.cache.set("k", 9, policy)).await;
    done.unwrap();
    assert_eq!(tally.round_trips(), 2);
}

#[tokio::test]
async fn many_values_are_one_round_trip() {
    let Some(it) = Counted::start().await else { return };
    let keys = (0..50).map(|key| format!("k{key}")).collect::<Vec<_>>();
    for key in &keys {
        it.call(key, 1).await;
    }
    let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
    let (found, tally) = it.cost(it.cache.get_many_with::<u32>(&keys, policy)).await;
    assert!(found.unwrap().iter().all(|value| *value == Some(1)));
    assert_eq!((tally.round_trips(), tally.commands().len()), (1, 50 + NAMES - 1));
}

#[tokio::test]
async fn a_value_by_its_key_alone_is_two_round_trips() {
    let Some(it) = Counted::start().await else { return };
    it.call("k", 1).await;
    let (found, tally) = it.cost(it.cache.get::<u32>("p|k")).await;
    assert_eq!((found.unwrap(), tally.round_trips()), (Some(1), 2));
}
