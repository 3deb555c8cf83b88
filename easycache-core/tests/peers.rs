//! Bugs that other caches have had, each by what it would do here; on caches of each kind, with two of them as two
//! processes have them.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    cell::Cell,
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use easycache_core::{Cache, Clock, Coalesce, Error, ErrorKind, MemoryStore, Policy, Stamped};
use easycache_testkit::{ManualClock, MemoryBackend};

/// Caches of one kind that have the same entries, and what they take the time from.
struct Pair {
    kind: &'static str,
    one: Cache,
    other: Cache,
    clock: Arc<ManualClock>,
    backend: Option<Arc<MemoryBackend>>,
}

fn pairs() -> Vec<Pair> {
    let clock = || Arc::new(ManualClock::new());
    let (here, there, stored) = (clock(), clock(), clock());
    let local = Cache::builder().clock(as_clock(&here)).build().unwrap();
    let backend = Arc::new(MemoryBackend::with_clock(as_clock(&there)));
    let on_memory = || Cache::builder().clock(as_clock(&there)).backend(Arc::clone(&backend)).build().unwrap();
    let store = Arc::new(Stamped::new(MemoryStore::with_clock(as_clock(&stored))));
    let on_store = || Cache::builder().clock(as_clock(&stored)).backend(Arc::clone(&store)).build().unwrap();
    let memory = Some(Arc::clone(&backend));
    vec![
        Pair { kind: "in process", one: local.clone(), other: local, clock: here, backend: None },
        Pair { kind: "with leases", one: on_memory(), other: on_memory(), clock: there, backend: memory },
        Pair { kind: "on a store", one: on_store(), other: on_store(), clock: stored, backend: None },
    ]
}

fn as_clock(clock: &Arc<ManualClock>) -> Arc<dyn Clock> {
    Arc::<ManualClock>::clone(clock)
}

async fn read(cache: &Cache, key: &str, policy: Policy, computes: u32) -> u32 {
    cache.get_or_compute(key, policy, || async move { computes }).await.unwrap()
}

fn tagged() -> Policy {
    Policy::ttl("30d").jitter(0.0).tags(["users"]).prefix("shop")
}

#[tokio::test]
async fn a_value_that_lost_a_race_is_not_stamped_anew() {
    for Pair { kind, one, other, .. } in pairs() {
        // It has read 1 when 2 is committed, invalidated and stored by another.
        let late = || async {
            other.invalidate_tags(["users"]).await.unwrap();
            assert_eq!(read(&other, "other", tagged(), 2).await, 2, "{kind}: the tag has a new version");
            1
        };
        assert_eq!(one.get_or_compute("key", tagged(), late).await.unwrap(), 1, "{kind}: it asked before");
        assert_eq!(read(&other, "key", tagged(), 2).await, 2, "{kind}");
        assert_eq!(read(&one, "key", tagged(), 3).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn what_marks_an_entry_as_invalid_does_not_expire_before_the_entry() {
    for Pair { kind, one, other, clock, .. } in pairs() {
        read(&one, "key", tagged(), 1).await;
        other.invalidate_tags(["users"]).await.unwrap();
        for _ in 0..29 {
            clock.advance(Duration::from_secs(24 * 60 * 60));
            assert_eq!(other.get::<u32>("shop|key").await.unwrap(), None, "{kind}");
        }
        assert_eq!(read(&one, "key", tagged(), 2).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn an_entry_does_not_outlive_what_it_depends_on() {
    for Pair { kind, one, other, clock, .. } in pairs() {
        read(&one, "key", tagged(), 1).await;
        // Others with the same tag live for a short time alone.
        for day in 0..29 {
            clock.advance(Duration::from_secs(24 * 60 * 60));
            read(&other, &format!("day {day}"), Policy::ttl(1).tags(["users"]), 0).await;
            assert_eq!(read(&other, "key", tagged(), 2).await, 1, "{kind}, day {day}");
        }
        other.invalidate_tags(["users"]).await.unwrap();
        assert_eq!(read(&one, "key", tagged(), 2).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn what_is_written_during_a_flush_is_reached_by_the_next_one() {
    for Pair { kind, one, other, .. } in pairs() {
        let during = || async {
            other.clear().await.unwrap();
            1
        };
        one.get_or_compute("key", tagged(), during).await.unwrap();
        one.set("set", 1_u32, tagged()).await.unwrap();
        other.clear().await.unwrap();
        assert_eq!(one.get::<u32>("shop|set").await.unwrap(), None, "{kind}");
        assert_eq!(read(&one, "key", tagged(), 2).await, 2, "{kind}");
        one.clear().await.unwrap();
        assert_eq!(read(&other, "key", tagged(), 3).await, 3, "{kind}");
    }
}

#[tokio::test]
async fn what_is_known_of_entries_that_have_expired_does_not_grow() {
    for Pair { kind, one, clock, backend, .. } in pairs() {
        for round in 0..20 {
            for at in 0..100 {
                let name = format!("{round}:{at}");
                read(&one, &name, Policy::ttl(1).tags([&name]).prefix(&name), at).await;
            }
            // The stamps of a backend live for a day at least.
            clock.advance(Duration::from_secs(3 * 24 * 60 * 60));
        }
        one.sweep();
        let stats = one.stats();
        assert_eq!((stats.entries, stats.stamps), (0, 0), "{kind}");
        if let Some(backend) = backend {
            // It throws out what has expired as it grows: 4 000 stamps there were in all.
            assert_eq!(backend.values(), 0, "{kind}");
            assert!(backend.stamps() < 500, "{kind}: {} stamps", backend.stamps());
        }
    }
}

#[tokio::test]
async fn a_value_that_was_invalidated_is_not_served_because_the_computation_fails() {
    for Pair { kind, one, other, .. } in pairs() {
        read(&one, "key", tagged(), 1).await;
        other.invalidate_tags(["users"]).await.unwrap();
        let fails = || async { Err::<u32, _>(Error::new(ErrorKind::Refused, "the database is down")) };
        one.try_get_or_compute("key", tagged(), fails).await.unwrap_err();
        assert_eq!(one.get::<u32>("shop|key").await.unwrap(), None, "{kind}");
    }
}

#[tokio::test]
async fn the_first_use_of_a_tag_in_a_process_neither_invalidates_nor_revives() {
    for Pair { kind, one, other, .. } in pairs() {
        read(&one, "key", tagged(), 1).await;
        // The other process has never heard of the tag: it hits, writes more with it, and leaves what is there.
        assert_eq!(read(&other, "key", tagged(), 2).await, 1, "{kind}");
        read(&other, "more", tagged(), 2).await;
        assert_eq!(read(&one, "key", tagged(), 2).await, 1, "{kind}");
        // The first that it does with another tag is to invalidate it.
        read(&one, "late", Policy::new().tags(["late"]), 1).await;
        other.invalidate_tags(["late"]).await.unwrap();
        assert_eq!(read(&one, "late", Policy::new().tags(["late"]), 2).await, 2, "{kind}");
    }
}

#[tokio::test]
async fn a_computation_that_is_cancelled_leaves_no_lock() {
    #[expect(clippy::disallowed_methods, reason = "a deadline of the test's own")]
    let since = Instant::now();
    for Pair { kind, one, other, .. } in pairs() {
        let policy = || tagged().coalesce(Coalesce::Cluster);
        let began = Cell::new(false);
        let stuck = one.get_or_compute("key", policy(), || async {
            began.set(true);
            pending::<u32>().await
        });
        tokio::select! {
            biased;
            _ = stuck => unreachable!("it never ends"),
            () = async { while !began.get() { tokio::task::yield_now().await; } } => {}
        }
        // Both processes are free to compute: the clock stands still, so that no lease has ended by itself.
        assert_eq!(read(&other, "key", policy(), 1).await, 1, "{kind}");
        assert_eq!(read(&one, "key", policy(), 2).await, 1, "{kind}");
        assert_eq!(one.stats().in_flight, 0, "{kind}");
    }
    assert!(since.elapsed() < Duration::from_secs(5), "nobody has waited for a lock to end");
}

#[tokio::test]
async fn options_of_one_function_do_not_leak_into_another() {
    for Pair { kind, one, clock, .. } in pairs() {
        let brief = || Policy::ttl(2).jitter(0.0).tags(["brief"]).version(2);
        let lasting = || Policy::ttl(100).jitter(0.0);
        read(&one, "brief", brief(), 1).await;
        read(&one, "lasting", lasting(), 1).await;
        read(&one, "default", Policy::new().jitter(0.0), 1).await;
        clock.advance(Duration::from_secs(3));
        assert_eq!(read(&one, "brief", brief(), 2).await, 2, "{kind}");
        one.invalidate_tags(["brief"]).await.unwrap();
        assert_eq!(read(&one, "brief", brief(), 3).await, 3, "{kind}");
        assert_eq!(read(&one, "lasting", lasting(), 2).await, 1, "{kind}");
        clock.advance(Duration::from_secs(100));
        assert_eq!(read(&one, "lasting", lasting(), 2).await, 2, "{kind}");
        assert_eq!(read(&one, "default", Policy::new().jitter(0.0), 2).await, 1, "{kind}");
    }
}
