//! What holds for all of them.

use std::{
    collections::BTreeSet,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use easycache_core::{
    ErrorKind, Policy,
    collections::{Request, together},
};
use tokio::sync::oneshot;

use super::{Drawer, eventually};

pub async fn what_is_empty_is_not_there(it: Drawer) {
    let set = it.set::<u32>("s");
    set.insert(&1).await.unwrap();
    set.remove(&1).await.unwrap();
    assert!(!set.clear().await.unwrap());
    let map = it.map::<u32, u32>("m");
    assert_eq!(map.take(&1).await.unwrap(), None);
    assert!(!map.clear().await.unwrap());
    let sorted = it.sorted::<u32>("z");
    sorted.insert(&1, 1.0).await.unwrap();
    sorted.pop_lowest(1).await.unwrap();
    assert!(!sorted.clear().await.unwrap());
}

pub async fn collections_of_different_kinds_share_no_names(it: Drawer) {
    it.value::<u32>("x").set(&1).await.unwrap();
    it.map::<u32, u32>("x").insert(&1, &1).await.unwrap();
    it.set::<u32>("x").insert(&1).await.unwrap();
    it.sorted::<u32>("x").insert(&1, 1.0).await.unwrap();
    assert!(it.sentinel("x", "1h").pass().await.unwrap());
    it.cache.set(&it.name("x"), 7, Policy::new()).await.unwrap();
    assert_eq!(it.value::<u32>("x").get().await.unwrap(), Some(1));
    assert!(it.set::<u32>("x").clear().await.unwrap());
    assert_eq!(it.map::<u32, u32>("x").len().await.unwrap(), 1);
    assert_eq!(it.cache.get::<i32>(&it.name("x")).await.unwrap(), Some(7));
}

pub async fn several_requests_are_answered_together(it: Drawer) {
    let (value, map, set) = (it.value::<i64>("v"), it.map::<String, u32>("m"), it.set::<u32>("s"));
    let writes = (value.increment(5), map.insert("a", &1), set.extend([1, 2]), value.increment(1), map.get("a"));
    assert_eq!(together(writes).await.unwrap(), (5, true, 2, 6, Some(1)));
    let reads = (0..3).map(|member| set.contains(&member)).collect::<Vec<_>>();
    assert_eq!(together(reads).await.unwrap(), [false, true, true]);
    let nothing = || Vec::<Request<i64>>::new();
    assert_eq!(together(nothing()).await.unwrap(), [0; 0]);
    assert_eq!(together(nothing()).blocking().unwrap(), [0; 0]);
    let counts = vec![value.increment(1), value.increment(1)];
    assert_eq!(together((together(nothing()), together(counts), set.len())).await.unwrap(), (vec![], vec![7, 8], 2));
    let error = together((value.get(), map.insert("", &1), it.value::<u32>("a|b|c").get())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidName);
    assert!(!map.contains("").await.unwrap(), "nothing is sent where something cannot be");
}

pub async fn collections_serve_callers_that_are_not_async(it: Drawer) {
    let (value, set) = (it.value::<i64>("v"), it.set::<u32>("s"));
    // In the middle of a runtime, and on a thread without one.
    assert_eq!(value.increment(1).blocking().unwrap(), 1);
    let elsewhere = std::thread::spawn(move || {
        set.extend(0..1500).blocking().unwrap();
        let mut members = set.stream().blocking().collect::<Result<Vec<_>, _>>().unwrap();
        members.sort_unstable();
        members.dedup();
        (together((value.increment(1), set.len())).blocking().unwrap(), members)
    });
    let (answers, members) = elsewhere.join().unwrap();
    assert_eq!(answers, (2, 1500));
    assert!(members.into_iter().eq(0..1500));
}

pub async fn a_walk_that_was_begun_by_an_async_caller_is_ended_by_one_that_is_not(it: Drawer) {
    let set = it.set::<u32>("s");
    set.extend(0..2500).await.unwrap();
    let (tell, told) = oneshot::channel();
    // With a runtime that has this thread alone: while it is blocked, nothing else goes on there.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let members = runtime.block_on(async {
            let mut walk = set.stream();
            let mut told = Vec::from_iter(walk.next().await);
            // Up to where it has to ask for more, and is given up while it does.
            let mut context = Context::from_waker(Waker::noop());
            while let Poll::Ready(Some(member)) = pin!(walk.next()).poll(&mut context) {
                told.push(member);
            }
            walk.blocking().chain(told).collect::<Result<BTreeSet<_>, _>>()
        });
        _ = tell.send(members);
    });
    let told = tokio::time::timeout(Duration::from_secs(30), told).await.expect("the walk comes to its end");
    assert!(told.unwrap().unwrap().into_iter().eq(0..2500));
}

pub async fn a_collection_is_gone_when_its_time_is_over(it: Drawer) {
    let (map, set) = (it.map::<u32, u32>("m").ttl("1s"), it.set::<u32>("s").ttl("1s"));
    let sorted = it.sorted::<u32>("z").ttl("1s");
    together((map.insert(&1, &1), set.insert(&1), sorted.insert(&1, 1.0))).await.unwrap();
    eventually("all are gone", async || {
        // Written to all the while: the time counts from the first write.
        together((map.insert(&2, &2), set.insert(&2), sorted.insert(&2, 1.0))).await.unwrap();
        together((map.contains(&1), set.contains(&1), sorted.score(&1))).await.unwrap() == (false, false, None)
    })
    .await;
}

pub async fn a_write_renews_the_time_if_it_was_asked_to(it: Drawer) {
    let (map, set, sorted) =
        (it.map::<u32, u32>("m").ttl("3s"), it.set::<u32>("s").ttl("3s"), it.sorted("z").ttl("3s"));
    let (map, set, sorted) = (map.renewed_by_writes(), set.renewed_by_writes(), sorted.renewed_by_writes());
    let left = it.map::<u32, u32>("left").ttl("3s");
    let write = |number: u32| {
        let others = (map.insert(&number, &1), set.insert(&number), sorted.insert(&number, 1.0));
        together((left.insert(&number, &1), together(others)))
    };
    write(1).await.unwrap();
    eventually("the one that nothing renews is gone", async || {
        write(2).await.unwrap();
        !left.contains(&1).await.unwrap()
    })
    .await;
    let there = together((map.contains(&1), set.contains(&1), sorted.score(&1))).await.unwrap();
    assert_eq!(there, (true, true, Some(1.0)));
}

pub async fn a_name_that_cannot_be_used_is_an_error_of_each_request(it: Drawer) {
    for name in ["", "a|b|c", "a{b", "a\nb"] {
        let value = easycache_core::collections::CacheValue::<i64>::new(&it.cache, name);
        assert_eq!(value.get().await.unwrap_err().kind(), ErrorKind::InvalidName, "{name:?}");
        assert_eq!(value.increment(1).await.unwrap_err().kind(), ErrorKind::InvalidName, "{name:?}");
    }
}

pub async fn a_collection_cannot_live_for_no_time(it: Drawer) {
    for (ttl, kind) in [("0s", ErrorKind::InvalidDuration), ("soon", ErrorKind::InvalidDuration)] {
        let error = it.value::<u32>("v").ttl(ttl).set(&1).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{ttl}: {error}");
    }
}

pub async fn invalidations_leave_collections_alone(it: Drawer) {
    let value = it.value::<u32>("v");
    value.set(&1).await.unwrap();
    it.cache.invalidate_key(&it.name("v")).await.unwrap();
    it.cache.clear().await.unwrap();
    assert_eq!(value.get().await.unwrap(), Some(1));
}
