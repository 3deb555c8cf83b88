//! The doubles do what they say, and show it to whoever uses them.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

use std::{sync::Arc, time::Duration};

use easycache_core::{
    Acquire, Acquired, Backend, Deadline, ErrorKind, Fill, Filled, Grant, Names, On, Read, Result, Seen, Target, Want,
};
use easycache_testkit::{
    CountingBackend, FailingBackend, LossyBackend, ManualClock, MemoryBackend, Method, Side, SlowBackend,
    StoppingBackend, conformance,
};

const LONG: Duration = Duration::from_secs(60);

fn names() -> Names {
    Names { value: "v".into(), lease: "l".into(), stamps: vec!["s".into()] }
}

fn deadline() -> Deadline {
    Deadline::after(LONG)
}

async fn see(backend: &dyn Backend) -> Result<Seen> {
    backend.read(&[Read { names: names(), want: Want::Peek, left: false }], deadline()).await.remove(0)
}

async fn acquire(backend: &dyn Backend) -> Grant {
    let acquire = Acquire { names: names(), on: On::Replace, lease: LONG, keep: 2 * LONG };
    match backend.acquire(&[acquire], deadline()).await.remove(0).unwrap() {
        Acquired::Granted(grant) => grant,
        Acquired::Changed(seen) => panic!("{seen:?}"),
    }
}

async fn fill(backend: &dyn Backend) -> Result<Filled> {
    let grant = acquire(backend).await;
    let fill = Fill { names: names(), versions: grant.versions.clone(), grant, blob: vec![1; 64].into(), ttl: LONG };
    backend.fill(&[fill], deadline()).await.remove(0)
}

async fn invalidate(backend: &dyn Backend, within: Duration) -> Result<bool> {
    backend.invalidate(&[Target::Stamp("s".into())], Deadline::after(within)).await.remove(0)
}

#[tokio::test]
async fn memory_takes_the_time_from_its_clock() {
    let clock = Arc::new(ManualClock::new());
    let backend = MemoryBackend::with_clock(clock.clone());
    assert_eq!(fill(&backend).await.unwrap(), Filled::Stored);
    clock.advance(Duration::from_millis(59_999));
    assert!(see(&backend).await.unwrap().blob.is_some());
    clock.advance(Duration::from_millis(1));
    let seen = see(&backend).await.unwrap();
    assert_eq!((seen.blob, seen.stamps[0].is_some()), (None, true));
    clock.advance(LONG);
    assert_eq!(see(&backend).await.unwrap().stamps, [None]);
}

#[tokio::test]
async fn memory_is_shared_through_pointers_and_can_lose_what_it_has() {
    let backend = Arc::new(MemoryBackend::new());
    let other: Arc<dyn Backend> = backend.clone();
    assert_eq!(fill(&other).await.unwrap(), Filled::Stored);
    assert_eq!(backend.values(), 1);
    backend.evict("s");
    let seen = see(&backend).await.unwrap();
    assert_eq!((seen.blob.is_some(), seen.stamps), (true, vec![None]));
    backend.flush();
    assert_eq!(see(&other).await.unwrap().blob, None);
}

#[tokio::test]
async fn memory_throws_out_what_has_expired_as_it_grows() {
    let clock = Arc::new(ManualClock::new());
    let backend = MemoryBackend::with_clock(clock.clone());
    for round in 0..1000 {
        let names = Names { stamps: vec![format!("s{round}").into()], ..names() };
        let acquire = Acquire { names, on: On::Replace, lease: LONG, keep: Duration::from_secs(1) };
        backend.acquire(&[acquire], deadline()).await.remove(0).unwrap();
        clock.advance(Duration::from_secs(1));
    }
    // Each of them is one second old; all but the last few have been thrown out.
    assert!(backend.stamps() < 200, "{}", backend.stamps());
}

#[tokio::test]
async fn calls_are_counted_by_method_and_by_item() {
    let backend = CountingBackend::new(MemoryBackend::new());
    fill(&backend).await.unwrap();
    see(&backend).await.unwrap();
    let grant = acquire(&backend).await;
    backend.renew(&names(), &mut grant.clone(), deadline()).await.unwrap();
    backend.release(&names(), &grant, deadline()).await.unwrap();
    let targets = ["a", "b", "c"].map(|name| Target::Stamp(name.into()));
    backend.invalidate(&targets, deadline()).await;
    let calls = backend.take();
    let order = [
        Method::Acquire,
        Method::Fill,
        Method::Read,
        Method::Acquire,
        Method::Renew,
        Method::Release,
        Method::Invalidate,
    ];
    assert_eq!(calls.methods(), order);
    assert_eq!((calls.of(Method::Acquire), calls.items(Method::Invalidate), calls.total()), (2, 3, 7));
    assert_eq!(backend.calls().total(), 0);
}

#[tokio::test]
async fn what_fails_before_is_not_done_and_what_fails_after_is() {
    let backend = FailingBackend::new(MemoryBackend::new());
    for (side, stored) in [(Side::Before, false), (Side::After, true)] {
        backend.fail_method(Method::Fill, side);
        assert_eq!(fill(&backend).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(see(&backend).await.unwrap().blob.is_some(), stored, "{side:?}");
    }
    backend.fail(Side::Before);
    assert!(see(&backend).await.is_err());
    assert!(backend.renew(&names(), &mut acquire(backend.inner()).await, deadline()).await.is_err());
    backend.heal();
    assert!(see(&backend).await.is_ok());
}

#[tokio::test]
async fn a_predicate_decides_which_calls_fail() {
    let backend = FailingBackend::new(MemoryBackend::new());
    backend.fail_if(|call| call.names.iter().any(|name| **name == *"s").then_some(Side::Before));
    assert!(invalidate(&backend, LONG).await.is_err());
    let other = backend.invalidate(&[Target::Stamp("t".into())], deadline()).await.remove(0);
    assert!(other.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_is_waited_for_until_the_deadline() {
    let backend = SlowBackend::new(MemoryBackend::new());
    acquire(&backend).await;
    let before = see(&backend).await.unwrap().stamps;
    backend.delay(Duration::from_secs(5), Side::Before);
    assert_eq!(invalidate(&backend, Duration::from_secs(4)).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(see(backend.inner()).await.unwrap().stamps, before, "it had not begun");
    backend.delay(Duration::from_secs(5), Side::After);
    assert!(invalidate(&backend, Duration::from_secs(4)).await.is_err());
    assert_ne!(see(backend.inner()).await.unwrap().stamps, before, "it was done");
    assert!(invalidate(&backend, Duration::from_secs(6)).await.unwrap());
}

#[tokio::test]
async fn who_is_held_goes_on_when_it_is_let_go() {
    let backend = Arc::new(SlowBackend::new(MemoryBackend::new()));
    backend.hold(Side::Before);
    let held = tokio::spawn({
        let backend = Arc::clone(&backend);
        async move { invalidate(&backend, LONG).await }
    });
    tokio::task::yield_now().await;
    assert!(!held.is_finished());
    backend.resume();
    assert!(held.await.unwrap().is_ok());
}

#[tokio::test]
async fn who_never_answers_is_late_in_every_method() {
    let backend = Arc::new(SlowBackend::new(MemoryBackend::new()));
    backend.hold(Side::After);
    conformance::answers_by_the_deadline(backend, Duration::from_millis(20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_before_has_done_nothing_and_who_stops_after_has_done_all() {
    let backend = Arc::new(StoppingBackend::new(MemoryBackend::new()));
    for (side, stored) in [(Side::Before, false), (Side::After, true)] {
        let stop = backend.stop(Method::Fill, side);
        let filling = tokio::spawn({
            let backend = Arc::clone(&backend);
            async move { fill(&backend).await }
        });
        stop.reached();
        assert_eq!(see(&backend).await.unwrap().blob.is_some(), stored, "{side:?}");
        assert!(!filling.is_finished());
        stop.go();
        assert_eq!(filling.await.unwrap().unwrap(), Filled::Stored);
        assert_eq!(fill(&backend).await.unwrap(), Filled::Stored, "it stops no more");
        assert!(invalidate(&backend, LONG).await.is_ok());
        backend.inner().evict("v");
    }
}

#[tokio::test]
async fn what_is_lost_depends_on_the_seed() {
    let lost = async |seed| {
        let backend = LossyBackend::new(MemoryBackend::new(), seed, 0.3, MemoryBackend::evict);
        let mut lost = Vec::new();
        for _ in 0..50 {
            fill(backend.inner()).await.unwrap();
            let seen = see(&backend).await.unwrap();
            lost.push((seen.blob.is_none(), seen.stamps[0].is_none()));
        }
        lost
    };
    let first = lost(7).await;
    assert_eq!(first, lost(7).await);
    assert_ne!(first, lost(8).await);
    for kind in [(true, false), (false, true), (false, false), (true, true)] {
        assert!(first.contains(&kind), "{kind:?}");
    }
}
