//! Sorted sets.

use std::{collections::BTreeMap, ops::Bound};

use easycache_core::{
    ErrorKind,
    collections::{CacheSortedSet, Insert},
};

use super::Drawer;

/// The letters of `text`, each with its place as its score.
async fn letters(it: &Drawer, text: &str) -> CacheSortedSet<String> {
    let set = it.sorted(text);
    set.extend(text.chars().zip(0_u8..).map(|(letter, place)| (letter.to_string(), f64::from(place)))).await.unwrap();
    set
}

fn text(members: Vec<(String, f64)>) -> String {
    members.into_iter().map(|(member, _)| member).collect()
}

pub async fn members_are_in_the_order_of_their_scores(it: Drawer) {
    let set = it.sorted::<String>("s");
    assert!(set.insert("b", 2.5).await.unwrap());
    assert!(set.insert("a", 10.0).await.unwrap());
    assert!(set.insert("c", -1.0).await.unwrap());
    assert!(!set.insert("c", -1.0).await.unwrap(), "nothing changes");
    assert_eq!(text(set.by_rank(..).await.unwrap()), "cba");
    assert!(set.insert("c", 11.0).await.unwrap(), "it has another score");
    assert_eq!(text(set.by_rank(..).await.unwrap()), "bac");
    assert_eq!(set.score("b").await.unwrap(), Some(2.5));
    assert_eq!(set.score("d").await.unwrap(), None);
    assert_eq!(set.len().await.unwrap(), 3);
    assert!(set.remove("b").await.unwrap());
    assert!(!set.remove("b").await.unwrap());
    assert_eq!(set.remove_many(["a", "b"].map(str::to_owned)).await.unwrap(), 1);
    assert_eq!(text(set.by_rank(..).await.unwrap()), "c");
    assert!(set.clear().await.unwrap());
    assert!(set.is_empty().await.unwrap());
}

pub async fn members_of_one_score_are_in_the_order_of_their_bytes(it: Drawer) {
    let set = it.sorted::<String>("s");
    set.extend(["b", "", "a", "B"].map(|member| (member.to_owned(), 1.0))).await.unwrap();
    let members = set.by_rank(..).await.unwrap().into_iter().map(|(member, _)| member).collect::<Vec<_>>();
    assert_eq!(members, ["", "B", "a", "b"]);
    let members = set.by_score_descending(1.0..=1.0).await.unwrap();
    assert_eq!(text(members), "baB");
}

pub async fn of_a_sorted_set_it_is_told_which_are_members(it: Drawer) {
    let set = letters(&it, "abc").await;
    assert!(set.contains("b").await.unwrap());
    assert!(!set.contains("d").await.unwrap());
    let members = ["c", "d", "a", "c"].map(str::to_owned);
    assert_eq!(set.scores(members).await.unwrap(), [Some(2.0), None, Some(0.0), Some(2.0)]);
    assert_eq!(set.scores([]).await.unwrap(), []);
    assert!(!it.sorted::<String>("none").contains("a").await.unwrap());
}

pub async fn a_rank_counts_from_either_end(it: Drawer) {
    let set = letters(&it, "abcd").await;
    assert_eq!(set.rank("a").await.unwrap(), Some(0));
    assert_eq!(set.rank("c").await.unwrap(), Some(2));
    assert_eq!(set.rank_descending("c").await.unwrap(), Some(1));
    assert_eq!(set.rank("e").await.unwrap(), None);
    assert_eq!(it.sorted::<String>("none").rank("a").await.unwrap(), None);
}

pub async fn ranges_of_ranks_take_all_kinds_of_bounds(it: Drawer) {
    let set = letters(&it, "abcde").await;
    assert_eq!(text(set.by_rank(1..3).await.unwrap()), "bc");
    assert_eq!(text(set.by_rank(1..=3).await.unwrap()), "bcd");
    assert_eq!(text(set.by_rank(3..).await.unwrap()), "de");
    assert_eq!(text(set.by_rank((Bound::Excluded(3), Bound::Unbounded)).await.unwrap()), "e");
    assert_eq!(text(set.by_rank(2..2).await.unwrap()), "");
    assert_eq!(text(set.by_rank(7..9).await.unwrap()), "");
    assert_eq!(text(set.by_rank_descending(..2).await.unwrap()), "ed");
    assert_eq!(text(set.by_rank_descending(3..=9).await.unwrap()), "ba");
}

pub async fn ranges_of_scores_take_all_kinds_of_bounds(it: Drawer) {
    let set = letters(&it, "abcde").await;
    assert_eq!(text(set.by_score(1.0..=3.0).await.unwrap()), "bcd");
    assert_eq!(text(set.by_score(1.0..3.0).await.unwrap()), "bc");
    assert_eq!(text(set.by_score((Bound::Excluded(1.0), Bound::Included(3.0))).await.unwrap()), "cd");
    assert_eq!(text(set.by_score(3.5..).await.unwrap()), "e");
    assert_eq!(text(set.by_score(..).await.unwrap()), "abcde");
    assert_eq!(text(set.by_score((Bound::Included(3.0), Bound::Included(1.0))).await.unwrap()), "");
    assert_eq!(text(set.by_score_descending(1.0..=3.0).await.unwrap()), "dcb");
    assert_eq!(set.count(1.0..3.0).await.unwrap(), 2);
    assert_eq!(set.count(..).await.unwrap(), 5);
}

pub async fn a_chunk_has_no_more_than_its_limit(it: Drawer) {
    let set = letters(&it, "abcde").await;
    assert_eq!(text(set.chunk_by_score(.., 0, 2).await.unwrap()), "ab");
    assert_eq!(text(set.chunk_by_score(.., 2, 2).await.unwrap()), "cd");
    assert_eq!(text(set.chunk_by_score(.., 4, 2).await.unwrap()), "e");
    assert_eq!(text(set.chunk_by_score(.., 6, 2).await.unwrap()), "");
    assert_eq!(text(set.chunk_by_score(1.0.., 1, 1).await.unwrap()), "c");
    assert_eq!(text(set.chunk_by_score(.., 0, 0).await.unwrap()), "");
    assert_eq!(text(set.chunk_by_score_descending(.., 0, 2).await.unwrap()), "ed");
    assert_eq!(text(set.chunk_by_score_descending(..=3.0, 1, 2).await.unwrap()), "cb");
    assert_eq!(text(set.chunk_by_score_descending(.., 5, 2).await.unwrap()), "");
}

pub async fn who_inserts_says_which_members(it: Drawer) {
    let set = it.sorted::<String>("s");
    let insert = async |which, score: f64| {
        let pairs = ["old", "new"].map(|member| (member.to_owned(), score));
        set.clear().await.unwrap();
        set.insert("old", 5.0).await.unwrap();
        let changed = set.insert_if(which, pairs).await.unwrap();
        (changed, set.score("old").await.unwrap(), set.score("new").await.unwrap())
    };
    assert_eq!(insert(Insert::Always, 4.0).await, (2, Some(4.0), Some(4.0)));
    assert_eq!(insert(Insert::New, 4.0).await, (1, Some(5.0), Some(4.0)));
    assert_eq!(insert(Insert::Existing, 4.0).await, (1, Some(4.0), None));
    assert_eq!(insert(Insert::Greater, 4.0).await, (1, Some(5.0), Some(4.0)));
    assert_eq!(insert(Insert::Greater, 6.0).await, (2, Some(6.0), Some(6.0)));
    assert_eq!(insert(Insert::Less, 4.0).await, (2, Some(4.0), Some(4.0)));
    assert_eq!(insert(Insert::Less, 6.0).await, (1, Some(5.0), Some(6.0)));
    assert_eq!(set.insert_if(Insert::Always, []).await.unwrap(), 0);
}

pub async fn the_lowest_and_the_highest_are_popped(it: Drawer) {
    let set = letters(&it, "abcdef").await;
    assert_eq!(set.pop_lowest(2).await.unwrap(), [("a".to_owned(), 0.0), ("b".to_owned(), 1.0)]);
    assert_eq!(text(set.pop_highest(2).await.unwrap()), "fe");
    assert_eq!(text(set.pop_lowest(0).await.unwrap()), "");
    assert_eq!(text(set.pop_highest(9).await.unwrap()), "dc");
    assert_eq!(text(set.pop_lowest(1).await.unwrap()), "");
}

pub async fn scores_are_added_to(it: Drawer) {
    let set = it.sorted::<String>("s");
    assert!((set.increment("a", 1.5).await.unwrap() - 1.5).abs() < f64::EPSILON);
    assert!((set.increment("a", -2.0).await.unwrap() + 0.5).abs() < f64::EPSILON);
    assert_eq!(set.score("a").await.unwrap(), Some(-0.5));
}

pub async fn infinite_scores_have_their_places_and_no_number_has_none(it: Drawer) {
    let set = it.sorted::<String>("s");
    let pairs = [("top", f64::INFINITY), ("bottom", f64::NEG_INFINITY), ("zero", -0.0), ("large", 1e300)];
    set.extend(pairs.map(|(member, score)| (member.to_owned(), score))).await.unwrap();
    let order = set.by_rank(..).await.unwrap().into_iter().map(|(member, _)| member).collect::<Vec<_>>();
    assert_eq!(order, ["bottom", "zero", "large", "top"]);
    assert_eq!(set.score("top").await.unwrap(), Some(f64::INFINITY));
    assert_eq!(set.count(0.0..=0.0).await.unwrap(), 1, "there is one zero");
    assert_eq!(set.count((Bound::Excluded(f64::INFINITY), Bound::Unbounded)).await.unwrap(), 0);
    assert_eq!(set.count(f64::INFINITY..).await.unwrap(), 1);
    assert_eq!(set.count(f64::NEG_INFINITY..f64::INFINITY).await.unwrap(), 3);
    assert_eq!(set.insert("nan", f64::NAN).await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(set.increment("top", f64::NEG_INFINITY).await.unwrap_err().kind(), ErrorKind::Encoding);
    assert_eq!(set.score("top").await.unwrap(), Some(f64::INFINITY));
}

pub async fn a_walk_through_a_sorted_set_tells_all_of_it(it: Drawer) {
    let set = it.sorted::<u32>("s");
    let pairs = (0..2500).map(|number| (number, f64::from(number) / 3.0));
    set.extend(pairs.clone()).await.unwrap();
    let told = set.stream().collect::<BTreeMap<_, _>>().await.unwrap();
    assert!(told.into_iter().eq(pairs));
}
