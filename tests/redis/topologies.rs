//! The same functions on a cluster and behind Sentinels: another URL, and nothing else.

use easycache_testkit::server::{RedisCluster, Sentinel};

use crate::{
    shop::{Book, Shop, book, book_async, list},
    support::Calls,
};

/// Two caches, as two processes have them.
fn works(url: &str) {
    let patient = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{patient}deadline=20s&connect_timeout=20s&namespace=shop");
    let [one, other] = [(); 2].map(|()| easycache::scope("shop", easycache::blocking::connect(&url).unwrap()));
    let calls = Calls::default();
    let first = one.run(|| book(&calls, 1, 2, 3));
    assert_eq!(other.run(|| book(&calls, 1, 2, 3)), first);
    other.run(|| book::invalidate_by_tags(2)).unwrap();
    assert_eq!(one.run(|| book(&calls, 1, 2, 3)), Book::new(6, 2));
    other.run(|| book::invalidate_by_prefix(1)).unwrap();
    assert_eq!(one.run(|| book(&calls, 1, 2, 3)), Book::new(6, 3));
    let shop = Shop { id: 1, calls: calls.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // On a cluster, the first computation only tells which tags the result has: the second is stored.
        one.run_async(list(&calls, &[4, 5])).await;
        let books = other.run_async(list(&calls, &[4, 5])).await;
        assert_eq!(one.run_async(list(&calls, &[4, 5])).await, books);
        other.run_async(shop.sell(5)).await;
        assert_ne!(one.run_async(list(&calls, &[4, 5])).await, books);
        let found = one.run_async(book_async(&calls, 1, 1, 1)).await;
        assert_eq!(other.run_async(book_async(&calls, 1, 1, 1)).await, found);
    });
}

#[test]
fn functions_run_on_a_cluster() {
    let Some(cluster) = RedisCluster::start() else { return };
    works(&cluster.url());
}

#[test]
fn functions_run_behind_sentinels() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    works(sentinel.url());
}
