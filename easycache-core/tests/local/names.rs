//! Names: which lookups meet, why one misses, and what bad names do not do.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use easycache_core::{Cache, Chores, Clock, ErrorKind, Moment, Policy, Targets};
use easycache_testkit::ManualClock;

fn cache() -> Cache {
    Cache::builder().build().unwrap()
}

#[test]
fn misses_are_counted_by_their_reason() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    let policy = || Policy::ttl(10).tags(["t"]).prefix("p/q");
    let read = |policy: Policy| cache.blocking().get_or_compute("key", policy, || 1_u32).unwrap();
    let misses = |cache: &Cache| {
        let misses = cache.stats().misses;
        [misses.absent, misses.expired, misses.tag, misses.prefix, misses.cleared, misses.names, misses.schema]
    };
    let missed = |at: usize, before: [u64; 7]| {
        let mut expected = before;
        expected[at] += 1;
        assert_eq!(misses(&cache), expected);
    };

    read(policy());
    missed(0, [0; 7]);
    let before = misses(&cache);
    read(policy());
    assert_eq!((misses(&cache), cache.stats().hits), (before, 1));

    // Still there, but not swept: the chores come after the time is told.
    cache.blocking().invalidate_tags(["t"]).unwrap();
    read(policy());
    missed(2, before);
    let before = misses(&cache);
    cache.blocking().invalidate_prefix("p").unwrap();
    read(policy());
    missed(3, before);
    let before = misses(&cache);
    cache.blocking().clear().unwrap();
    read(policy());
    missed(4, before);
    let before = misses(&cache);
    read(policy().tags(["u"]));
    missed(5, before);
    let before = misses(&cache);
    read(policy().tags(["u"]).version(2));
    missed(6, before);
    let before = misses(&cache);
    cache.blocking().invalidate_key("p/q|key").unwrap();
    read(policy());
    missed(0, before);
    clock.advance(Duration::from_secs(10));
    let before = misses(&cache);
    read(policy());
    missed(0, before);
}

/// A clock whose caches nobody looks after.
#[derive(Debug, Default)]
struct Alone(AtomicU64);

impl Clock for Alone {
    fn now(&self) -> Moment {
        Moment::ORIGIN.after(Duration::from_secs(1 + self.0.load(Ordering::SeqCst)))
    }

    fn attend(&self, _: Weak<dyn Chores>) {}
}

#[test]
fn what_has_expired_is_not_served_even_if_nobody_sweeps() {
    let clock = Arc::new(Alone::default());
    let cache = Cache::builder().clock(clock.clone()).build().unwrap();
    cache.blocking().set("key", 1_u32, Policy::ttl(10)).unwrap();
    clock.0.store(10, Ordering::SeqCst);
    assert_eq!(cache.blocking().get::<u32>("key").unwrap(), None);
    assert_eq!((cache.stats().misses.expired, cache.stats().entries), (1, 1));
    assert_eq!(cache.blocking().get_or_compute("key", Policy::new(), || 2_u32).unwrap(), 2);
}

#[test]
fn a_value_of_another_type_is_a_miss() {
    let cache = cache();
    cache.blocking().set("key", 1_u32, Policy::new()).unwrap();
    assert_eq!(cache.blocking().get::<u64>("key").unwrap(), None);
    assert_eq!(cache.stats().misses.schema, 1);
    assert_eq!(cache.blocking().get_or_compute("key", Policy::new(), || 2_u64).unwrap(), 2);
    assert_eq!(cache.blocking().get::<u64>("key").unwrap(), Some(2));
}

#[test]
fn a_lookup_is_by_key_and_tags_whatever_their_order() {
    let cache = cache();
    let read =
        |tags: &[&str], value: u32| cache.blocking().get_or_compute("key", Policy::new().tags(tags), || value).unwrap();
    assert_eq!(read(&["a", "b"], 1), 1);
    assert_eq!(read(&["b", "a", "b"], 2), 1);
    assert_eq!(read(&["a"], 3), 3);
    assert_eq!(read(&["a", "b"], 4), 4);
}

#[test]
fn a_key_a_tag_and_a_prefix_of_one_name_have_nothing_to_do_with_each_other() {
    let cache = cache();
    cache.blocking().set("x", 1_u32, Policy::new()).unwrap();
    cache.blocking().set("y", 2_u32, Policy::new().tags(["x"])).unwrap();
    cache.blocking().set("z", 3_u32, Policy::new().prefix("x")).unwrap();
    let all = || cache.blocking().get_many::<u32>(&["x", "y", "x|z"]).unwrap();
    assert_eq!(all(), [Some(1), Some(2), Some(3)]);
    cache.blocking().invalidate_key("x").unwrap();
    assert_eq!(all(), [None, Some(2), Some(3)]);
    cache.blocking().invalidate_tags(["x"]).unwrap();
    assert_eq!(all(), [None, None, Some(3)]);
    cache.blocking().invalidate_prefix("x").unwrap();
    assert_eq!(all(), [None, None, None]);
}

#[test]
fn a_bad_name_among_good_ones_loses_nothing() {
    let cache = cache();
    cache.blocking().set("good", 1_u32, Policy::new().tags(["tag"]).prefix("prefix")).unwrap();
    for targets in [
        Targets::new().key("prefix|good").tags(["tag", ""]).prefix("prefix"),
        Targets::new().key("prefix|good").tags(["tag"]).prefix("prefix//x"),
        Targets::new().tags(["tag"]).prefix("prefix").key("a|b|c"),
        Targets::new().tags(["tag", "a{b"]),
        Targets::new().key("prefix|good").prefix("a|b"),
    ] {
        let error = cache.blocking().invalidate(targets).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName);
        assert_eq!(cache.blocking().get("prefix|good").unwrap(), Some(1_u32), "{error}");
    }
    assert_eq!(cache.stats().invalidations, 0);
}

#[test]
fn reading_and_writing_bad_names_fails_and_does_nothing() {
    let cache = cache();
    for key in ["", "a|b|c", "|a", "a//b|c", "a{b", "a\nb"] {
        assert_eq!(cache.blocking().get::<u32>(key).unwrap_err().kind(), ErrorKind::InvalidName);
        assert!(cache.blocking().set(key, 1_u32, Policy::new()).is_err());
        assert!(cache.blocking().get_many::<u32>(&["good", key]).is_err());
        let compute = || -> u32 { panic!("the body does not run") };
        assert!(cache.blocking().get_or_compute(key, Policy::new(), compute).is_err());
    }
    assert!(cache.blocking().set("key", 1_u32, Policy::new().tags(["a", ""])).is_err());
    assert!(cache.blocking().set("key", 1_u32, Policy::new().prefix("a//b")).is_err());
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.stamps, stats.computed, stats.misses.total()), (0, 0, 0, 0));
}

#[test]
fn an_invalidation_tells_how_many_of_its_names_were_known() {
    let cache = cache();
    cache.blocking().set("key", 1_u32, Policy::new().tags(["t"]).prefix("a/b")).unwrap();
    let targets = Targets::new().key("a/b|key").key("other").tags(["t", "u"]).prefix("a").prefix("a/c");
    let done = cache.blocking().invalidate(targets).unwrap();
    assert_eq!((done.names, cache.stats().invalidations), (6, 6));
    assert_eq!(done.known, 2, "the tag and the prefix; with them the entry under the key was gone already");
}

#[test]
fn many_keys_are_read_in_their_order() {
    let cache = cache();
    cache.blocking().set("b", 2_u32, Policy::new()).unwrap();
    cache.blocking().set("a", 1_u32, Policy::new()).unwrap();
    assert_eq!(cache.blocking().get_many::<u32>(&["a", "c", "b", "a"]).unwrap(), [Some(1), None, Some(2), Some(1)]);
    assert_eq!((cache.stats().hits, cache.stats().misses.absent), (3, 1));
    assert_eq!(cache.blocking().get_many::<u32>(&[] as &[&str]).unwrap(), []);
}
