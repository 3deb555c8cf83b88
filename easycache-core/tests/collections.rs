//! Every clause of collections, in this process; and what only can be seen there.
#![cfg(not(shuttle))]

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

#[cfg(any(feature = "json", feature = "postcard"))]
use easycache_core::Codec;
#[cfg(feature = "json")]
use easycache_core::ErrorKind;
use easycache_core::{
    Cache, Chores, Clock, Moment,
    collections::{CacheMap, CacheSet, CacheSortedSet, CacheValue},
};
use easycache_testkit::{ManualClock, collections_conformance};

collections_conformance!(async { Cache::builder().build().ok() });

/// A clock that does no chores.
#[derive(Debug)]
struct Idle(ManualClock);

impl Clock for Idle {
    fn now(&self) -> Moment {
        self.0.now()
    }

    fn attend(&self, _: Weak<dyn Chores>) {}
}

/// As it is kept: text is kept as it is.
#[cfg(feature = "json")]
#[test]
fn a_codec_of_its_own_is_how_a_collection_keeps_what_is_not_plain() {
    type Pair = (String, Option<u32>);
    let cache = Cache::builder().build().unwrap();
    let (pair, json) = (("tea".to_owned(), Some(3)), r#"["tea",3]"#.to_owned());

    let value = CacheValue::<Pair>::new(&cache, "x").codec(Codec::Json);
    value.set(&pair).blocking().unwrap();
    assert_eq!(CacheValue::<String>::new(&cache, "x").get().blocking().unwrap(), Some(json.clone()));
    assert_eq!(value.get().blocking().unwrap(), Some(pair.clone()));
    let other = CacheValue::<Pair>::new(&cache, "x").get().blocking();
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Encoding, "the codec of the cache reads something else");

    let map = CacheMap::<Pair, Pair>::new(&cache, "x").codec(Codec::Json);
    map.insert(&pair, &pair).blocking().unwrap();
    assert_eq!(CacheMap::<String, String>::new(&cache, "x").get(&json).blocking().unwrap(), Some(json.clone()));
    assert_eq!(map.get(&pair).blocking().unwrap(), Some(pair.clone()));

    let (set, sorted) = (CacheSet::<Pair>::new(&cache, "x"), CacheSortedSet::<Pair>::new(&cache, "x"));
    let (set, sorted) = (set.codec(Codec::Json), sorted.codec(Codec::Json));
    set.insert(&pair).blocking().unwrap();
    sorted.insert(&pair, 1.0).blocking().unwrap();
    assert!(CacheSet::<String>::new(&cache, "x").contains(&json).blocking().unwrap());
    assert_eq!(CacheSortedSet::<String>::new(&cache, "x").by_rank(..).blocking().unwrap(), [(json, 1.0)]);
    assert_eq!(
        (set.pop().blocking().unwrap(), sorted.by_rank(..).blocking().unwrap()),
        (Some(pair.clone()), vec![(pair, 1.0)])
    );
}

/// The same of bytes.
#[cfg(feature = "postcard")]
#[test]
fn a_codec_that_writes_no_text_is_how_a_collection_keeps_what_is_not_plain() {
    let cache = Cache::builder().build().unwrap();
    let pair = ("tea".to_owned(), 3_u32);
    let value = CacheValue::<(String, u32)>::new(&cache, "x").codec(Codec::Postcard);
    value.set(&pair).blocking().unwrap();
    let bytes = CacheValue::<Vec<u8>>::new(&cache, "x").get().blocking().unwrap();
    assert_eq!(bytes.as_deref(), Some(&b"\x03tea\x03"[..]));
    assert_eq!(value.get().blocking().unwrap(), Some(pair));
}

#[test]
fn what_collections_hold_is_counted_and_swept_when_its_time_is_over() {
    let clock = Arc::new(Idle(ManualClock::new()));
    let cache = Cache::builder().clock(Arc::<Idle>::clone(&clock)).build().unwrap();
    let value = CacheValue::<u32>::new(&cache, "v").ttl("1m");
    let map = CacheMap::<u32, u32>::new(&cache, "m").ttl("1m");
    let [set, other] = ["s", "t"].map(|name| CacheSet::<u32>::new(&cache, name).ttl("1m"));
    let sorted = CacheSortedSet::<u32>::new(&cache, "z").ttl("1h");
    let elements = || cache.stats().elements;
    assert_eq!(elements(), 0);
    for _ in 0..2 {
        value.set(&1).blocking().unwrap();
        map.extend([(1, 1), (2, 2)]).blocking().unwrap();
        set.extend([1, 2, 3]).blocking().unwrap();
        sorted.extend([(1, 1.0), (2, 2.0)]).blocking().unwrap();
        assert_eq!(elements(), 8);
    }
    map.take(&1).blocking().unwrap();
    set.pop_many(2).blocking().unwrap();
    sorted.pop_lowest(1).blocking().unwrap();
    assert_eq!(elements(), 4);
    other.extend([7, 8, 9]).blocking().unwrap();
    assert_eq!((set.union_in_place(&[&other]).blocking().unwrap(), elements()), (4, 10));
    assert!(other.clear().blocking().unwrap() && cache.sweep().elements == 0);
    assert!(cache.stats().to_string().ends_with("; 7 elements in collections"), "{}", cache.stats());
    clock.0.advance(Duration::from_secs(61));
    assert_eq!(elements(), 7, "they are not swept yet");
    map.insert(&5, &5).blocking().unwrap();
    assert_eq!(elements(), 7, "what was there before is gone");
    assert_eq!((cache.sweep().elements, elements()), (5, 2));
    assert_eq!((map.get(&5).blocking().unwrap(), sorted.len().blocking().unwrap()), (Some(5), 1));
}
