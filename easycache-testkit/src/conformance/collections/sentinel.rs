//! Sentinels.

use easycache_core::collections::Sentinel;
use tokio::task::JoinSet;

use super::{Drawer, eventually};

pub async fn sentinels_with_parts_are_told_apart(it: Drawer) {
    let name = it.name("s");
    let all = [
        Sentinel::of(&it.cache, &name, &("a.b",), "1h"),
        Sentinel::of(&it.cache, &name, &("a", "b"), "1h"),
        Sentinel::of(&it.cache, &name, &0, "1h"),
        Sentinel::of(&it.cache, &name, &"0", "1h"),
        Sentinel::new(&it.cache, &name, "1h"),
    ];
    for sentinel in &all {
        assert!(sentinel.pass().await.unwrap(), "{sentinel:?}");
    }
    assert!(!Sentinel::of(&it.cache, &name, &("a", "b"), "1h").pass().await.unwrap());
}

pub async fn of_64_callers_exactly_one_passes(it: Drawer) {
    let sentinel = it.sentinel("s", "1h");
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let sentinel = sentinel.clone();
        callers.spawn(async move { sentinel.pass().await.unwrap() });
    }
    assert_eq!(callers.join_all().await.into_iter().filter(|&passed| passed).count(), 1);
    assert!(sentinel.is_closed().await.unwrap());
}

pub async fn a_sentinel_opens_when_its_time_is_over(it: Drawer) {
    let sentinel = it.sentinel("s", "1s");
    assert!(sentinel.pass().await.unwrap());
    assert!(!sentinel.pass().await.unwrap());
    eventually("it is open", async || sentinel.pass().await.unwrap()).await;
}

pub async fn a_sentinel_can_be_opened(it: Drawer) {
    let sentinel = it.sentinel("s", "1h");
    assert!(!sentinel.is_closed().await.unwrap());
    assert!(!sentinel.open().await.unwrap());
    assert!(sentinel.pass().await.unwrap());
    assert!(sentinel.open().await.unwrap());
    assert!(sentinel.pass().await.unwrap());
    assert!(it.sentinel("t", "1h").pass().await.unwrap(), "another one is closed by itself");
}
