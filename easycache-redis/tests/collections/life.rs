//! How long collections live that were written to.

use easycache_core::{
    ErrorKind,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue, Request, together},
};
use easycache_testkit::{
    Proxy,
    server::{RedisServer, until},
};

use crate::{cache, connected};

/// The milliseconds that are left to what has that name there: below zero if it has no end, or is not there.
fn left(server: &RedisServer, name: &str) -> i64 {
    server.command(&["PTTL", name]).int()
}

/// A server, and a collection there.
struct There<'a> {
    server: &'a RedisServer,
    /// A command that makes one without an end.
    make: &'a [&'a str],
}

impl There<'_> {
    /// Writes to it where it is not there, and where it has no end, on a server that knows no script.
    async fn ends<T: Send + 'static>(&self, write: impl Fn() -> Request<T>) {
        let name = self.make[1];
        for is_there in [false, true] {
            self.server.command(&["DEL", name]);
            if is_there {
                self.server.command(self.make);
                assert_eq!(left(self.server, name), -1);
            }
            self.server.command(&["SCRIPT", "FLUSH"]);
            write().await.unwrap();
            let left = left(self.server, name);
            assert_ne!(left, -1, "{:?}, which {}", self.make, if is_there { "was there" } else { "was not there" });
            assert!(left <= 60_000, "{left}");
        }
    }
}

async fn values_end(server: &RedisServer, value: &CacheValue<i64>) {
    let there = There { server, make: &["SET", "shop:value:{v}", "1"] };
    there.ends(|| value.set(&1)).await;
    there.ends(|| together((value.clear(), value.set_if_absent(&1)))).await;
    there.ends(|| value.set_if_present(&1)).await;
    there.ends(|| value.replace(&1)).await;
    there.ends(|| value.increment(1)).await;
    there.ends(|| value.decrement(1)).await;
    there.ends(|| value.compare_and_set(Some(&1), Some(&2))).await;
}

async fn maps_end(server: &RedisServer, map: &CacheMap<String, i64>) {
    let there = There { server, make: &["HSET", "shop:map:{m}", "a", "1", "b", "2", "c", "3"] };
    there.ends(|| map.insert("a", &1)).await;
    there.ends(|| map.extend((0..12_000).map(|number| (number.to_string(), 1)))).await;
    there.ends(|| map.get_or_insert("a", &1)).await;
    there.ends(|| map.get_or_insert("d", &1)).await;
    there.ends(|| map.increment("a", 1)).await;
    there.ends(|| map.remove("a")).await;
    there.ends(|| map.remove_many(["a", "b"].map(str::to_owned))).await;
    there.ends(|| map.take("a")).await;
    there.ends(|| map.pop()).await;
}

async fn sets_end(server: &RedisServer, set: &CacheSet<u32>, other: &CacheSet<u32>) {
    let there = There { server, make: &["SADD", "shop:set:{s}", "1", "2", "3"] };
    there.ends(|| set.insert(&1)).await;
    there.ends(|| set.extend(0..12_000)).await;
    there.ends(|| set.remove(&1)).await;
    there.ends(|| set.remove_many([1, 2])).await;
    there.ends(|| set.pop()).await;
    there.ends(|| set.pop_many(2)).await;
    there.ends(|| set.union_in_place(&[other])).await;
    there.ends(|| set.intersection_in_place(&[other])).await;
    there.ends(|| set.difference_in_place(&[other])).await;
    there.ends(|| set.symmetric_difference_in_place(&[other])).await;
}

async fn sorted_sets_end(server: &RedisServer, set: &CacheSortedSet<u32>) {
    let there = There { server, make: &["ZADD", "shop:sorted:{z}", "1", "1", "2", "2", "3", "3"] };
    there.ends(|| set.insert(&1, 5.0)).await;
    there.ends(|| set.extend((0..12_000).map(|number| (number, 1.0)))).await;
    there.ends(|| set.increment(&1, 1.0)).await;
    there.ends(|| set.remove(&1)).await;
    there.ends(|| set.remove_many([1, 2])).await;
    there.ends(|| set.pop_lowest(1)).await;
    there.ends(|| set.pop_highest(1)).await;
}

#[tokio::test]
async fn nothing_is_without_an_end_after_a_write_of_any_kind() {
    let Some((server, cache)) = connected().await else { return };
    let value = CacheValue::new(&cache, "v").ttl("1m");
    let map = CacheMap::new(&cache, "m").ttl("1m");
    let [set, other] = ["s", "other"].map(|name| CacheSet::new(&cache, name).ttl("1m"));
    let sorted = CacheSortedSet::new(&cache, "z").ttl("1m");
    other.extend([2, 7]).await.unwrap();
    values_end(&server, &value).await;
    values_end(&server, &value.renewed_by_writes()).await;
    maps_end(&server, &map).await;
    maps_end(&server, &map.renewed_by_writes()).await;
    sets_end(&server, &set, &other).await;
    sets_end(&server, &set.renewed_by_writes(), &other).await;
    sorted_sets_end(&server, &sorted).await;
    sorted_sets_end(&server, &sorted.renewed_by_writes()).await;
}

#[tokio::test]
async fn what_is_cut_off_in_the_middle_of_many_writes_has_an_end() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::to(server.address());
    let set = CacheSet::<u32>::new(&cache(&proxy.url()).await, "s").ttl("1m");
    set.len().await.unwrap();
    // Of some 11 bytes for each member.
    proxy.truncate_requests(130_000);
    assert_eq!(set.extend(10_000..40_000).await.unwrap_err().kind(), ErrorKind::Unavailable);
    until("what has arrived has an end", || (1..=60_000).contains(&left(&server, "shop:set:{s}")).then_some(()));
    let members = server.command(&["SCARD", "shop:set:{s}"]).int();
    assert!((1..30_000).contains(&members), "{members}");
}

#[tokio::test]
async fn many_writes_renew_the_time_once_they_are_done() {
    let Some((server, cache)) = connected().await else { return };
    let set = CacheSet::<u32>::new(&cache, "s").ttl("1m");
    set.insert(&1).await.unwrap();
    server.command(&["PEXPIRE", "shop:set:{s}", "30000"]);
    assert_eq!(set.extend(0..12_000).await.unwrap(), 11_999);
    assert!((1..=30_000).contains(&left(&server, "shop:set:{s}")));
    assert_eq!(set.clone().renewed_by_writes().extend(0..13_000).await.unwrap(), 1_000);
    assert!((30_001..=60_000).contains(&left(&server, "shop:set:{s}")));
}
