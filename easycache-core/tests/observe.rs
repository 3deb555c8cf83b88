//! What is told of what happens: events, explanations, audits and figures.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use easycache_core::{Backend, Cache, DependencyKind, EntryPlace, Policy, Reason};
use easycache_testkit::{Log, ManualClock, MemoryBackend};

#[cfg(feature = "metrics")]
#[path = "observe/figures.rs"]
mod figures;
#[path = "observe/inspect.rs"]
mod inspect;

fn number(cache: &Cache, key: &str, policy: Policy, computes: u32) -> u32 {
    cache.blocking().get_or_compute(key, policy, || computes).unwrap()
}

fn on(backend: impl Backend) -> Cache {
    Cache::builder().backend(backend).namespace("shop").build().unwrap()
}

/// What was told of misses, without what is the same each time.
fn misses(log: &Log) -> Vec<String> {
    let misses = log.lines().into_iter().filter(|line| line.starts_with("DEBUG message=miss"));
    misses.filter_map(|line| Some(line.split_once("reason=")?.1.to_owned())).collect()
}

#[test]
fn every_miss_tells_its_reason_and_the_tag_or_prefix_that_has_moved() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::clone(&clock) as _).build().unwrap();
    let policy = || Policy::ttl(10).tags(["users", "team:2"]).prefix("p/q");
    let log = Log::default();
    let _listening = log.listen();
    let blocking = cache.blocking();
    let read = |policy: Policy| number(&cache, "key", policy, 1);
    read(policy());
    blocking.invalidate_tags(["team:2"]).unwrap();
    read(policy());
    blocking.invalidate_prefix("p").unwrap();
    read(policy());
    blocking.clear().unwrap();
    read(policy());
    read(policy().tags(["more"]));
    read(policy().tags(["more"]).version(2));
    easycache_core::blocking::bypass(|| read(policy()));
    read(policy());
    let expected = [
        "\"absent\"",
        "\"tag\" moved=\"team:2\"",
        "\"prefix\" moved=\"p\"",
        "\"cleared\" moved=\"\"",
        "\"names\"",
        "\"schema\"",
        "\"bypass\"",
        "\"names\"",
    ];
    assert_eq!(misses(&log), expected);
    let told = log.lines().iter().filter(|line| line.starts_with("DEBUG message=stored")).count();
    assert_eq!(told, 7, "{:?}", log.lines());
}

#[test]
fn a_result_that_is_not_stored_tells_why() {
    let cache = Cache::builder().build().unwrap();
    let log = Log::default();
    let _listening = log.listen();
    let lost = || {
        cache.blocking().invalidate_key("key").unwrap();
        1
    };
    cache.blocking().get_or_compute("key", Policy::new(), lost).unwrap();
    let doomed = || {
        cache.blocking().invalidate_tags(["t"]).unwrap();
        1
    };
    cache.blocking().get_or_compute("key", Policy::new().tags(["t"]), doomed).unwrap();
    let reasons = log.lines().into_iter().filter(|line| line.contains("not stored"));
    let reasons = reasons.filter_map(|line| Some(line.split_once("reason=")?.1.to_owned())).collect::<Vec<_>>();
    assert_eq!(reasons, ["\"lease_lost\"", "\"doomed\""]);
}

#[test]
fn an_entry_in_process_is_explained() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::clone(&clock) as _).build().unwrap();
    let explain = || cache.blocking().explain("p/q|key").unwrap();
    assert_eq!((explain().misses, explain().place), (Some(Reason::Absent), EntryPlace::Nowhere));

    number(&cache, "key", Policy::ttl(10).tags(["b", "a"]).prefix("p/q"), 1);
    clock.advance(Duration::from_secs(3));
    let explained = explain();
    assert_eq!(explained.misses, None);
    assert_eq!(explained.place, EntryPlace::Here);
    assert_eq!((explained.prefix.as_deref(), explained.tags), (Some("p/q"), vec!["a".to_owned(), "b".to_owned()]));
    let spans = [explained.age, explained.ttl, explained.left];
    assert_eq!(spans, [3, 10, 7].map(|seconds| Some(Duration::from_secs(seconds))));
    let kinds = explained.depends_on.iter().map(|it| it.kind).collect::<Vec<_>>();
    let [everything, prefix, tag] = [DependencyKind::Everything, DependencyKind::Prefix, DependencyKind::Tag];
    assert_eq!(kinds, [everything, prefix, prefix, tag, tag]);
    assert!(explained.depends_on.iter().all(|it| it.moved == Some(false)));
    assert_eq!(cache.stats().hits + cache.stats().misses.total(), 1, "it counts as nothing");

    cache.blocking().invalidate_prefix("p").unwrap();
    let explained = explain();
    assert_eq!(explained.misses, Some(Reason::Prefix));
    let moved = explained.depends_on.iter().filter(|it| it.moved == Some(true)).map(|it| &it.name);
    assert_eq!(moved.collect::<Vec<_>>(), ["p"]);
    let text = explained.to_string();
    for line in ["key: p/q|key", "tags: a, b", "age: 3s", "left: 7s", "it would be a miss: prefix"] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
}

#[test]
fn an_entry_in_a_backend_is_explained() {
    let cache = on(MemoryBackend::new());
    let explain = || cache.blocking().explain("p|key").unwrap();
    assert_eq!(explain().misses, Some(Reason::Absent));
    number(&cache, "key", Policy::ttl(10).tags(["a"]).prefix("p"), 1);
    let explained = explain();
    assert_eq!(explained.misses, None);
    assert_eq!(explained.place, EntryPlace::Backend { name: "shop:v:{p|key}".to_owned(), near: false });
    assert_eq!(explained.depends_on.len(), 3);
    assert!(explained.depends_on.iter().all(|it| it.version.as_ref().is_some_and(|digits| digits.len() == 8)));
    cache.blocking().invalidate_tags(["a"]).unwrap();
    assert_eq!(explain().misses, Some(Reason::Invalidated));
    assert_eq!(cache.stats().hits + cache.stats().misses.total(), 1, "it counts as nothing");
}

#[test]
fn an_audit_reports_what_differs_and_never_changes_the_answer() {
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::new())] {
        let cache = cache.audit(1.0).build().unwrap();
        let fact = AtomicU32::new(1);
        let read = || cache.blocking().get_or_compute("key", Policy::new(), || fact.load(Ordering::SeqCst)).unwrap();
        assert_eq!((read(), read()), (1, 1));
        assert_eq!((cache.stats().audits, cache.stats().disagreements), (1, 0));
        fact.store(2, Ordering::SeqCst);
        let log = Log::default();
        let listening = log.listen();
        assert_eq!(read(), 1, "the hit");
        drop(listening);
        assert_eq!((cache.stats().audits, cache.stats().disagreements), (2, 1));
        assert_eq!(log.lines().iter().filter(|line| line.starts_with("ERROR")).count(), 1);
        cache.blocking().invalidate_key("key").unwrap();
        assert_eq!((read(), read()), (2, 2));
        assert_eq!((cache.stats().audits, cache.stats().disagreements), (3, 1));
    }
}

#[test]
fn hits_of_calls_that_refresh_in_the_background_are_audited_as_well() {
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::new())] {
        let cache = cache.audit(1.0).build().unwrap();
        let read = |computes: u32| cache.blocking().get_or_refresh("key", Policy::new(), move || computes).unwrap();
        assert_eq!((read(1), read(1), read(2)), (1, 1, 1));
        assert_eq!((cache.stats().audits, cache.stats().disagreements), (2, 1));
    }
}

#[test]
fn what_was_invalidated_while_it_was_audited_is_no_disagreement() {
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::new())] {
        let cache = cache.audit(1.0).build().unwrap();
        let policy = || Policy::new().tags(["t"]);
        number(&cache, "key", policy(), 1);
        let compute = || {
            cache.blocking().invalidate_tags(["t"]).unwrap();
            2_u32
        };
        assert_eq!(cache.blocking().get_or_compute("key", policy(), compute).unwrap(), 1, "it asked before");
        assert_eq!((cache.stats().audits, cache.stats().disagreements), (0, 0));
    }
}

#[test]
fn a_sample_is_a_part_of_the_hits() {
    let cache = Cache::builder().audit(0.1).build().unwrap();
    (0..10_000).for_each(|_| drop(number(&cache, "key", Policy::new(), 1).to_string()));
    assert!((500..2_000).contains(&cache.stats().audits), "{}", cache.stats().audits);
    assert_eq!(cache.stats().hits, 9_999);
    for part in [-0.1, 1.1, f64::NAN] {
        assert!(Cache::builder().audit(part).build().unwrap_err().to_string().contains("0.001"));
    }
}

/// What was advised.
fn advice(log: &Log) -> Vec<String> {
    log.lines().into_iter().filter(|line| line.starts_with("WARN message=settings contradict")).collect()
}

#[test]
fn policies_that_have_no_effect_are_named_with_the_remedy() {
    let keeps = || Cache::builder().build().unwrap();
    let forgets = || on(easycache_core::Stamped::new(easycache_core::MemoryStore::new()));
    let late = || Policy::new().stale_while_revalidate("1m");
    for (cache, policy, remedy) in [
        (keeps(), late().soft_timeout("2s").timeout("1s"), Some("make it shorter")),
        (keeps(), Policy::new().soft_timeout("2s"), Some("give a hard timeout")),
        (keeps(), late().soft_timeout("1s").timeout("2s"), None),
        (forgets(), late(), Some("on Redis or on memcached")),
        (forgets(), Policy::new().early_refresh(1.0), Some("on Redis or on memcached")),
        (forgets(), Policy::new().timeout("1m"), None),
    ] {
        let log = Log::default();
        let _listening = log.listen();
        for _ in 0..3 {
            cache.blocking().get_or_refresh("key", policy.clone(), || 1).unwrap();
            cache.blocking().invalidate_key("key").unwrap();
        }
        let said = advice(&log);
        assert_eq!(said.len(), usize::from(remedy.is_some()), "{said:?}");
        assert!(remedy.is_none_or(|remedy| said[0].contains(remedy)), "{said:?}");
    }
    let log = Log::default();
    let _listening = log.listen();
    number(&keeps(), "key", Policy::new().timeout("1m"), 1);
    assert!(advice(&log)[0].contains("ask by `get_or_refresh`"));
}

#[test]
fn what_contradicts_itself_is_said_once_with_the_remedy() {
    let backend = Arc::new(easycache_core::Stamped::new(easycache_core::MemoryStore::new()));
    let grain = backend.caps().ttl_grain;
    let (cache, other) = (on(backend), Cache::builder().build().unwrap());
    let log = Log::default();
    let _listening = log.listen();
    let outer = || number(&other, "inner", Policy::new(), 1);
    for _ in 0..3 {
        cache.blocking().get_or_compute("outer", Policy::new().inherit(true), outer).unwrap();
    }
    let said = advice(&log);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("give both one cache"), "{said:?}");

    let brief = Policy::ttl(grain / 2).jitter(0.0);
    (0..3).for_each(|_| cache.blocking().set("brief", 1, brief.clone()).unwrap());
    let said = advice(&log);
    assert_eq!(said.len(), 1 + usize::from(!(grain / 2).is_zero()), "{said:?}");
}
