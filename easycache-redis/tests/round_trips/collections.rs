//! What collections cost.

use easycache_core::collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue, together};

use crate::{Counted, cost};

/// Collections have a connection of their own, which is there.
async fn start() -> Option<Counted> {
    let it = Counted::start().await?;
    CacheValue::<i64>::new(&it.cache, "any").get().await.unwrap();
    Some(it)
}

/// Each writes, and says how long the collection lives if it is new.
#[tokio::test]
async fn an_operation_is_one_round_trip() {
    let Some(it) = start().await else { return };
    let visits = CacheValue::<i64>::new(&it.cache, "visits");
    let names = CacheMap::<u32, String>::new(&it.cache, "names");
    assert_eq!(it.cost(visits.increment(1)).await, cost(1, &["INCRBY", "PEXPIRE"]));
    assert_eq!(it.cost(visits.get()).await, cost(1, &["GET"]));
    assert_eq!(it.cost(names.insert(&1, &"Ann".to_owned())).await, cost(1, &["HSET", "PEXPIRE"]));
    assert_eq!(it.cost(names.get_many([1, 2, 3])).await, cost(1, &["HMGET"]));
}

#[tokio::test]
async fn thousands_of_members_are_written_in_one_round_trip() {
    let Some(it) = start().await else { return };
    let set = CacheSet::<u32>::new(&it.cache, "set");
    assert_eq!(it.cost(set.extend(0..12_000)).await, cost(1, &["SADD", "PEXPIRE", "SADD", "SADD"]));
    let map = CacheMap::<u32, u32>::new(&it.cache, "map");
    assert_eq!(it.cost(map.extend((0..6_000).map(|id| (id, id)))).await, cost(1, &["HSET", "PEXPIRE", "HSET"]));
    let sorted = CacheSortedSet::<u32>::new(&it.cache, "sorted set");
    let scored = (0..6_000).map(|id| (id, f64::from(id)));
    assert_eq!(it.cost(sorted.extend(scored)).await, cost(1, &["ZADD", "PEXPIRE", "ZADD"]));
    assert_eq!(
        (set.len().await.unwrap(), map.len().await.unwrap(), sorted.len().await.unwrap()),
        (12_000, 6_000, 6_000)
    );
}

/// In each round trip it is said once how long the collection lives. What is sent in it is so much that the first answers
/// come before the last commands are sent, so that it may look like several.
#[tokio::test]
async fn what_is_too_much_for_one_round_trip_is_sent_in_several() {
    let Some(it) = start().await else { return };
    let round_trips = |commands: &[String]| commands.iter().filter(|&command| command == "PEXPIRE").count();
    let set = CacheSet::<u32>::new(&it.cache, "set");
    let (_, commands) = it.cost(set.extend(0..200_000)).await;
    assert_eq!((round_trips(&commands), commands.len()), (5, 42 + 5), "{commands:?}");
    assert_eq!(set.len().await.unwrap(), 200_000);
    let told = set.contains_many(150_000..250_000).await.unwrap();
    assert!(told[..50_000].iter().all(|&there| there) && told[50_000..].iter().all(|&there| !there));
    assert_eq!(round_trips(&it.cost(set.remove_many(0..100_000)).await.1), 2);
    // What has failed is not gone on with; what was sent together with it is.
    it.server.command(&["LPUSH", "shop:set:{list}", "1"]);
    let list = CacheSet::<u32>::new(&it.cache, "list");
    let work = together((list.extend(0..200_000), set.insert(&7)));
    let (_, commands) = it.cost(async { work.await.unwrap_err() }).await;
    assert_eq!(round_trips(&commands), 2, "{commands:?}");
    assert!(set.contains(&7).await.unwrap());
}

#[tokio::test]
async fn requests_that_are_sent_together_are_one_round_trip() {
    let Some(it) = start().await else { return };
    let visits = CacheValue::<i64>::new(&it.cache, "visits");
    let members = CacheSet::<u32>::new(&it.cache, "members");
    let work = together((visits.increment(1), members.insert(&7), members.len(), visits.get()));
    assert_eq!(it.cost(work).await, cost(1, &["INCRBY", "PEXPIRE", "SADD", "PEXPIRE", "SCARD", "GET"]));
    let many = (0..50).map(|id| members.contains(&id)).collect::<Vec<_>>();
    assert_eq!(it.cost(together(many)).await, cost(1, &["SMISMEMBER"; 50]));
    let names = CacheMap::<u32, u32>::new(&it.cache, "names");
    let scripts = (names.get_or_insert(&1, &2), names.take(&1), names.pop());
    assert_eq!(it.cost(together(scripts)).await, cost(1, &["EVAL"; 3]));
    assert_eq!(it.cost(names.take(&1)).await, cost(1, &["EVALSHA"]));
}
