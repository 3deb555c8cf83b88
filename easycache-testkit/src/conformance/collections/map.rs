//! Maps.

use std::collections::BTreeMap;

use easycache_core::{Error, ErrorKind};
use tokio::task::JoinSet;

use super::Drawer;

pub async fn a_map_has_what_was_written_and_nothing_else(it: Drawer) {
    let map = it.map::<String, u32>("m");
    assert!(map.is_empty().await.unwrap());
    assert!(map.insert("a", &1).await.unwrap());
    assert!(!map.insert("a", &2).await.unwrap());
    assert!(map.insert("b", &3).await.unwrap());
    assert_eq!(map.get("a").await.unwrap(), Some(2));
    assert_eq!(map.get("c").await.unwrap(), None);
    assert!(map.contains("b").await.unwrap());
    assert!(!map.contains("c").await.unwrap());
    assert_eq!(map.len().await.unwrap(), 2);
    assert!(map.remove("a").await.unwrap());
    assert!(!map.remove("a").await.unwrap());
    assert_eq!(map.get("a").await.unwrap(), None);
    assert!(map.clear().await.unwrap());
    assert!(map.is_empty().await.unwrap());
}

pub async fn many_keys_are_written_and_read_in_one_request(it: Drawer) {
    let map = it.map::<u32, String>("m");
    assert_eq!(map.extend([]).await.unwrap(), 0);
    assert_eq!(map.get_many([]).await.unwrap(), Vec::<Option<String>>::new());
    assert_eq!(map.remove_many([]).await.unwrap(), 0);
    let pairs = |numbers: std::ops::Range<u32>| numbers.map(|number| (number, number.to_string()));
    assert_eq!(map.extend(pairs(0..500)).await.unwrap(), 500);
    assert_eq!(map.extend(pairs(400..600)).await.unwrap(), 100);
    let found = map.get_many([599, 600, 0]).await.unwrap();
    assert_eq!(found, [Some("599".to_owned()), None, Some("0".to_owned())]);
    assert_eq!(map.contains_many([599, 600, 0]).await.unwrap(), [true, false, true]);
    assert_eq!(map.contains_many([]).await.unwrap(), [] as [bool; 0]);
    assert_eq!(map.remove_many(100..700).await.unwrap(), 500);
    assert_eq!(map.len().await.unwrap(), 100);
}

pub async fn of_several_who_write_a_key_that_is_not_there_one_does_and_all_get_its_value(it: Drawer) {
    let map = it.map::<String, u32>("m");
    let mut callers = JoinSet::new();
    for number in 0..16 {
        let map = map.clone();
        callers.spawn(async move { map.get_or_insert("k", &number).await.unwrap() });
    }
    let values = callers.join_all().await;
    let there = map.get("k").await.unwrap().expect("one of them was written");
    assert!(values.iter().all(|value| *value == there), "{values:?}, {there}");
}

pub async fn a_value_is_computed_where_there_is_none(it: Drawer) {
    let map = it.map::<String, u32>("m");
    assert_eq!(map.get_or_insert_with("k", async || 1).await.unwrap(), 1);
    let computed = map.get_or_insert_with("k", async || unreachable!("there is a value")).await;
    assert_eq!(computed.unwrap(), 1);
    let other = map.clone();
    let blocking = tokio::task::spawn_blocking(move || other.get_or_insert_with_blocking("l", || 2));
    assert_eq!(blocking.await.unwrap().unwrap(), 2);
    assert_eq!(map.get("l").await.unwrap(), Some(2));
}

pub async fn a_computation_that_fails_leaves_a_map_as_it_was(it: Drawer) {
    let map = it.map::<String, u32>("m");
    let failed = || Error::new(ErrorKind::Refused, "nobody knows");
    let found = map.get_or_try_insert_with("k", async || Err(failed())).await;
    assert_eq!(found.unwrap_err().to_string(), "nobody knows");
    assert_eq!(map.get_or_try_insert_with("k", async || Ok::<_, Error>(1)).await.unwrap(), 1);
    assert_eq!(map.get_or_try_insert_with("k", async || Err(failed())).await.unwrap(), 1, "there is a value");
    let other = map.clone();
    let blocking = tokio::task::spawn_blocking(move || {
        let found = other.get_or_try_insert_with_blocking("l", || Err(failed()));
        (found.unwrap_err().kind(), other.get_or_try_insert_with_blocking("l", || Ok::<_, Error>(2)).unwrap())
    });
    assert_eq!(blocking.await.unwrap(), (ErrorKind::Refused, 2));
    assert_eq!(map.get_many(["k", "l"].map(str::to_owned)).await.unwrap(), [Some(1), Some(2)]);
}

pub async fn values_of_a_map_are_added_to_exactly(it: Drawer) {
    let map = it.map::<String, i64>("m");
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let map = map.clone();
        callers.spawn(async move {
            for by in [5, -3] {
                map.increment("k", by).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    assert_eq!(map.get("k").await.unwrap(), Some(16));
    assert!(map.increment("k", i64::MAX).await.is_err());
    assert_eq!(map.increment("k", 0).await.unwrap(), 16);
}

pub async fn what_is_taken_from_a_map_is_gone(it: Drawer) {
    let map = it.map::<String, u32>("m");
    map.insert("a", &1).await.unwrap();
    assert_eq!(map.take("a").await.unwrap(), Some(1));
    assert_eq!(map.take("a").await.unwrap(), None);
    assert!(map.is_empty().await.unwrap());
}

pub async fn popping_empties_a_map(it: Drawer) {
    let map = it.map::<u32, String>("m");
    let pairs = (0..5).map(|number| (number, number.to_string())).collect::<BTreeMap<_, _>>();
    map.extend(pairs.clone()).await.unwrap();
    let mut popped = BTreeMap::new();
    while let Some((key, value)) = map.pop().await.unwrap() {
        assert_eq!(popped.insert(key, value), None, "each once");
    }
    assert_eq!(popped, pairs);
}

pub async fn keys_that_look_alike_are_told_apart(it: Drawer) {
    let texts = it.map::<String, u32>("m");
    let keys = ["", " ", "0", "00", "a.b", "a:b", "a", "A", "ü", "a\0b", "*", "None", "%20"];
    texts.extend(keys.iter().zip(0..).map(|(&key, number)| (key.to_owned(), number))).await.unwrap();
    for (key, number) in keys.iter().zip(0..) {
        assert_eq!(texts.get(*key).await.unwrap(), Some(number), "{key:?}");
    }
    let lists = it.map::<Vec<String>, u32>("n");
    let keys = [vec!["a.b"], vec!["a", "b"], vec!["a", "b", ""], vec![""], vec![]];
    let keys = keys.map(|key| key.into_iter().map(str::to_owned).collect::<Vec<_>>());
    lists.extend(keys.iter().cloned().zip(0..)).await.unwrap();
    for (key, number) in keys.iter().zip(0..) {
        assert_eq!(lists.get(key).await.unwrap(), Some(number), "{key:?}");
    }
}

pub async fn a_walk_through_a_map_tells_all_of_it(it: Drawer) {
    let map = it.map::<u32, u32>("m");
    assert_eq!(map.stream().collect::<Vec<_>>().await.unwrap(), []);
    let pairs = (0..2500).map(|number| (number, number * 2)).collect::<BTreeMap<_, _>>();
    map.extend(pairs.clone()).await.unwrap();
    assert_eq!(map.stream().collect::<BTreeMap<_, _>>().await.unwrap(), pairs);
    let mut keys = map.keys().collect::<Vec<_>>().await.unwrap();
    let mut values = map.values().collect::<Vec<_>>().await.unwrap();
    for numbers in [&mut keys, &mut values] {
        numbers.sort_unstable();
        numbers.dedup();
    }
    assert!(keys.into_iter().eq(pairs.keys().copied()) && values.into_iter().eq(pairs.values().copied()));
}
