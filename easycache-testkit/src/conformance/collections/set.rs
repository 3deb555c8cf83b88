//! Sets.

use std::collections::BTreeSet;

use easycache_core::collections::{CacheSet, together};

use super::{Drawer, eventually};

pub async fn a_set_has_each_member_once(it: Drawer) {
    let set = it.set::<String>("s");
    assert!(set.is_empty().await.unwrap());
    assert!(set.insert("a").await.unwrap());
    assert!(!set.insert("a").await.unwrap());
    assert_eq!(set.extend(["a", "b", "c"].map(str::to_owned)).await.unwrap(), 2);
    assert_eq!(set.extend([]).await.unwrap(), 0);
    assert_eq!(set.len().await.unwrap(), 3);
    assert!(set.remove("b").await.unwrap());
    assert!(!set.remove("b").await.unwrap());
    assert_eq!(set.remove_many(["a", "c", "d"].map(str::to_owned)).await.unwrap(), 2);
    assert!(set.is_empty().await.unwrap());
    assert!(!set.clear().await.unwrap());
}

pub async fn of_a_set_it_is_told_which_are_members(it: Drawer) {
    let set = it.set::<u32>("s");
    set.extend([1, 3]).await.unwrap();
    assert!(set.contains(&1).await.unwrap());
    assert!(!set.contains(&2).await.unwrap());
    assert_eq!(set.contains_many([3, 2, 1, 3]).await.unwrap(), [true, false, true, true]);
    assert_eq!(set.contains_many([]).await.unwrap(), [] as [bool; 0]);
    assert!(!it.set::<u32>("t").contains(&1).await.unwrap());
}

pub async fn popping_empties_a_set(it: Drawer) {
    let set = it.set::<u32>("s");
    set.extend(0..10).await.unwrap();
    let mut popped = BTreeSet::from_iter(set.pop_many(4).await.unwrap());
    assert_eq!(popped.len(), 4);
    assert_eq!(set.pop_many(0).await.unwrap(), [] as [u32; 0]);
    while let Some(member) = set.pop().await.unwrap() {
        assert!(popped.insert(member), "each once");
    }
    assert_eq!(popped, (0..10).collect());
    assert_eq!(set.pop_many(3).await.unwrap(), [] as [u32; 0]);
}

fn sorted(members: impl IntoIterator<Item = u32>) -> Vec<u32> {
    BTreeSet::from_iter(members).into_iter().collect()
}

pub async fn sets_are_put_together(it: Drawer) {
    let [a, b, c] = ["a", "b", "c"].map(|name| it.set::<u32>(name));
    a.extend([1, 2, 3, 4]).await.unwrap();
    b.extend([3, 4, 5]).await.unwrap();
    c.extend([4, 5, 6]).await.unwrap();
    assert_eq!(sorted(a.union(&[&b, &c]).await.unwrap()), [1, 2, 3, 4, 5, 6]);
    assert_eq!(sorted(a.intersection(&[&b, &c]).await.unwrap()), [4]);
    assert_eq!(sorted(a.difference(&[&b, &c]).await.unwrap()), [1, 2]);
    assert_eq!(sorted(a.symmetric_difference(&[&b]).await.unwrap()), [1, 2, 5]);
    assert_eq!(sorted(a.symmetric_difference(&[&b, &c]).await.unwrap()), [1, 2, 4, 6]);
    assert_eq!(a.len().await.unwrap(), 4, "it is as it was");
}

pub async fn sets_are_put_together_in_place(it: Drawer) {
    let other = it.set::<u32>("other");
    other.extend([3, 4]).await.unwrap();
    let fresh = async |name: &str| {
        let set = it.set::<u32>(name);
        set.extend([1, 2, 3]).await.unwrap();
        set
    };
    let all = async |set: &CacheSet<u32>| sorted(set.stream().collect::<Vec<_>>().await.unwrap());
    let set = fresh("union").await;
    assert_eq!(set.union_in_place(&[&other]).await.unwrap(), 4);
    assert_eq!(all(&set).await, [1, 2, 3, 4]);
    let set = fresh("intersection").await;
    assert_eq!(set.intersection_in_place(&[&other]).await.unwrap(), 1);
    assert_eq!(all(&set).await, [3]);
    let set = fresh("difference").await;
    assert_eq!(set.difference_in_place(&[&other]).await.unwrap(), 2);
    assert_eq!(all(&set).await, [1, 2]);
    let set = fresh("symmetric").await;
    assert_eq!(set.symmetric_difference_in_place(&[&other]).await.unwrap(), 3);
    assert_eq!(all(&set).await, [1, 2, 4]);
    assert_eq!(all(&other).await, [3, 4], "the other is as it was");
}

pub async fn a_set_put_together_with_itself_or_with_nothing(it: Drawer) {
    let [set, nothing] = ["set", "nothing"].map(|name| it.set::<u32>(name));
    set.extend([1, 2]).await.unwrap();
    assert_eq!(sorted(set.union(&[]).await.unwrap()), [1, 2]);
    assert_eq!(sorted(set.intersection(&[&set]).await.unwrap()), [1, 2]);
    assert!(sorted(set.difference(&[&set]).await.unwrap()).is_empty());
    assert!(sorted(set.symmetric_difference(&[&set]).await.unwrap()).is_empty());
    assert_eq!(sorted(set.difference(&[&nothing]).await.unwrap()), [1, 2]);
    assert!(sorted(set.intersection(&[&nothing]).await.unwrap()).is_empty());
    assert_eq!(sorted(nothing.union(&[&set]).await.unwrap()), [1, 2]);
}

pub async fn a_set_put_together_with_nothing_in_place(it: Drawer) {
    let [set, nothing] = ["set", "nothing"].map(|name| it.set::<u32>(name));
    set.extend([1, 2]).await.unwrap();
    assert_eq!(set.union_in_place(&[&nothing]).await.unwrap(), 2);
    assert_eq!(set.symmetric_difference_in_place(&[&set]).await.unwrap(), 0);
    assert!(set.is_empty().await.unwrap());
    assert_eq!(set.union_in_place(&[&nothing]).await.unwrap(), 0);
    assert!(!set.clear().await.unwrap(), "it is not there");
}

pub async fn a_set_that_others_are_put_into_keeps_its_time(it: Drawer) {
    let [union, symmetric] = ["union", "symmetric"].map(|name| it.set::<u32>(name).ttl("1s"));
    let other = it.set::<u32>("other");
    together((union.insert(&1), symmetric.insert(&1), other.insert(&2))).await.unwrap();
    eventually("both are gone", async || {
        let put = (union.union_in_place(&[&other]), symmetric.symmetric_difference_in_place(&[&other]));
        let look = (union.contains(&1), symmetric.contains(&1));
        together((together(put), together(look))).await.unwrap().1 == (false, false)
    })
    .await;
}

pub async fn sets_are_compared(it: Drawer) {
    let [few, many, others, nothing] = ["few", "many", "others", "nothing"].map(|name| it.set::<u32>(name));
    few.extend([1, 2]).await.unwrap();
    many.extend([1, 2, 3]).await.unwrap();
    others.extend([3, 4]).await.unwrap();
    let compared = async |one: &CacheSet<u32>, other: &CacheSet<u32>| {
        let asked = vec![one.is_subset(other), one.is_superset(other), one.is_disjoint(other), one.is_equal(other)];
        <[bool; 4]>::try_from(together(asked).await.unwrap()).unwrap()
    };
    assert_eq!(compared(&few, &many).await, [true, false, false, false]);
    assert_eq!(compared(&many, &few).await, [false, true, false, false]);
    assert_eq!(compared(&many, &others).await, [false; 4]);
    assert_eq!(compared(&few, &others).await, [false, false, true, false]);
    assert_eq!(compared(&many, &many).await, [true, true, false, true]);
    assert_eq!(compared(&nothing, &few).await, [true, false, true, false]);
    assert_eq!(compared(&nothing, &nothing).await, [true, true, true, true]);
}

pub async fn a_walk_through_a_set_tells_all_of_it(it: Drawer) {
    let set = it.set::<u32>("s");
    set.extend(0..2500).await.unwrap();
    assert!(sorted(set.stream().collect::<Vec<_>>().await.unwrap()).into_iter().eq(0..2500));
}
