//! How long entries live.

use std::{sync::Arc, time::Duration};

use easycache_core::{
    Cache, ErrorKind, Policy,
    private::{Found, Keep, Site, compute_blocking, find, lasting, outcome},
};
use easycache_testkit::ManualClock;

fn with_clock() -> (Cache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    (Cache::builder().clock(clock.clone()).default_ttl("1h").build().unwrap(), clock)
}

/// Whether the value of `key` outlives that time, by reading and not by sweeping.
fn lives(cache: &Cache, clock: &ManualClock, after: Duration) -> bool {
    clock.advance(after);
    cache.blocking().get::<u32>("key").unwrap().is_some()
}

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn an_entry_is_served_until_its_time_is_over_and_not_after() {
    let (cache, clock) = with_clock();
    for (policy, ttl) in [
        (Policy::ttl(10), Duration::from_secs(10)),
        (Policy::ttl("90s"), Duration::from_secs(90)),
        (Policy::ttl(Duration::from_millis(1500)), Duration::from_millis(1500)),
        (Policy::new(), Duration::from_secs(3600)),
    ] {
        cache.blocking().set("key", 1_u32, policy).unwrap();
        assert!(lives(&cache, &clock, ttl.saturating_sub(MOMENT)), "{ttl:?}");
        assert!(!lives(&cache, &clock, MOMENT), "{ttl:?}");
    }
}

#[test]
fn reading_does_not_prolong_a_life() {
    let (cache, clock) = with_clock();
    cache.blocking().set("key", 1_u32, Policy::ttl(10)).unwrap();
    for _ in 0..9 {
        assert!(lives(&cache, &clock, Duration::from_secs(1)));
    }
    assert!(!lives(&cache, &clock, Duration::from_secs(1)));
}

#[test]
fn the_time_begins_when_the_computation_has_ended() {
    let (cache, clock) = with_clock();
    let slow = || {
        clock.advance(Duration::from_secs(100));
        1_u32
    };
    cache.blocking().get_or_compute("key", Policy::ttl(10), slow).unwrap();
    assert!(lives(&cache, &clock, Duration::from_secs(9)));
    assert!(!lives(&cache, &clock, Duration::from_secs(1)));
}

#[test]
fn a_ttl_of_zero_stores_nothing() {
    let (cache, _clock) = with_clock();
    for value in [1, 2] {
        assert_eq!(cache.blocking().get_or_compute("key", Policy::ttl(0), || value).unwrap(), value);
    }
    assert_eq!((cache.stats().refused.by_policy, cache.stats().entries), (2, 0));
}

#[test]
fn setting_with_a_ttl_of_zero_removes_what_was_there() {
    let (cache, _clock) = with_clock();
    cache.blocking().set("key", 1_u32, Policy::new()).unwrap();
    cache.blocking().set("key", 2_u32, Policy::ttl(0)).unwrap();
    assert_eq!(cache.blocking().get::<u32>("key").unwrap(), None);
}

static SITE: Site = Site::new("tests::with_a_ttl_of_its_own");

/// Calls a function whose result says how long it is kept.
fn call(cache: &Cache, ttl: impl easycache_core::IntoTtl) {
    let outcome = easycache_core::private::unportable(outcome!(u32));
    let found = find(
        &SITE,
        easycache_core::private::Mode::Refresh,
        Some(cache),
        &outcome,
        |_| {},
        |names| {
            names.key(|text| text.literal("key"));
        },
    );
    let Found::Miss(miss) = found else { panic!("a refresh") };
    compute_blocking(miss.ttl(lasting("2h")), outcome, || 1, |_, keep: &mut Keep| keep.ttl(ttl));
}

#[test]
fn what_the_result_says_counts_more_than_the_call() {
    let (cache, clock) = with_clock();
    call(&cache, "10s");
    assert!(lives(&cache, &clock, Duration::from_secs(9)));
    assert!(!lives(&cache, &clock, Duration::from_secs(1)));
}

#[test]
fn a_result_that_says_no_duration_is_not_stored_for_the_default_one() {
    let (cache, _clock) = with_clock();
    call(&cache, "soon");
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn jitter_varies_the_time_within_its_range() {
    let (cache, clock) = with_clock();
    for key in 0..1_000_u32 {
        cache.blocking().set(&key.to_string(), key, Policy::ttl(100).jitter(0.1)).unwrap();
    }
    clock.advance(Duration::from_secs(90).saturating_sub(MOMENT));
    assert_eq!(cache.stats().entries, 1_000, "none dies more than 10 % early");
    clock.advance(Duration::from_secs(10));
    let half = cache.stats().entries;
    assert!((300..700).contains(&half), "about a half is left in the middle of the range: {half}");
    clock.advance(Duration::from_secs(10) + 2 * MOMENT);
    assert_eq!(cache.stats().entries, 0, "none lives more than 10 % longer");
}

#[test]
fn a_time_beyond_all_clocks_never_ends() {
    let (cache, clock) = with_clock();
    cache.blocking().set("key", 1_u32, Policy::ttl(Duration::MAX)).unwrap();
    assert!(lives(&cache, &clock, Duration::from_secs(100 * 365 * 24 * 3600)));
    cache.blocking().set("key", 1_u32, Policy::ttl(Duration::MAX).jitter(0.5)).unwrap();
    assert!(lives(&cache, &clock, MOMENT));
}

#[test]
fn settings_out_of_range_are_refused_with_a_reason() {
    let (cache, _clock) = with_clock();
    for (policy, kind) in [
        (Policy::ttl("soon"), ErrorKind::InvalidDuration),
        (Policy::ttl(-1), ErrorKind::InvalidDuration),
        (Policy::new().jitter(1.5), ErrorKind::InvalidConfig),
        (Policy::new().jitter(f64::NAN), ErrorKind::InvalidConfig),
    ] {
        assert_eq!(cache.blocking().set("key", 1_u32, policy).unwrap_err().kind(), kind);
    }
    assert!(Cache::builder().max_entries(0).build().is_err());
    assert!(Cache::builder().default_ttl(0).build().is_err());
    assert!(Cache::builder().jitter(-0.1).build().is_err());
}
