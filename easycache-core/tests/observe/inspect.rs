//! What is asked of a cache from outside: its keys, its servers, its last invalidations, its counts by name.

use std::{collections::BTreeSet, sync::Arc};

use easycache_core::{
    Cache, CachePlace, ErrorKind, Keys, ListedKey, MemoryStore, Near, Policy, Reason, Stamped, TargetKind, Targets,
    Verb,
};
use easycache_testkit::{FailingBackend, ManualClock, MemoryBackend, Side, SlowBackend};

use super::on;

fn fill(cache: &Cache, keys: impl IntoIterator<Item = String>) {
    for key in keys {
        cache.blocking().set(&key, 1, Policy::ttl(60)).unwrap();
    }
}

/// All pages, and how large the largest was.
fn all(keys: Keys) -> (Vec<ListedKey>, usize) {
    let pages = keys.blocking().map(|page| page.unwrap().keys).collect::<Vec<_>>();
    let largest = pages.iter().map(Vec::len).max().unwrap_or_default();
    (pages.concat(), largest)
}

fn texts(keys: Keys) -> BTreeSet<String> {
    all(keys).0.into_iter().map(|listed| listed.key).collect()
}

/// In process, and on a backend.
fn caches() -> [Cache; 2] {
    [Cache::builder().build().unwrap(), on(MemoryBackend::new())]
}

#[test]
fn keys_are_listed_a_page_at_a_time_by_what_they_begin_with() {
    for cache in caches() {
        fill(&cache, (0..1000).map(|id| format!("user:{id}")).chain(["tenant:7|a".into(), "tenant:71|a".into()]));
        let (keys, largest) = all(cache.keys("user:").per_page(50));
        assert_eq!(keys.len(), 1000);
        assert!(largest <= 100, "{largest}");
        assert_eq!(texts(cache.keys("")).len(), 1002);
        assert_eq!(texts(cache.keys("tenant:7|")), BTreeSet::from(["tenant:7|a".to_owned()]));
        assert_eq!(texts(cache.keys("tenant:7")).len(), 2);
        assert_eq!(texts(cache.keys("nothing")).len(), 0);
    }
}

#[test]
fn a_walk_through_the_keys_goes_on_from_what_a_page_says() {
    for cache in caches() {
        fill(&cache, (0..300).map(|id| format!("user:{id}")));
        let (mut next, mut seen) = (None::<String>, BTreeSet::new());
        loop {
            let keys = cache.keys("").per_page(40);
            let mut keys = next.as_deref().map_or_else(|| Ok(keys.clone()), |next| keys.clone().after(next)).unwrap();
            let page = pollster::block_on(keys.next_page()).unwrap().unwrap();
            seen.extend(page.keys.into_iter().map(|listed| listed.key));
            next = page.next;
            if next.is_none() {
                assert_eq!(pollster::block_on(keys.next_page()).unwrap(), None);
                break;
            }
        }
        assert_eq!(seen.len(), 300);
        for nonsense in ["x", "0", "0g"] {
            assert_eq!(cache.keys("").after(nonsense).unwrap_err().kind(), ErrorKind::InvalidConfig);
        }
    }
    let cache = Cache::builder().build().unwrap();
    let mut keys = cache.keys("").after("00").unwrap();
    assert_eq!(pollster::block_on(keys.next_page()).unwrap_err().kind(), ErrorKind::InvalidConfig);
}

#[test]
fn what_is_there_all_the_time_is_listed_whatever_comes_and_goes() {
    for cache in caches() {
        fill(&cache, (0..500).map(|id| format!("stays:{id}")));
        let (mut keys, mut seen) = (cache.keys("stays:").per_page(10).blocking(), BTreeSet::new());
        for round in 0.. {
            let Some(page) = keys.next() else { break };
            seen.extend(page.unwrap().keys.into_iter().map(|listed| listed.key));
            // Stored anew, ahead of the walk and behind it; and others that come and go.
            fill(&cache, [format!("stays:{}", (round * 37) % 500), format!("other:{round}")]);
            cache.blocking().invalidate_key(&format!("other:{}", round / 2)).unwrap();
        }
        assert_eq!(seen.len(), 500);
    }
}

#[test]
fn what_has_expired_or_was_invalidated_by_its_key_is_not_listed() {
    let clock = Arc::new(ManualClock::new());
    let in_process = Cache::builder().clock(Arc::clone(&clock) as _).build().unwrap();
    let backend = MemoryBackend::with_clock(Arc::clone(&clock) as _);
    for cache in [in_process, on(backend)] {
        fill(&cache, ["a".into(), "b".into()]);
        cache.blocking().set("brief", 1, Policy::ttl(1)).unwrap();
        assert_eq!(texts(cache.keys("")).len(), 3);
        cache.blocking().invalidate_key("a").unwrap();
        clock.advance(std::time::Duration::from_secs(2));
        assert_eq!(texts(cache.keys("")), BTreeSet::from(["b".to_owned()]));
    }
}

#[test]
fn of_a_key_that_is_too_long_for_the_backend_the_hash_is_listed_and_marked() {
    let cache = on(MemoryBackend::new());
    let long = "k".repeat(70_000);
    fill(&cache, [long, "#short".into()]);
    let (mut keys, _) = all(cache.keys(""));
    keys.sort_by_key(|listed| listed.hashed);
    assert_eq!((&*keys[0].key, keys[0].hashed), ("#short", false));
    assert!(keys[1].hashed && keys[1].key.starts_with('#') && keys[1].key.len() == 33, "{:?}", keys[1]);
    assert_eq!(texts(cache.keys("k")).len(), 0);
}

#[test]
fn collections_are_not_among_the_keys() {
    use easycache_core::collections::CacheValue;

    let cache = Cache::builder().build().unwrap();
    CacheValue::<i64>::new(&cache, "visits").increment(1).blocking().unwrap();
    assert_eq!(texts(cache.keys("")).len(), 0);
}

#[test]
fn a_backend_that_cannot_list_what_it_keeps_says_so() {
    let cache = on(Stamped::new(MemoryStore::new()));
    let error = cache.blocking().keys("").next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn a_cache_tells_where_it_keeps_its_values() {
    let [in_process, on_memory] = caches();
    assert_eq!(in_process.place(), CachePlace::InProcess);
    assert!(in_process.is_in_process() && !on_memory.is_in_process());
    assert_eq!(on_memory.place(), CachePlace::Backend { kind: "memory", near: false });
    let near = Cache::builder().backend(MemoryBackend::new()).near(Near::bounded(10)).build().unwrap();
    assert_eq!(near.place(), CachePlace::Backend { kind: "memory", near: true });
    assert_eq!(on(Box::new(Stamped::new(MemoryStore::new()))).place().name(), "store");
}

#[test]
fn a_ping_is_an_error_unless_the_backend_answers_also_where_it_tells_nothing_of_its_servers() {
    let [in_process, on_memory] = caches();
    assert!(in_process.blocking().status().unwrap().is_empty());
    in_process.blocking().ping().unwrap();
    assert!(on_memory.blocking().status().unwrap()[0].is_up());
    on_memory.blocking().ping().unwrap();

    let failing = Arc::new(FailingBackend::new(Stamped::new(MemoryStore::new())));
    let cache = on(Arc::clone(&failing));
    cache.blocking().ping().unwrap();
    failing.fail(Side::Before);
    assert_eq!(cache.blocking().ping().unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn the_last_invalidations_are_told_the_latest_first() {
    for cache in caches() {
        let blocking = cache.blocking();
        blocking.invalidate(Targets::new().key("k").tags(["t"]).prefix("p")).unwrap();
        blocking.expire_tags(["u"]).unwrap();
        blocking.clear().unwrap();
        let recent = cache.recent_invalidations();
        let told = recent.iter().map(|it| {
            let names = it.names.iter().map(|it| (it.kind, &*it.name)).collect::<Vec<_>>();
            (it.verb, names, it.more, it.error.is_some())
        });
        let expected = [
            (Verb::Invalidate, vec![(TargetKind::Everything, "")], 0, false),
            (Verb::Expire, vec![(TargetKind::Tag, "u")], 0, false),
            (
                Verb::Invalidate,
                vec![(TargetKind::Key, "k"), (TargetKind::Tag, "t"), (TargetKind::Prefix, "p")],
                0,
                false,
            ),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(recent.is_sorted_by_key(|it| std::cmp::Reverse(it.at)));
    }
}

#[test]
fn the_last_invalidations_are_bounded_in_number_and_in_names() {
    let cache = Cache::builder().build().unwrap();
    for _ in 0..100 {
        cache.blocking().invalidate_tags((0..20).map(|tag| format!("{tag}-{}", "ä".repeat(1000)))).unwrap();
    }
    let recent = cache.recent_invalidations();
    assert_eq!((recent.len(), recent[0].names.len(), recent[0].more), (64, 8, 12));
    let long = &recent[0].names[0];
    assert_eq!(
        (&*long.name, long.bytes),
        (&*format!("0-{}", "ä".repeat(254)), 2002),
        "the beginning, and how much there was"
    );
    assert_eq!(cache.stats().invalidations, 2000);
}

#[test]
fn an_invalidation_that_fails_or_is_given_up_is_told_as_that() {
    let failing = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = on(Arc::clone(&failing));
    failing.fail(Side::Before);
    cache.blocking().invalidate_tags(["t"]).unwrap_err();
    assert!(cache.recent_invalidations()[0].error.as_ref().unwrap().to_string().contains("not done"));
    failing.heal();

    let slow = SlowBackend::new(MemoryBackend::new());
    slow.hold(Side::Before);
    let cache = on(slow);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, cache.invalidate_tags(["t"])).await;
        assert!(given_up.is_err());
    });
    assert!(cache.recent_invalidations()[0].error.as_ref().unwrap().to_string().contains("given up"));
}

#[test]
fn counts_by_name_are_all_there_are() {
    let cache = Cache::builder().build().unwrap();
    fill(&cache, ["a".into()]);
    cache.blocking().get::<i32>("a").unwrap();
    cache.blocking().get::<i32>("b").unwrap();
    let stats = cache.stats();
    let count = |name: &str| stats.counts().find(|(it, _)| *it == name).unwrap().1;
    assert_eq!((count("hits"), count("stored"), count("entries")), (1, 1, 1));
    assert_eq!(stats.misses.by_reason().map(|(_, count)| count).sum::<u64>(), stats.misses.total());
    assert_eq!(stats.misses.by_reason().find(|(_, count)| *count > 0), Some((Reason::Absent, 1)));
    assert_eq!(stats.refused.by_cause().map(|(_, count)| count).sum::<u64>(), stats.refused.total());
}
