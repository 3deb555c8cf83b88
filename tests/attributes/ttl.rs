use std::{sync::Arc, time::Duration};

use easycache::{Cache, ecached, scope};
use easycache_testkit::{ManualClock, MemoryBackend};

use crate::support::{Calls, cache};

/// Computes twice if the entry is gone after a pause, once if it is not.
macro_rules! expires {
    ($call:expr) => {{
        let first = $call;
        std::thread::sleep(Duration::from_millis(90));
        let second = $call;
        first != second
    }};
}

static CALLS: Calls = Calls::new();

#[ecached("ttl-text:{_id}", ttl = "30ms")]
fn text(_id: u8) -> u32 {
    CALLS.count()
}

#[ecached("ttl-seconds:{_id}", ttl = 60)]
fn seconds(_id: u8) -> u32 {
    CALLS.count()
}

const SHORT: Duration = Duration::from_millis(30);

#[ecached("ttl-expr:{_id}", ttl = SHORT)]
fn expression(_id: u8) -> u32 {
    CALLS.count()
}

#[ecached("ttl-closure:{id}", ttl = |id| if *id == 0 { SHORT } else { Duration::from_secs(60) })]
fn dynamic(id: u8) -> u32 {
    let _ = id;
    CALLS.count()
}

#[ecached("ttl-from:{id}", ttl_from = |value, id| if value.1 == *id { SHORT } else { Duration::from_secs(60) })]
fn from_result(id: u8) -> (u32, u8) {
    (CALLS.count(), if id < 10 { id } else { 0 })
}

#[test]
fn text_is_a_duration() {
    assert!(expires!(text(1)));
}

#[test]
fn a_number_is_seconds() {
    assert!(!expires!(seconds(1)));
}

#[test]
fn an_expression_is_a_duration() {
    assert!(expires!(expression(1)));
}

#[test]
fn a_closure_decides_by_the_arguments() {
    assert!(expires!(dynamic(0)));
    assert!(!expires!(dynamic(1)));
}

#[test]
fn ttl_from_decides_by_the_result() {
    assert!(expires!(from_result(1)));
    assert!(!expires!(from_result(11)));
}

#[tokio::test]
async fn the_ttl_of_a_cache_is_used_where_none_is_given() {
    #[ecached("ttl-default", cache = cache)]
    async fn load(cache: &Cache) -> u32 {
        let _ = cache;
        CALLS.count()
    }
    let cache = cache();
    assert_eq!(load(&cache).await, load(&cache).await);
}

#[test]
fn a_result_whose_ttl_is_no_duration_is_not_stored_by_a_call_or_by_hand() {
    #[ecached("ttl-no-duration:{id}", ttl_from = |value| value.as_str())]
    fn odd(id: u32) -> String {
        format!("{id} moons")
    }
    assert_eq!(odd(1), "1 moons");
    let entry = odd::entry(1);
    assert_eq!(entry.peek().unwrap(), None);
    entry.put(&"2 moons".to_owned()).unwrap();
    assert_eq!(entry.peek().unwrap(), None, "nobody said how long");
    entry.put(&"2 months".to_owned()).unwrap();
    assert_eq!(entry.peek().unwrap().as_deref(), Some("2 months"));
}

#[tokio::test]
async fn what_a_value_depends_on_lives_as_long_as_its_result_says() {
    #[ecached("ttl-long", alias = "ttl-long", ttl = "1m", tags = ["ttl-long"], tags_from = |value| [value.to_string()],
        ttl_from = || "10d")]
    async fn number() -> u32 {
        CALLS.count()
    }
    let clock = Arc::new(ManualClock::new());
    let backend = MemoryBackend::with_clock(Arc::<ManualClock>::clone(&clock));
    let cache = Cache::builder().clock(Arc::<ManualClock>::clone(&clock)).jitter(0.0).backend(backend).build().unwrap();
    scope("ttl-long", cache)
        .run_async(async {
            let value = number().await;
            clock.advance(Duration::from_secs(10 * 24 * 3600 - 1));
            assert_eq!(number().await, value);
            clock.advance(Duration::from_secs(1));
            assert_ne!(number().await, value);
        })
        .await;
}
