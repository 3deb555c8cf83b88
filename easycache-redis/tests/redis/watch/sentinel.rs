//! A master that the Sentinels know, and that changes.

use easycache_testkit::server::{Sentinel, until};

use super::{Told, Watcher, tracked};
use crate::common::{blob, names};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_is_replaced_is_flushed_and_the_new_one_watched() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let watcher = Watcher::on(sentinel.url());
    let names = names("k", &["a"]);
    watcher.store(&names).await;
    let (_, nodes) = watcher.watched(&names).await;
    let old = sentinel.master();
    watcher.sink.forget();
    // The old one goes on, and does not know yet.
    sentinel.elect_another();
    watcher.sink.flushed(nodes[0]);
    let others = watcher.watched_by_others(&names, &nodes).await;
    assert!(sentinel.master().port() != old.port());
    sentinel.wait_until_replica(old);
    until("the old one is left", || (tracked(old) == 0).then_some(()));
    assert_eq!(tracked(sentinel.master()), 1);
    watcher.sink.forget();
    sentinel.master().command(&["SET", "ns:v:{k}", "x"]);
    watcher.sink.lost("ns:v:{k}");
    assert_ne!(others, nodes, "another server has another number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_dies_is_flushed_and_has_its_number_again_when_it_is_back_in_its_place() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let watcher = Watcher::on(sentinel.url());
    let names = names("k", &["a"]);
    let (_, first) = watcher.watched(&names).await;
    let old = sentinel.master();
    old.kill();
    watcher.sink.flushed(first[0]);
    sentinel.wait_for_another_than(old);
    let second = watcher.watched_by_others(&names, &first).await;
    watcher.store(&names).await;
    assert_eq!(watcher.watched(&names).await.0.seen.blob, Some(blob("blob-id1", "body")));

    old.restart();
    sentinel.wait_until_replica(old);
    watcher.sink.forget();
    sentinel.fail_over();
    watcher.sink.flushed(second[0]);
    assert_eq!(watcher.watched_by_others(&names, &second).await, first);
    assert!(!watcher.sink.told().iter().any(|told| *told == Told::Flush(first[0])), "nobody has read there since");
}
