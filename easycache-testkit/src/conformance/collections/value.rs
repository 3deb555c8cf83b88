//! Values.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use easycache_core::{
    Codec, ErrorKind,
    collections::{CacheValue, Request, together},
};
use tokio::task::JoinSet;

use super::{Drawer, eventually};

pub async fn a_value_is_what_was_written_last(it: Drawer) {
    let value = it.value::<String>("v");
    assert_eq!(value.get().await.unwrap(), None);
    for text in ["one", "two", ""] {
        value.set(&text.to_owned()).await.unwrap();
        assert_eq!(value.get().await.unwrap().as_deref(), Some(text));
    }
    assert!(value.clear().await.unwrap());
    assert!(!value.clear().await.unwrap());
    assert_eq!(value.get().await.unwrap(), None);
}

pub async fn what_is_false_zero_or_empty_is_there(it: Drawer) {
    it.value("a").set(&false).await.unwrap();
    it.value("b").set(&0.0).await.unwrap();
    it.value("c").set(&String::new()).await.unwrap();
    it.value("d").set(&Vec::<u8>::new()).await.unwrap();
    it.value("e").set(&None::<u32>).await.unwrap();
    it.value("f").set(&()).await.unwrap();
    assert_eq!(it.value("a").get().await.unwrap(), Some(false));
    assert_eq!(it.value("b").get().await.unwrap(), Some(0.0));
    assert_eq!(it.value("c").get().await.unwrap(), Some(String::new()));
    assert_eq!(it.value("d").get().await.unwrap(), Some(Vec::<u8>::new()));
    assert_eq!(it.value("e").get().await.unwrap(), Some(None::<u32>));
    assert_eq!(it.value("f").get().await.unwrap(), Some(()));
    assert_eq!(it.value::<()>("g").get().await.unwrap(), None);
}

pub async fn a_value_is_written_only_where_it_is_wanted(it: Drawer) {
    let value = it.value::<u32>("v");
    assert!(!value.set_if_present(&1).await.unwrap());
    assert!(value.set_if_absent(&2).await.unwrap());
    assert!(!value.set_if_absent(&3).await.unwrap());
    assert_eq!(value.get().await.unwrap(), Some(2));
    assert!(value.set_if_present(&4).await.unwrap());
    assert_eq!(value.get().await.unwrap(), Some(4));
}

pub async fn replacing_and_taking_tell_the_value_before(it: Drawer) {
    let value = it.value::<u32>("v");
    assert_eq!(value.replace(&1).await.unwrap(), None);
    assert_eq!(value.replace(&2).await.unwrap(), Some(1));
    assert_eq!(value.take().await.unwrap(), Some(2));
    assert_eq!(value.take().await.unwrap(), None);
}

pub async fn of_several_who_compare_and_set_one_succeeds(it: Drawer) {
    let value = it.value::<u32>("v");
    value.set(&0).await.unwrap();
    for round in 0..5 {
        let mut callers = JoinSet::new();
        for _ in 0..8 {
            let value = value.clone();
            callers.spawn(async move { value.compare_and_set(Some(&round), Some(&(round + 1))).await.unwrap() });
        }
        assert_eq!(callers.join_all().await.into_iter().filter(|&done| done).count(), 1);
    }
    assert_eq!(value.get().await.unwrap(), Some(5));
}

pub async fn comparing_with_nothing_and_setting_nothing(it: Drawer) {
    let value = it.value::<String>("v");
    let (a, b) = ("a".to_owned(), "b".to_owned());
    assert!(!value.compare_and_set(Some(&a), Some(&b)).await.unwrap(), "there is nothing");
    assert!(value.compare_and_set(None, None).await.unwrap());
    assert!(value.compare_and_set(None, Some(&a)).await.unwrap());
    assert!(!value.compare_and_set(None, Some(&b)).await.unwrap(), "there is something");
    assert!(!value.compare_and_set(Some(&b), None).await.unwrap(), "there is something else");
    assert_eq!(value.get().await.unwrap(), Some(a.clone()));
    assert!(value.compare_and_set(Some(&a), None).await.unwrap());
    assert_eq!(value.get().await.unwrap(), None);
}

pub async fn a_counter_counts_exactly(it: Drawer) {
    let counter = it.value::<i64>("v");
    let mut callers = JoinSet::new();
    for _ in 0..16 {
        let counter = counter.clone();
        callers.spawn(async move {
            for _ in 0..20 {
                counter.increment(3).await.unwrap();
                counter.decrement(1).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    assert_eq!(counter.get().await.unwrap(), Some(16 * 20 * 2));
    assert_eq!(counter.decrement(1000).await.unwrap(), -360);
    assert_eq!(counter.increment(0).await.unwrap(), -360);
}

pub async fn a_sum_that_is_too_large_changes_nothing(it: Drawer) {
    let counter = it.value::<i64>("v");
    counter.set(&(i64::MAX - 1)).await.unwrap();
    assert_eq!(counter.increment(1).await.unwrap(), i64::MAX);
    assert_eq!(counter.increment(1).await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(counter.decrement(i64::MIN).await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(counter.get().await.unwrap(), Some(i64::MAX));
}

pub async fn a_counter_can_be_read_and_written(it: Drawer) {
    let counter = it.value::<i64>("v");
    counter.set(&-7).await.unwrap();
    assert_eq!(counter.increment(2).await.unwrap(), -5);
    assert_eq!(counter.get().await.unwrap(), Some(-5));
    assert!(counter.compare_and_set(Some(&-5), Some(&5)).await.unwrap());
    assert_eq!(counter.decrement(5).await.unwrap(), 0);
    assert_eq!(counter.get().await.unwrap(), Some(0));
}

pub async fn what_is_no_number_is_not_added_to(it: Drawer) {
    it.value::<String>("v").set(&"tea".to_owned()).await.unwrap();
    assert_eq!(it.value::<i64>("v").increment(1).await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(it.value::<i64>("v").get().await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(it.value::<String>("v").get().await.unwrap().as_deref(), Some("tea"));
}

pub async fn a_value_is_gone_when_its_time_is_over(it: Drawer) {
    let value = it.value::<i64>("v").ttl("1s");
    value.set(&1).await.unwrap();
    assert_eq!(value.get().await.unwrap(), Some(1));
    eventually("it is gone", async || value.get().await.unwrap().is_none()).await;

    let counter = it.value::<i64>("w").ttl(Duration::from_secs(1));
    counter.increment(1).await.unwrap();
    eventually("it is gone", async || counter.get().await.unwrap().is_none()).await;
    assert_eq!(counter.increment(1).await.unwrap(), 1, "it begins anew");
}

pub async fn a_counter_that_is_incremented_all_the_while_is_reset(it: Drawer) {
    let counter = it.value::<i64>("v").ttl("1s");
    let (counter, highest) = (&counter, AtomicI64::new(0));
    let fell = async || {
        let sum = counter.increment(1).await.unwrap();
        sum < highest.fetch_max(sum, Ordering::Relaxed) / 2
    };
    tokio::join!(eventually("it begins anew", &fell), eventually("it begins anew", &fell));
}

pub async fn a_value_that_is_changed_all_the_while_keeps_its_time(it: Drawer) {
    let [set, compared] = ["set", "compared"].map(|name| it.value::<u32>(name).ttl("1s"));
    set.set(&0).await.unwrap();
    assert!(compared.compare_and_set(None, Some(&0)).await.unwrap(), "it is made");
    let is_gone = async || {
        let changed = (set.set_if_present(&1), compared.compare_and_set(Some(&0), Some(&0)));
        together(changed).await.unwrap() == (false, false)
    };
    eventually("both are gone", is_gone).await;
}

/// Writes to `kept` in some way, until a value of the same time that nobody writes to is gone.
async fn outlives<T: Send + 'static>(
    it: &Drawer,
    way: &str,
    kept: CacheValue<i64>,
    write: impl Fn() -> Request<T> + Send + Sync,
) {
    let left = it.value::<i64>(&format!("left {way}")).ttl("3s");
    together((kept.set(&0), left.set(&0))).await.unwrap();
    eventually("the one that nobody writes to is gone", async || {
        write().await.unwrap();
        left.get().await.unwrap().is_none()
    })
    .await;
    assert!(kept.get().await.unwrap().is_some(), "{way}");
}

pub async fn a_value_that_is_put_in_the_place_of_another_begins_anew(it: Drawer) {
    let [set, replaced] = ["set", "replaced"].map(|name| it.value::<i64>(name).ttl("3s"));
    tokio::join!(
        outlives(&it, "set", set.clone(), || set.set(&1)),
        outlives(&it, "replaced", replaced.clone(), || replaced.replace(&1)),
    );
}

pub async fn a_value_that_is_changed_begins_anew_if_it_was_asked_to(it: Drawer) {
    let value = |name: &str| it.value::<i64>(name).ttl("3s").renewed_by_writes();
    let [added, set, compared] = ["added", "set", "compared"].map(value);
    tokio::join!(
        outlives(&it, "added", added.clone(), || added.increment(1)),
        outlives(&it, "set", set.clone(), || set.set_if_present(&1)),
        outlives(&it, "compared", compared.clone(), || compared.compare_and_set(Some(&0), Some(&0))),
    );
}

pub async fn names_with_parts_are_told_apart(it: Drawer) {
    let name = it.name("v");
    let of = |parts: &dyn Fn() -> CacheValue<u32>| parts();
    let values = [
        of(&|| CacheValue::of(&it.cache, &name, &("a.b",))),
        of(&|| CacheValue::of(&it.cache, &name, &("a", "b"))),
        of(&|| CacheValue::of(&it.cache, &name, &("a", "b", ""))),
        of(&|| CacheValue::of(&it.cache, &name, &0)),
        of(&|| CacheValue::of(&it.cache, &name, &"0")),
        of(&|| CacheValue::of(&it.cache, &name, &"")),
        of(&|| CacheValue::of(&it.cache, &name, &None::<u32>)),
        of(&|| CacheValue::new(&it.cache, &name)),
    ];
    for (number, value) in (0..).zip(&values) {
        value.set(&number).await.unwrap();
    }
    for (number, value) in (0..).zip(&values) {
        assert_eq!(value.get().await.unwrap(), Some(number));
    }
}

pub async fn structures_come_back(it: Drawer) {
    let value = it.value::<BTreeMap<String, Vec<Option<f64>>>>("v");
    let structure = BTreeMap::from([("a".to_owned(), vec![Some(1.5), None]), (String::new(), vec![])]);
    value.set(&structure).await.unwrap();
    assert_eq!(value.get().await.unwrap(), Some(structure.clone()));
    let other = value.clone().codec(Codec::MessagePack);
    assert_eq!(other.get().await.unwrap(), Some(structure));
}
