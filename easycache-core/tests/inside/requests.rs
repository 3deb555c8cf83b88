//! Requests, on caches of each kind: what is remembered, and what is seen at once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use easycache_core::{
    Backend, Cache, CacheBuilder, Deadline, Error, ErrorKind, Freshness, MemoryStore, Near, Policy, RequestScope,
    Stamped, Target, Targets, blocking, bypass, in_this_request, no_store, no_store_scope, request_scope,
};
use easycache_testkit::{
    Call, CountingBackend, FailingBackend, ManualClock, MemoryBackend, Method, Side, StoppingBackend, server::until,
};
use tokio::sync::oneshot;

use crate::number;

/// What is changed in a namespace all requests of this process hear of: each test has its own.
fn builder(backend: impl Backend) -> CacheBuilder {
    static NUMBERS: AtomicUsize = AtomicUsize::new(0);
    let namespace = format!("request-{}", NUMBERS.fetch_add(1, Ordering::SeqCst));
    Cache::builder().namespace(namespace).backend(backend)
}

fn on(backend: impl Backend) -> Cache {
    builder(backend).build().unwrap()
}

/// Two caches that have the same entries, of each kind; what they are called.
fn pairs() -> Vec<(&'static str, [Cache; 2])> {
    let local = Cache::builder().build().unwrap();
    vec![
        ("in process", [local.clone(), local]),
        ("with leases", twins(MemoryBackend::new())),
        ("with stamps in copies", twins(MemoryBackend::new().stripes(7))),
        ("on a store", twins(Stamped::new(MemoryStore::new()))),
    ]
}

fn twins(backend: impl Backend) -> [Cache; 2] {
    let backend = Arc::new(backend);
    let one = on(Arc::clone(&backend));
    let other = Cache::builder().namespace(one.namespace()).backend(backend).build().unwrap();
    [one, other]
}

fn policy() -> Policy {
    Policy::ttl("10m").tags(["tag"]).prefix("tenant:1/shop:2")
}

const KEY: &str = "tenant:1/shop:2|key";

async fn read(cache: &Cache, computes: u32) -> u32 {
    number(cache, "key", policy(), computes).await
}

/// A backend that counts, and a cache on it.
fn counted() -> (Arc<CountingBackend<MemoryBackend>>, Cache) {
    let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    (backend, cache)
}

#[tokio::test]
async fn all_reads_of_a_request_cost_one() {
    let (backend, cache) = counted();
    read(&cache, 1).await;
    let before = backend.calls().total();
    request_scope(async {
        for _ in 0..10 {
            assert_eq!(read(&cache, 2).await, 1);
            assert_eq!(cache.get::<u32>(KEY).await.unwrap(), Some(1));
            assert_eq!(cache.get_many::<u32>(&[KEY]).await.unwrap(), [Some(1)]);
            assert_eq!(cache.get_with::<u32>("key", policy()).await.unwrap(), Some(1));
            assert_eq!(cache.blocking().get_or_compute("key", policy(), || 2_u32).unwrap(), 1);
        }
    })
    .await;
    assert_eq!(backend.calls().total() - before, 1);
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.remembered), (50, 49), "a hit is a hit");
    read(&cache, 2).await;
    assert_eq!(backend.calls().total() - before, 2, "outside of any request it is as ever");
}

#[tokio::test]
async fn what_was_computed_and_stored_is_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            assert_eq!(read(&cache, 1).await, 1);
            assert_eq!(read(&cache, 2).await, 1);
        })
        .await;
        assert_eq!(cache.stats().remembered, 1, "{kind}");
    }
}

#[tokio::test]
async fn every_value_of_a_batch_is_remembered() {
    let (backend, cache) = counted();
    cache.set("a", 1_u32, Policy::new()).await.unwrap();
    let before = backend.calls().total();
    let compute =
        async |missing: Vec<&'static str>| missing.into_iter().map(|key| (key, 2)).collect::<HashMap<_, u32>>();
    request_scope(async {
        let first = cache.get_or_compute_many(["a", "b"], Policy::new(), compute).await.unwrap();
        assert_eq!((first["a"], first["b"]), (1, 2));
        let asked = backend.calls().total() - before;
        let second = cache.get_or_compute_many(["a", "b"], Policy::new(), compute).await.unwrap();
        assert_eq!(first, second);
        assert_eq!(cache.get_many::<u32>(&["b", "c", "a"]).await.unwrap(), [Some(2), None, Some(1)]);
        assert_eq!(backend.calls().total() - before, asked + 1, "`c` alone was asked for");
    })
    .await;
}

#[tokio::test]
async fn what_others_change_is_seen_when_the_request_is_over() {
    let backend = Arc::new(MemoryBackend::new());
    let cache = on(Arc::clone(&backend));
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        // As another process does it: nobody in this one hears of it.
        let tag = Target::Stamp(format!("{}:t:tag", cache.namespace()).into());
        let known = backend.invalidate(&[tag], Deadline::after(Duration::from_secs(9))).await.remove(0);
        assert!(known.unwrap());
        assert_eq!(read(&cache, 2).await, 1);
    })
    .await;
    assert_eq!(read(&cache, 3).await, 3);
}

#[tokio::test]
async fn the_end_of_its_time_is_seen_when_the_request_is_over() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(read(&cache, 2).await, 1);
    })
    .await;
    assert_eq!(read(&cache, 3).await, 3);
}

/// Everything that changes the entry, or what it depends on.
async fn change(cache: &Cache, how: usize) -> bool {
    let done = match how {
        0 => cache.invalidate_key(KEY).await.map(drop),
        1 => cache.invalidate_tags(["tag"]).await.map(drop),
        2 => cache.invalidate_prefix("tenant:1").await.map(drop),
        3 => cache.invalidate_prefix("tenant:1/shop:2").await.map(drop),
        4 => cache.clear().await,
        5 => cache.expire_key(KEY).await.map(drop),
        6 => cache.expire_tags(["tag"]).await.map(drop),
        7 => cache.expire_prefix("tenant:1").await.map(drop),
        8 => cache.expire_all().await,
        9 => cache.hold(Targets::new().tags(["tag"]), "1m").await.map(drop),
        10 => cache.set("key", 2_u32, policy()).await,
        11 => cache.blocking().invalidate_tags(["tag"]).map(drop),
        _ => return false,
    };
    done.unwrap();
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_this_process_changes_is_seen_at_once() {
    for how in 0.. {
        let mut any = false;
        for (kind, [cache, other]) in pairs() {
            // The same cache, and another one of this process on the same backend.
            for by in [&cache, &other] {
                any = request_scope(async {
                    by.invalidate_key(KEY).await.unwrap();
                    cache.invalidate_tags(["tag"]).await.unwrap();
                    assert_eq!(read(&cache, 1).await, 1);
                    assert_eq!(read(&cache, 2).await, 1, "{kind}");
                    let any = change(by, how).await;
                    assert!(!any || read(&cache, 2).await == 2, "{kind}: change {how}");
                    any
                })
                .await;
            }
        }
        if !any {
            return;
        }
    }
}

#[tokio::test]
async fn names_that_are_inherited_are_minded() {
    for (kind, [cache, _]) in pairs() {
        let outer = async |computes: u32| {
            let inner = async || number(&cache, "inner", Policy::new().tags(["inner"]), computes).await;
            cache.get_or_compute("outer", Policy::new().inherit(true), inner).await.unwrap()
        };
        // Once as what was computed, and once as what was found.
        for (was, changed) in [(1, 2), (2, 3)] {
            request_scope(async {
                assert_eq!(outer(was).await, was, "{kind}");
                let before = cache.stats().remembered;
                assert_eq!(outer(9).await, was, "{kind}");
                assert_eq!(cache.get::<u32>("outer").await.unwrap(), Some(was), "{kind}");
                assert_eq!(cache.stats().remembered - before, 2, "{kind}");
                cache.invalidate_tags(["inner"]).await.unwrap();
                assert_eq!(outer(changed).await, changed, "{kind}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn an_invalidation_that_has_failed_is_seen_at_once() {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&backend));
    request_scope(async {
        assert_eq!(read(&cache, 1).await, 1);
        backend.fail(Side::Before);
        assert_eq!(read(&cache, 2).await, 1, "what is remembered needs no backend");
        cache.invalidate_tags(["tag"]).await.unwrap_err();
        assert_eq!(read(&cache, 2).await, 2);
        assert_eq!(read(&cache, 3).await, 3, "what is computed beside the backend is not remembered");
    })
    .await;
}

#[tokio::test]
async fn a_computation_that_was_under_way_is_not_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            let (go, wait) = oneshot::channel();
            let computing = cache.get_or_compute("key", policy(), || async {
                let _sent = wait.await;
                1
            });
            let invalidating = async {
                cache.invalidate_tags(["tag"]).await.unwrap();
                go.send(()).unwrap();
            };
            let (old, ()) = tokio::join!(computing, invalidating);
            assert_eq!(old.unwrap(), 1, "{kind}: it asked before");
            assert_eq!(read(&cache, 2).await, 2, "{kind}");
        })
        .await;
    }
}

#[test]
fn a_read_that_was_under_way_is_not_remembered() {
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    let cache = builder(Arc::clone(&backend)).deadline("1h").build().unwrap();
    let read = |computes: u32| cache.blocking().get_or_compute("key", policy(), || computes).unwrap();
    assert_eq!(read(1), 1);
    let request = RequestScope::new();
    let stop = backend.stop(Method::Read, Side::After);
    thread::scope(|threads| {
        let reader = threads.spawn(|| request.run_blocking(|| read(2)));
        stop.reached();
        request.run_blocking(|| cache.blocking().invalidate_tags(["tag"])).unwrap();
        stop.go();
        assert_eq!(reader.join().unwrap(), 1, "it has read before");
    });
    assert_eq!(request.run_blocking(|| read(2)), 2);
}

#[test]
fn a_request_that_has_seen_a_newer_value_is_not_answered_with_an_older_one() {
    let memory = Arc::new(MemoryBackend::new());
    let backend = Arc::new(StoppingBackend::new(Arc::clone(&memory)));
    let cache = builder(Arc::clone(&backend)).deadline("1h").build().unwrap();
    let read = |computes: u32| cache.blocking().get_or_compute("key", policy(), || computes).unwrap();
    assert_eq!(read(1), 1);
    let request = RequestScope::new();
    let first = AtomicBool::new(true);
    let is_first = move |call: &Call| call.method == Method::Read && first.swap(false, Ordering::SeqCst);
    let stop = backend.stop_if(Side::After, is_first);
    thread::scope(|threads| {
        let reader = threads.spawn(|| request.run_blocking(|| read(9)));
        stop.reached();
        // Another process changes it, and this one computes it anew.
        let tag = Target::Stamp(format!("{}:t:tag", cache.namespace()).into());
        pollster::block_on(memory.invalidate(&[tag], Deadline::after(Duration::from_secs(9)))).remove(0).unwrap();
        assert_eq!(read(2), 2);
        assert_eq!(request.run_blocking(|| read(9)), 2);
        stop.go();
        assert_eq!(reader.join().unwrap(), 2, "it has read the older one, and the request has seen the newer");
    });
    assert_eq!(request.run_blocking(|| read(9)), 2);
}

#[tokio::test]
async fn what_may_not_be_stored_is_not_remembered() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            for computes in 1..3 {
                let said = cache.get_or_compute("said", policy(), || async {
                    no_store();
                    computes
                });
                assert_eq!(said.await.unwrap(), computes, "{kind}");
                assert_eq!(number(&cache, "short", Policy::ttl(Duration::ZERO), computes).await, computes, "{kind}");
                assert_eq!(bypass(read(&cache, computes)).await, computes, "{kind}");
                assert_eq!(no_store_scope(read(&cache, computes)).await, computes, "{kind}");
                assert_eq!(cache.get::<u32>(KEY).await.unwrap(), None, "{kind}");
            }
        })
        .await;
        assert_eq!(cache.stats().remembered, 0, "{kind}");
    }
}

#[tokio::test]
async fn a_bypass_does_not_read_what_is_remembered_and_a_scope_that_stores_nothing_does() {
    for (kind, [cache, _]) in pairs() {
        request_scope(async {
            assert_eq!(read(&cache, 1).await, 1);
            assert_eq!(bypass(read(&cache, 2)).await, 2, "{kind}");
            assert_eq!(bypass(cache.get::<u32>(KEY)).await.unwrap(), None, "{kind}");
            assert_eq!(no_store_scope(read(&cache, 2)).await, 1, "{kind}");
            assert_eq!(read(&cache, 2).await, 1, "{kind}: neither has changed it");
        })
        .await;
    }
}

#[tokio::test]
async fn an_expired_value_that_is_served_is_not_remembered() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    let read = |computes: u32| {
        let policy = Policy::ttl("1m").stale_if_error("1h");
        cache.try_get_or_compute("key", policy, move || async move {
            if computes == 0 { Err(Error::new(ErrorKind::Unavailable, "it fails")) } else { Ok(computes) }
        })
    };
    assert_eq!(read(1).await.unwrap(), 1);
    clock.advance(Duration::from_secs(61));
    request_scope(async {
        assert_eq!(read(0).await.unwrap(), 1, "in the place of an error");
        assert_eq!(read(2).await.unwrap(), 2, "it is asked for again");
        assert_eq!(read(3).await.unwrap(), 2);
    })
    .await;
}

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

#[tokio::test]
async fn a_request_remembers_so_much_and_no_more() {
    for (kind, [cache, _]) in pairs() {
        let request = RequestScope::bounded(3);
        request
            .run(async {
                for key in ["a", "b", "c", "d", "e"] {
                    number(&cache, key, Policy::new(), 1).await;
                }
                assert_eq!(request.len(), 3, "{kind}");
                let before = cache.stats().remembered;
                for key in ["a", "b", "c", "d", "e"] {
                    number(&cache, key, Policy::new(), 2).await;
                }
                assert_eq!(cache.stats().remembered - before, 3, "{kind}");
                request.forget();
                number(&cache, "e", Policy::new(), 2).await;
                assert_eq!(request.len(), 1, "{kind}: there is room again");
            })
            .await;
    }
}

#[tokio::test]
async fn values_are_told_apart_by_cache_tags_type_and_schema() {
    for (kind, [cache, _]) in pairs() {
        let other = Cache::builder().build().unwrap();
        request_scope(async {
            number(&cache, "key", Policy::new(), 1).await;
            assert_eq!(number(&other, "key", Policy::new(), 2).await, 2, "{kind}: of another cache");
            assert_eq!(cache.get::<String>("key").await.unwrap(), None, "{kind}: of another type");
            assert_eq!(number(&cache, "key", Policy::new().tags(["tag"]), 3).await, 3, "{kind}: with other tags");
            assert_eq!(number(&cache, "key", Policy::new().version(2), 4).await, 4, "{kind}: of another version");
        })
        .await;
    }
}

#[tokio::test]
async fn a_near_tier_is_read_and_what_it_has_is_remembered() {
    for freshness in [Freshness::Strict, Freshness::Ttl(Duration::from_secs(60))] {
        let backend = Arc::new(CountingBackend::new(MemoryBackend::new()));
        let near = Near::bounded(10).freshness(freshness);
        let cache = builder(Arc::clone(&backend)).near(near).build().unwrap();
        read(&cache, 1).await;
        read(&cache, 1).await;
        request_scope(async {
            read(&cache, 2).await;
            let before = backend.calls().total();
            assert_eq!(read(&cache, 2).await, 1);
            assert_eq!(cache.get::<u32>(KEY).await.unwrap(), Some(1));
            assert_eq!(backend.calls().total(), before, "{freshness:?}");
            cache.invalidate_tags(["tag"]).await.unwrap();
            assert_eq!(read(&cache, 2).await, 2, "{freshness:?}");
        })
        .await;
        let near = cache.stats().near.unwrap();
        assert_eq!((near.hits, cache.stats().remembered), (1, 2), "{freshness:?}");
    }
}

#[tokio::test]
async fn the_stamps_of_requests_go_when_they_are_over() {
    for (kind, [cache, _]) in pairs() {
        request_scope(read(&cache, 1)).await;
        cache.invalidate_tags(["tag"]).await.unwrap();
        cache.invalidate_key(KEY).await.unwrap();
        // The housekeeper may be sweeping the same, and holds it as long.
        until(&format!("the stamps are gone {kind}"), || {
            cache.sweep();
            (cache.stats().stamps == 0).then_some(())
        });
    }
}
