//! What other programs see.

use std::process::Command;

use easycache_core::{
    ErrorKind,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue},
};
use easycache_testkit::server::RedisServer;

use crate::connected;

/// What `redis-cli` prints.
fn redis_cli(server: &RedisServer, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &server.port().to_string()]).args(arguments).output();
    let output = output.expect("redis-cli comes with redis-server");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn other_programs_read_what_is_plain_and_collections_read_what_they_write() {
    let Some((server, cache)) = connected().await else { return };

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
