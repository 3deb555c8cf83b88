use std::{sync::Arc, time::Duration};

use easycache::{Cache, ecached, scope};
use easycache_testkit::ManualClock;

#[ecached("jitter:{id}", ttl = "100s", jitter = 0.1)]
fn varied(id: u32) -> u32 {
    id
}

#[ecached("jitter-none:{id}", ttl = "100s")]
fn exact(id: u32) -> u32 {
    id
}

#[test]
fn jitter_spreads_the_ends_of_what_was_stored_together_and_no_further() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    let left_after = |span: u64| {
        clock.advance(Duration::from_secs(span));
        cache.stats().entries
    };
    scope("default", cache.clone()).run(|| (0..500).for_each(|id| assert_eq!(varied(id), id)));
    assert_eq!(left_after(89), 500, "none ends before 90 s");
    let half = left_after(11);
    assert!((100..400).contains(&half), "of 500 entries {half} live longer than 100 s");
    assert_eq!(left_after(11), 0, "none lives longer than 110 s");
}

#[test]
fn without_jitter_all_end_when_they_are_due() {
    let clock = Arc::new(ManualClock::new());
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).build().unwrap();
    scope("default", cache.clone()).run(|| (0..50).for_each(|id| assert_eq!(exact(id), id)));
    clock.advance(Duration::from_secs(99));
    assert_eq!(cache.stats().entries, 50);
    clock.advance(Duration::from_secs(1));
    assert_eq!(cache.stats().entries, 0);
}
