//! What things cost, counted at the socket.
//!
//! | what | round trips | commands |
//! |---|---|---|
//! | a hit, tags from the arguments | 1 | one `MGET` |
//! | a hit, tags from the value | 1; 2 if this process does not know them yet | `MGET`s |
//! | a miss, whether there is nothing or something invalid | 2, and 1 to store | `MGET`, two scripts |
//! | … whose result tells tags that nobody could guess | 1 more | a script |
//! | stamps that are not there yet | none | none |
//! | a refresh, `set`, `put` | 1, and 1 to store | two scripts |
//! | an invalidation of any number of names | 1 | `SET` for each stamp and its twin, and for the clock of tags, `UNLINK` for each key |
//! | … that waits for replicas | 1 | `WAIT` as well |
//! | `clear` | 1 | two `SET`s |
//! | a mutation with `#[invalidates]` | as an invalidation | as an invalidation |
//! | a peek | 1 | one `MGET` |
//! | `get` or `get_many`, whatever they depend on | 2; 1 if nothing is there | one `MGET` for values, one for stamps |
//! | `get_or_compute_many` of any number of keys | 1; 1 more for all leases, and 1 to store all of it, if any is missing | one `MGET`, two scripts for each that is missing |
//! | to share another caller's computation | 1 | one `MGET` |
//! | one operation on a collection, or several sent together | 1 | those of each; one for each 5 000 members |
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "round_trips/collections.rs"]
mod collections;

use std::{collections::BTreeMap, future::IntoFuture, time::Duration};

use easycache_core::{
    Cache, Policy, Targets, Verb,
    private::{BlockingEntry, Found, Mode, Names, Site, Ttl, arm, compute, entry, find, outcome, portable},
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Proxy,
    server::{RedisServer, until},
};
use tokio::sync::oneshot;

/// A cache whose connection is counted.
struct Counted {
    proxy: Proxy,
    cache: Cache,
    url: String,
    server: RedisServer,
}

impl Counted {
    /// The connection is there.
    async fn start() -> Option<Self> {
        Self::with("").await
    }

    async fn with(options: &str) -> Option<Self> {
        let server = RedisServer::start()?;
        let proxy = Proxy::to(server.address());
        let url = format!("{}{options}", proxy.url());
        let cache = cache(&url).await;
        cache.get::<u64>("any").await.unwrap();
        Some(Self { proxy, cache, url, server })
    }

    /// Another process.
    async fn other(&self) -> Cache {
        let cache = cache(&self.url).await;
        cache.get::<u64>("any").await.unwrap();
        cache
    }

    /// How many round trips that takes, and the commands that are sent.
    async fn cost(&self, work: impl IntoFuture) -> (usize, Vec<String>) {
        self.proxy.reset();
        work.await;
        self.tally()
    }

    fn tally(&self) -> (usize, Vec<String>) {
        let tally = self.proxy.tally();
        (tally.round_trips(), tally.commands().to_vec())
    }
}

async fn cache(url: &str) -> Cache {
    let cache = Cache::builder().namespace("shop").deadline("30s");
    cache.backend(RedisBackend::connect(url).await.unwrap()).build().unwrap()
}

fn policy() -> Policy {
    Policy::ttl("1h").tags(["a", "b"]).prefix("p/q")
}

async fn number(cache: &Cache, policy: Policy) -> u64 {
    // In a box: the future of a call is some kilobytes large.
    Box::pin(cache.get_or_compute("key", policy, || async { 1 })).await.unwrap()
}

fn cost(round_trips: usize, commands: &[&str]) -> (usize, Vec<String>) {
    (round_trips, commands.iter().map(|&command| command.to_owned()).collect())
}

#[tokio::test]
async fn a_hit_is_one_command_in_one_round_trip() {
    let Some(it) = Counted::start().await else { return };
    number(&it.cache, policy()).await;
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(1, &["MGET"]));
    let other = it.other().await;
    assert_eq!(it.cost(number(&other, policy())).await, cost(1, &["MGET"]), "another process has stored it");
    let many = Policy::ttl("1h").tags((0..100).map(|tag| tag.to_string()));
    number(&it.cache, many.clone()).await;
    assert_eq!(it.cost(number(&it.cache, many)).await, cost(1, &["MGET"]));
    assert_eq!(it.cache.stats().hits, 2);
}

#[test]
fn a_hit_of_a_caller_that_is_not_async_is_one_command_in_one_round_trip() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let cache = Cache::builder().backend(RedisBackend::lazy(&proxy.url()).unwrap()).build().unwrap();
    let call = || cache.blocking().get_or_compute("key", policy(), || 1).unwrap();
    call();
    proxy.reset();
    call();
    assert_eq!((proxy.tally().round_trips(), proxy.tally().commands()), (1, &["MGET".to_owned()][..]));
}

#[tokio::test]
async fn a_miss_is_two_round_trips_and_one_to_store() {
    let Some(it) = Counted::start().await else { return };
    let miss = cost(3, &["MGET", "EVALSHA", "EVALSHA"]);
    assert_eq!(it.cost(number(&it.cache, policy())).await, miss, "neither a value nor stamps");
    it.cache.invalidate_key("p/q|key").await.unwrap();
    assert_eq!(it.cost(number(&it.cache, policy())).await, miss, "no value");
    it.cache.invalidate_tags(["a"]).await.unwrap();
    assert_eq!(it.cost(number(&it.cache, policy())).await, miss, "an invalid value");
    let others = policy().tags(["c"]);
    assert_eq!(it.cost(number(&it.cache, others)).await, miss, "a value with other tags");
    it.server.command(&["SET", "shop:v:{p/q|key}", "garbage of some length"]);
    assert_eq!(it.cost(number(&it.cache, policy())).await, miss, "garbage");
    it.server.command(&["DEL", "shop:t:a"]);
    assert_eq!(it.cost(number(&it.cache, policy())).await, miss, "a stamp is lost");
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(1, &["MGET"]));
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_cost_a_round_trip_once() {
    let Some(it) = Counted::start().await else { return };
    it.server.command(&["SCRIPT", "FLUSH"]);
    let forgotten = cost(5, &["MGET", "EVALSHA", "EVAL", "EVALSHA", "EVAL"]);
    assert_eq!(it.cost(number(&it.cache, policy())).await, forgotten);
    it.cache.invalidate_tags(["a"]).await.unwrap();
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(3, &["MGET", "EVALSHA", "EVALSHA"]));
}

#[tokio::test]
async fn a_value_that_is_there_already_is_stored_in_two_round_trips() {
    let Some(it) = Counted::start().await else { return };
    for _there in [false, true] {
        let set = it.cost(async { it.cache.set("key", 1_u64, policy()).await.unwrap() }).await;
        assert_eq!(set, cost(2, &["EVALSHA", "EVALSHA"]));
    }
}

#[tokio::test]
async fn an_invalidation_of_any_number_of_names_is_one_round_trip() {
    let Some(it) = Counted::start().await else { return };
    let names = |kind: &'static str| (0..50).map(move |number| format!("{kind}{number}"));
    let targets = names("key").fold(Targets::new().tags(names("tag")), |targets, key| targets.key(&key));
    let targets = names("prefix").fold(targets, |targets, prefix| targets.prefix(&prefix));
    for _again in 0..2 {
        let (round_trips, commands) = it.cost(async { it.cache.invalidate(targets.clone()).await.unwrap() }).await;
        assert_eq!(round_trips, 1);
        let count = |name| commands.iter().filter(|command| *command == name).count();
        assert_eq!(
            (count("SET"), count("UNLINK"), commands.len()),
            (201, 50, 251),
            "stamps with their twins, and the clock of tags"
        );
        let policy = Policy::ttl("1h").tags(names("tag")).prefix("prefix0");
        it.cache.get_or_compute("key0", policy, || async { 1 }).await.unwrap();
    }
    let key = it.cost(async { it.cache.invalidate_key("key").await.unwrap() }).await;
    assert_eq!(key, cost(1, &["UNLINK"]));
    let prefix = it.cost(async { it.cache.invalidate_prefix("p").await.unwrap() }).await;
    assert_eq!(prefix, cost(1, &["SET", "SET"]));
    let tag = it.cost(async { it.cache.invalidate_tags(["a"]).await.unwrap() }).await;
    assert_eq!(tag, cost(1, &["SET", "SET", "SET"]));
    let all = it.cost(async { it.cache.clear().await.unwrap() }).await;
    assert_eq!(all, cost(1, &["SET", "SET"]));
}

/// What a function with `#[invalidates]` does when its body is over: its names are invalid in this process at once, and
/// no longer than it takes.
#[tokio::test]
async fn a_mutation_is_one_round_trip_and_what_follows_is_cached() {
    let Some(it) = Counted::start().await else { return };
    number(&it.cache, policy()).await;
    let armed = arm(&FUNCTION, Some(&it.cache), Verb::Invalidate, |targets| {
        *targets = std::mem::take(targets).tags(["a"]).prefix("p").key("p/q|key");
    });
    assert_eq!(it.cost(armed.settle(false)).await, cost(1, &["SET", "SET", "SET", "SET", "SET", "UNLINK"]));
    assert_eq!(it.cache.stats().unconfirmed, 0);
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(3, &["MGET", "EVALSHA", "EVALSHA"]));
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(1, &["MGET"]));
    // Longer than anything waits that is repeated in the background.
    tokio::time::sleep(Duration::from_millis(120)).await;
    assert_eq!(it.cost(number(&it.cache, policy())).await, cost(1, &["MGET"]), "it is not invalidated once more");
}

#[tokio::test]
async fn an_invalidation_that_waits_for_replicas_is_one_round_trip() {
    let Some(it) = Counted::with("?wait=1&wait_timeout=2s").await else { return };
    let Some(_replica) = RedisServer::builder().start_replica_of(&it.server) else { return };
    // It has a connection of its own.
    it.cache.invalidate_tags(["a"]).await.unwrap();
    let tag = it.cost(async { it.cache.invalidate_tags(["a"]).await.unwrap() }).await;
    assert_eq!(tag, cost(1, &["SET", "SET", "SET", "WAIT"]));
}

#[tokio::test]
async fn a_batch_is_two_round_trips_however_many_keys() {
    let Some(it) = Counted::start().await else { return };
    let keys = (0..100).map(|number| format!("p|{number}")).collect::<Vec<_>>();
    let absent = it.cost(async { assert_eq!(it.cache.get_many::<u64>(&keys).await.unwrap(), [None; 100]) }).await;
    assert_eq!(absent, cost(1, &["MGET"]));
    for number in 0..100_u64 {
        let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
        it.cache.set(&number.to_string(), number, policy).await.unwrap();
    }
    let all = (0..100).map(Some).collect::<Vec<_>>();
    let batch = it.cost(async { assert_eq!(it.cache.get_many::<u64>(&keys).await.unwrap(), all) }).await;
    assert_eq!(batch, cost(2, &["MGET", "MGET"]));
    let one = it.cost(async { assert_eq!(it.cache.get::<u64>("p|7").await.unwrap(), Some(7)) }).await;
    assert_eq!(one, cost(2, &["MGET", "MGET"]));
}

#[tokio::test]
async fn a_thousand_keys_are_one_read_and_what_is_computed_of_them_one_fill() {
    let Some(it) = Counted::start().await else { return };
    let read = async |keys: std::ops::Range<u64>| {
        let lengths = |keys: Vec<String>| keys.into_iter().map(|key| (key.clone(), key.len())).collect();
        let keys = keys.map(|key| key.to_string()).collect::<Vec<_>>();
        let compute = async |missing| lengths(missing);
        let values: BTreeMap<String, usize> =
            it.cache.get_or_compute_many(keys.clone(), policy(), compute).await.unwrap();
        assert_eq!(values, lengths(keys));
    };
    let mut costs = Vec::new();
    for there in [900, 1000, 1100] {
        // On a machine that stands still, leases may end before what was computed under them is stored.
        for _ in 0..20 {
            if it.cache.stats().stored < there {
                Box::pin(read(0..there)).await;
            }
        }
        costs.push(it.cost(Box::pin(read(0..there + 100))).await);
    }
    // Two scripts for each that is missing. Where it stands still, a wave may arrive in parts and seem to be several.
    let is_right = |(round_trips, commands): &(usize, Vec<String>)| {
        (*round_trips, commands[0].as_str(), commands.len()) == (3, "MGET", 201)
    };
    let told = costs.iter().map(|(round_trips, commands)| (round_trips, commands.len())).collect::<Vec<_>>();
    assert!(costs.iter().any(is_right), "{told:?}");
    assert_eq!(it.cost(Box::pin(read(0..900))).await, cost(1, &["MGET"]), "all of it is there");
}

static FUNCTION: Site = Site::new("tests::function");
static OPEN: Site = Site::new("tests::open").open_tags();

fn names(names: &mut Names) {
    names.key(|text| text.literal("key"));
    names.tags(["a"]);
}

/// A call of a function, or a refresh, whose result has these tags as well.
async fn call(site: &'static Site, mode: Mode, cache: &Cache, of_result: &[&str]) -> u64 {
    let shape = portable(outcome!(u64));
    match find(site, mode, Some(cache), &shape, |args| args.arg(&"key"), names) {
        Found::Hit(value) => value,
        Found::Miss(miss) => compute(miss, shape, async { 1 }, |_, keep| keep.tags(of_result)).await,
    }
}

fn handle(cache: &Cache) -> BlockingEntry<'_, u64> {
    entry(&FUNCTION, Some(cache), portable(outcome!(u64)), Ttl::none(), names, |_, _| {})
}

#[tokio::test]
async fn a_refresh_is_one_round_trip_and_one_to_store() {
    let Some(it) = Counted::start().await else { return };
    for _there in [false, true] {
        let refresh = it.cost(call(&FUNCTION, Mode::Refresh, &it.cache, &[])).await;
        assert_eq!(refresh, cost(2, &["EVALSHA", "EVALSHA"]));
    }
}

#[tokio::test]
async fn a_peek_is_one_round_trip_and_takes_no_lease() {
    let Some(it) = Counted::start().await else { return };
    let entry: easycache_core::Entry<'_, u64> = handle(&it.cache).into();
    let peek = it.cost(async { assert_eq!(entry.peek().await.unwrap(), None) }).await;
    assert_eq!(peek, cost(1, &["MGET"]));
    let put = it.cost(async { entry.put(&1).await.unwrap() }).await;
    assert_eq!(put, cost(2, &["EVALSHA", "EVALSHA"]));
    let peek = it.cost(async { assert_eq!(entry.peek().await.unwrap(), Some(1)) }).await;
    assert_eq!(peek, cost(1, &["MGET"]));
    assert_eq!(it.server.command(&["EXISTS", "shop:l:{key}"]).int(), 0);
}

#[tokio::test]
async fn a_hit_whose_value_tells_its_tags_is_one_round_trip_once_they_are_known() {
    let Some(it) = Counted::start().await else { return };
    let read = |cache: Cache| async move { call(&OPEN, Mode::Read, &cache, &["x", "y"]).await };
    let unknown = it.cost(read(it.cache.clone())).await;
    assert_eq!(unknown, cost(4, &["MGET", "EVALSHA", "EVALSHA", "EVALSHA"]), "nobody could guess them");
    assert_eq!(it.cost(read(it.cache.clone())).await, cost(1, &["MGET"]), "this process has seen them");
    let other = it.other().await;
    assert_eq!(it.cost(read(other.clone())).await, cost(2, &["MGET", "MGET"]), "that process has not");
    assert_eq!(it.cost(read(other.clone())).await, cost(1, &["MGET"]));
    it.cache.invalidate_tags(["y"]).await.unwrap();
    let known = it.cost(read(it.cache.clone())).await;
    assert_eq!(known, cost(3, &["MGET", "EVALSHA", "EVALSHA"]), "they were guessed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_shares_a_computation_looks_once() {
    const SHARERS: usize = 20;
    let Some(it) = Counted::start().await else { return };
    let (go, gate) = oneshot::channel::<()>();
    let (tell, began) = oneshot::channel();
    let leader = tokio::spawn({
        let cache = it.cache.clone();
        let body = async move || {
            tell.send(()).unwrap();
            gate.await.unwrap();
            7
        };
        async move { cache.get_or_compute("key", policy(), body).await.unwrap() }
    });
    began.await.unwrap();
    it.proxy.reset();
    let sharers = (0..SHARERS).map(|_| {
        let cache = it.cache.clone();
        tokio::spawn(async move { cache.get_or_compute("key", policy(), || async { 9 }).await.unwrap() })
    });
    let sharers = sharers.collect::<Vec<_>>();
    until("all have missed", || (it.cache.stats().misses.absent == SHARERS as u64 + 2).then_some(()));
    // They wait now, or are about to.
    tokio::task::yield_now().await;
    go.send(()).unwrap();
    assert_eq!(leader.await.unwrap(), 7);
    for sharer in sharers {
        assert_eq!(sharer.await.unwrap(), 7);
    }
    let (round_trips, commands) = it.tally();
    assert!(round_trips <= SHARERS + 1);
    let count = |name| commands.iter().filter(|command| *command == name).count();
    assert_eq!((count("MGET"), count("EVALSHA"), commands.len()), (SHARERS, 1, SHARERS + 1));
}

/// What is asked at the same time is sent without waiting for answers in between.
#[tokio::test]
async fn callers_share_a_connection_and_its_round_trips() {
    let Some(it) = Counted::start().await else { return };
    number(&it.cache, policy()).await;
    it.proxy.reset();
    let hits = (0..50).map(|_| {
        let cache = it.cache.clone();
        tokio::spawn(async move { number(&cache, policy()).await })
    });
    for hit in hits.collect::<Vec<_>>() {
        hit.await.unwrap();
    }
    let tally = it.proxy.tally();
    assert_eq!((tally.connections(), tally.commands().len(), tally.count("MGET")), (0, 50, 50));
    assert!(tally.round_trips() <= 25, "{}", tally.round_trips());
}

#[tokio::test]
async fn a_connection_is_made_in_two_round_trips() {
    let Some(it) = Counted::start().await else { return };
    let fresh = Cache::builder().namespace("shop").backend(RedisBackend::lazy(&it.url).unwrap()).build().unwrap();
    it.proxy.reset();
    fresh.get::<u64>("any").await.unwrap();
    let tally = it.proxy.tally();
    assert_eq!((tally.connections(), tally.round_trips()), (1, 3), "{:?}", tally.commands());
}
