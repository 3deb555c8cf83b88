//! What is taken away, and not handed over.

use std::collections::BTreeMap;

use easycache_core::{
    ErrorKind,
    collections::{Request, together},
};

use super::Drawer;

/// What is no number lies where numbers are expected.
async fn fails<T: Send + 'static>(request: Request<T>) {
    let error = request.await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding, "{error}");
}

pub async fn what_is_popped_and_cannot_be_read_is_put_back(it: Drawer) {
    let words = ["1", "2", "tea"].map(str::to_owned);
    it.set::<String>("s").extend(words.clone()).await.unwrap();
    fails(it.set::<u32>("s").pop_many(3)).await;
    assert_eq!(it.set::<String>("s").contains_many(words.clone()).await.unwrap(), [true; 3]);

    let scored = words.clone().map(|word| (word, 1.5)).to_vec();
    it.sorted::<String>("z").extend(scored.clone()).await.unwrap();
    fails(it.sorted::<u32>("z").pop_lowest(3)).await;
    fails(it.sorted::<u32>("z").pop_highest(1)).await;
    assert_eq!(it.sorted::<String>("z").by_rank(..).await.unwrap(), scored);

    let map = it.map::<String, String>("m");
    map.insert("a", &words[2]).await.unwrap();
    fails(it.map::<String, u32>("m").take("a")).await;
    fails(it.map::<String, u32>("m").pop()).await;
    fails(it.map::<u32, String>("m").pop()).await;
    assert_eq!(map.stream().collect::<Vec<_>>().await.unwrap(), [("a".to_owned(), words[2].clone())]);

    // The same for callers that are not async.
    it.set::<u32>("s").pop_many(3).blocking().unwrap_err();
    assert_eq!(it.set::<u32>("s").len().await.unwrap(), 3);
}

pub async fn what_is_taken_together_with_a_failure_is_put_back(it: Drawer) {
    let (set, map, sorted) = (it.set::<u32>("s"), it.map::<u32, u32>("m"), it.sorted::<u32>("z"));
    together((set.insert(&1), map.extend([(1, 2), (3, 4)]), sorted.insert(&1, 2.0))).await.unwrap();
    it.value::<String>("v").set(&"tea".to_owned()).await.unwrap();
    let number = it.value::<i64>("v");
    fails(together((number.get(), set.pop(), map.take(&1), sorted.pop_lowest(1)))).await;
    fails(together((set.pop_many(9), together(vec![map.pop(), map.pop()]), number.take(), sorted.pop_highest(1))))
        .await;
    assert_eq!(set.stream().collect::<Vec<_>>().await.unwrap(), [1]);
    assert_eq!(map.stream().collect::<BTreeMap<_, _>>().await.unwrap(), BTreeMap::from([(1, 2), (3, 4)]));
    assert_eq!(sorted.score(&1).await.unwrap(), Some(2.0));
    assert_eq!(it.value::<String>("v").get().await.unwrap().as_deref(), Some("tea"));
    assert_eq!(
        together((set.pop(), map.take(&1), sorted.pop_lowest(1))).await.unwrap(),
        (Some(1), Some(2), vec![(1, 2.0)])
    );
}

pub async fn a_value_that_is_taken_and_cannot_be_read_is_put_back(it: Drawer) {
    it.value::<String>("v").set(&"tea".to_owned()).await.unwrap();
    fails(it.value::<u32>("v").take()).await;
    it.value::<u32>("v").take().blocking().unwrap_err();
    assert_eq!(it.value::<String>("v").take().await.unwrap().as_deref(), Some("tea"));
}
