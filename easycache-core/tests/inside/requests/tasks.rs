//! What is a part of a request, and what is not.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use easycache_core::{Cache, Policy, RequestScope, blocking, in_this_request, request_scope};

use super::{pairs, policy, read};

#[tokio::test]
async fn a_computation_reads_from_the_cache_and_not_from_memory() {
    for (kind, [cache, _]) in pairs() {
        let elsewhere = RequestScope::new();
        request_scope(async {
            let inner = AtomicU32::new(0);
            let in_computation = || async {
                // What is stored is for everybody.
                assert!(RequestScope::current().is_none(), "{kind}");
                let before = cache.stats().remembered;
                inner.store(request_scope(read(&cache, 2)).await, Ordering::SeqCst);
                elsewhere.run(read(&cache, 2)).await;
                in_this_request(read(&cache, 2)).await;
                assert_eq!(cache.stats().remembered, before, "{kind}");
                1
            };
            assert_eq!(read(&cache, 1).await, 1);
            assert!(RequestScope::current().is_some());
            cache.get_or_compute("outer", Policy::new(), in_computation).await.unwrap();
            assert_eq!(inner.load(Ordering::SeqCst), 1, "{kind}: it is there");
        })
        .await;
        assert!(elsewhere.is_empty(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_a_part_of_the_request_when_it_is_asked_to_be() {
    for (kind, [cache, _]) in pairs() {
        let remembered = || cache.stats().remembered;
        request_scope(async {
            read(&cache, 1).await;
            let task = |cache: Cache| async move { read(&cache, 2).await };
            assert_eq!(tokio::spawn(task(cache.clone())).await.unwrap(), 1);
            assert_eq!(remembered(), 0, "{kind}: it was not asked");
            assert_eq!(tokio::spawn(in_this_request(task(cache.clone()))).await.unwrap(), 1);
            assert_eq!(remembered(), 1, "{kind}");
            let request = RequestScope::current().unwrap();
            tokio::spawn(request.run(task(cache.clone()))).await.unwrap();
            assert_eq!(remembered(), 2, "{kind}");
            // What any of them changes, all of them see.
            let changing = cache.clone();
            let change = async move { changing.invalidate_tags(["tag"]).await.map(drop) };
            tokio::spawn(change).await.unwrap().unwrap();
            assert_eq!(read(&cache, 3).await, 3, "{kind}");
        })
        .await;
        assert!(RequestScope::current().is_none());
    }
}

#[test]
fn threads_are_a_part_of_the_request_when_they_are_asked_to_be() {
    for (kind, [cache, _]) in pairs() {
        let read = |computes: u32| cache.blocking().get_or_compute("key", policy(), || computes).unwrap();
        blocking::request_scope(|| {
            assert_eq!(read(1), 1);
            thread::scope(|threads| {
                threads.spawn(|| read(2)).join().unwrap();
                assert_eq!(cache.stats().remembered, 0, "{kind}");
                threads.spawn(blocking::in_this_request(|| read(2))).join().unwrap();
                assert_eq!(cache.stats().remembered, 1, "{kind}");
            });
            blocking::request_scope(|| assert_eq!(read(2), 1));
            assert_eq!(cache.stats().remembered, 2, "{kind}: a request inside of a request is the same");
        });
        blocking::in_this_request(|| read(2))();
        assert_eq!(cache.stats().remembered, 2, "{kind}");
    }
}

#[tokio::test]
async fn a_request_inside_of_a_request_is_the_same_unless_it_was_made_by_hand() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            read(&cache, 1).await;
            request_scope(read(&cache, 2)).await;
            assert_eq!(cache.stats().remembered, 1, "{kind}");
            let own = RequestScope::new();
            own.run(read(&cache, 2)).await;
            assert_eq!((cache.stats().remembered, own.len()), (1, 1), "{kind}");
        })
        .await;
    }
}
