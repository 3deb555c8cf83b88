//! Every clause of collections, on real servers; and what other programs see of them.

use std::{fmt, process::Command, time::Duration};

use easycache_core::{
    Cache, Deadline, ErrorKind,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue},
};
use easycache_redis::RedisBackend;
use easycache_testkit::{
    OwningBackend, collections_conformance,
    server::{RedisCluster, RedisServer, Share, Shared},
};

async fn on<S: fmt::Debug + Send + Sync>(servers: &'static Shared<S>, url: impl FnOnce(&S) -> String) -> Option<Cache> {
    let servers = servers.get()?;
    let backend = RedisBackend::connect(&url(&servers)).await.expect("the servers were just started");
    let backend = OwningBackend::<_, Share<S>>::new(backend, servers);
    Some(Cache::builder().namespace("shop").backend(backend).build().expect("the settings are good"))
}

mod single_server {
    use super::*;

    static SERVER: Shared<RedisServer> = Shared::new(RedisServer::start);

    collections_conformance!(on(&SERVER, RedisServer::url));
}

mod cluster {
    use super::*;

    static CLUSTER: Shared<RedisCluster> = Shared::new(RedisCluster::start);

    collections_conformance!(on(&CLUSTER, RedisCluster::url), apart);
}

/// What `redis-cli` prints.
fn redis_cli(server: &RedisServer, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &server.port().to_string()]).args(arguments).output();
    let output = output.expect("redis-cli comes with redis-server");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn other_programs_read_what_is_plain_and_collections_read_what_they_write() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let cache = Cache::builder().namespace("shop").backend(backend).build().unwrap();

    let visits = CacheValue::<i64>::new(&cache, "visits");
    visits.increment(41).await.unwrap();
    assert_eq!(redis_cli(&server, &["GET", "shop:value:{visits}"]), "41");
    assert_eq!(redis_cli(&server, &["INCR", "shop:value:{visits}"]), "42");
    assert_eq!(visits.get().await.unwrap(), Some(42));

    let motto = CacheValue::<String>::of(&cache, "motto", &("Ann", 7));
    motto.set(&"Measure, twice.".to_owned()).await.unwrap();
    assert_eq!(redis_cli(&server, &["GET", "shop:value:{motto:(\"Ann\",7)}"]), "Measure, twice.");

    let stock = CacheMap::<String, f64>::new(&cache, "stock");
    stock.insert("tea", &1.5).await.unwrap();
    assert_eq!(redis_cli(&server, &["HGET", "shop:map:{stock}", "tea"]), "1.5");
    redis_cli(&server, &["HSET", "shop:map:{stock}", "coffee", "0.25"]);
    assert_eq!(stock.get("coffee").await.unwrap(), Some(0.25));

    let team = CacheSet::<u32>::new(&cache, "team");
    team.extend([7, 8]).await.unwrap();
    assert_eq!(redis_cli(&server, &["SISMEMBER", "shop:set:{team}", "7"]), "1");
    redis_cli(&server, &["SADD", "shop:set:{team}", "9"]);
    assert!(team.contains(&9).await.unwrap());

    let ranking = CacheSortedSet::<String>::new(&cache, "ranking");
    ranking.insert("Ann", 30.0).await.unwrap();
    redis_cli(&server, &["ZADD", "shop:sorted:{ranking}", "inf", "Bob"]);
    assert_eq!(ranking.by_rank_descending(..1).await.unwrap(), [("Bob".to_owned(), f64::INFINITY)]);
    assert_eq!(redis_cli(&server, &["ZSCORE", "shop:sorted:{ranking}", "Ann"]), "30");

    // What is no number there is an error that shows it, not a number.
    redis_cli(&server, &["SET", "shop:value:{visits}", "many"]);
    let error = visits.get().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Encoding && error.to_string().contains("many"), "{error}");
    // Nor is something of another kind.
    redis_cli(&server, &["LPUSH", "shop:set:{list}", "1"]);
    let error = CacheSet::<u32>::new(&cache, "list").len().await.unwrap_err();
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
}

/// How much memory this process has, in bytes. None where nobody tells.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[tokio::test]
async fn a_walk_through_a_large_collection_holds_a_page_of_it() {
    const MEMBERS: usize = 100_000;
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let cache = Cache::builder().namespace("shop").deadline("20s").backend(backend).build().unwrap();
    // Written where it is kept: what is measured is the walk. All members are 60 megabytes.
    let fill = "for at = ARGV[1], ARGV[1] + 9999, 5000 do local some = {} \
                for i = at, at + 4999 do some[#some + 1] = string.rep('0', 594) .. string.format('%06d', i) end \
                redis.call('SADD', KEYS[1], unpack(some)) end return redis.call('SCARD', KEYS[1])";
    for at in (0..MEMBERS).step_by(10_000) {
        let filled = server.command(&["EVAL", fill, "1", "shop:set:{large}", &at.to_string()]).int();
        assert_eq!(usize::try_from(filled), Ok(at + 10_000));
    }

    let set = CacheSet::<String>::new(&cache, "large");
    let mut told = vec![false; MEMBERS];
    let (mut walk, mut read, mut most) = (set.stream(), 0, 0);
    let before = memory();
    while let Some(member) = walk.next().await {
        told[member.unwrap().parse::<usize>().unwrap()] = true;
        if read % 2_000 == 0 {
            most = memory().unwrap_or_default().max(most);
        }
        read += 1;
    }
    assert!(told.into_iter().all(|told| told), "every member is told");
    let grown = most.saturating_sub(before.unwrap_or(most));
    assert!(grown < 24 << 20, "{read} members of 600 bytes, and {grown} bytes more than before");
}

#[tokio::test]
async fn sets_on_several_nodes_are_not_put_together_in_place_and_the_error_says_what_to_do() {
    let Some(cluster) = RedisCluster::start() else { return };
    let backend = RedisBackend::connect(&cluster.url()).await.unwrap();
    let cache = Cache::builder().backend(backend).build().unwrap();
    let sets = (0..10).map(|number| CacheSet::<u32>::of(&cache, "set", &number)).collect::<Vec<_>>();
    for set in &sets {
        set.insert(&1).await.unwrap();
    }
    let error = sets[0].union_in_place(&sets[1..].iter().collect::<Vec<_>>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("without `_in_place`"), "{error}");
    assert_eq!(sets[0].len().await.unwrap(), 1, "nothing has changed");
}

#[tokio::test]
async fn what_nobody_knows_to_be_done_is_an_error_and_not_done_twice() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    let cache = Cache::builder().backend(backend).build().unwrap();
    let visits = CacheValue::<i64>::new(&cache, "visits");
    assert_eq!(visits.increment(1).await.unwrap(), 1);
    server.stop();
    assert_eq!(visits.increment(1).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(visits.get().await.unwrap_err().kind(), ErrorKind::Unavailable);
    server.cont();
    let over = Deadline::after(Duration::from_secs(20));
    let sum = loop {
        match visits.get().await {
            Ok(sum) => break sum,
            Err(error) => assert!(!over.left().is_zero(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!([Some(1), Some(2)].contains(&sum), "{sum:?}");
}
