//! Scripts that the server does not know, and the order of what is sent together.

use easycache_core::{
    Cache,
    collections::{CacheMap, CacheSet, CacheValue, together},
};
use easycache_testkit::server::RedisServer;

use crate::{cache, connected};

fn forget(server: &RedisServer) {
    server.command(&["SCRIPT", "FLUSH"]);
}

/// What is sent together is done in its order, whatever of it are scripts.
async fn is_done_in_order(cache: &Cache, server: &RedisServer) {
    let map = CacheMap::<String, u32>::new(cache, "order");
    map.clear().await.unwrap();
    forget(server);
    let work = (map.insert("k", &1), map.take("k"), map.insert("k", &2), map.get("k"));
    assert_eq!(together(work).await.unwrap(), (true, Some(1), true, Some(2)));
    assert_eq!(map.get("k").await.unwrap(), Some(2));
    forget(server);
    let work = (map.pop(), map.get_or_insert("k", &3), map.insert("k", &4), map.get_or_insert("k", &5));
    assert_eq!(together(work).await.unwrap(), (Some(("k".to_owned(), 2)), 3, false, 4));

    let value = CacheValue::<u32>::new(cache, "order");
    value.set(&0).await.unwrap();
    forget(server);
    let work = (value.set(&1), value.compare_and_set(Some(&1), Some(&2)), value.replace(&3));
    assert_eq!(together(work).await.unwrap(), ((), true, Some(2)));

    let [one, other] = ["one", "other"].map(|name| CacheSet::<u32>::new(cache, &format!("{name}:order")));
    together((one.clear(), other.clear())).await.unwrap();
    forget(server);
    let work = (one.insert(&1), one.symmetric_difference_in_place(&[&other]), one.insert(&2), one.len());
    assert_eq!(together(work).await.unwrap(), (true, 1, true, 2));
}

#[tokio::test]
async fn what_is_sent_together_is_done_in_its_order_whatever_the_server_knows() {
    let Some((server, cache)) = connected().await else { return };
    is_done_in_order(&cache, &server).await;
}

#[tokio::test]
async fn what_is_sent_together_is_done_in_its_order_for_who_may_not_load_scripts() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["ACL", "SETUSER", "shop", "on", ">password", "~shop:*", "+@all", "-script"]);
    let cache = cache(&format!("redis://shop:password@{}", server.address())).await;
    is_done_in_order(&cache, &server).await;
}

#[tokio::test]
async fn a_script_alone_is_called_by_its_digest_and_in_full_where_it_is_not_known() {
    let Some((server, cache)) = connected().await else { return };
    let map = CacheMap::<String, u32>::new(&cache, "m");
    let calls = |verb: &str| {
        let line = server.info(&format!("cmdstat_{verb}"));
        line.strip_prefix("calls=").and_then(|line| line.split(',').next()?.parse::<u32>().ok()).unwrap_or_default()
    };
    assert_eq!(map.get_or_insert("k", &1).await.unwrap(), 1);
    assert_eq!((calls("evalsha"), calls("eval")), (1, 0));
    forget(&server);
    assert_eq!(map.get_or_insert("k", &2).await.unwrap(), 1);
    assert_eq!((calls("evalsha"), calls("eval")), (2, 1));
}
