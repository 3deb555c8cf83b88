use std::sync::Arc;

use easycache::{Cache, Error, ecached, scope};
use easycache_testkit::ManualClock;
use serde::{Deserialize, Serialize};

use crate::support::Calls;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Failure {
    NotFound(u32),
    Timeout(u32),
}

type Outcome<T> = Result<T, Failure>;

static CALLS: Calls = Calls::new();

#[ecached(
    "cache-err:{id}", ttl = "10m", tags = ["cache-err:{id}"],
    cache_err = "2s", cache_err_if = |error, id| matches!(error, Failure::NotFound(_)) && *id != 9,
    cache_if = |value| *value != 5,
)]
async fn load(id: u32) -> Outcome<u32> {
    match id {
        1..=4 => Ok(id + 10 * CALLS.count()),
        5 => Ok(5),
        6..=9 => Err(Failure::NotFound(CALLS.count())),
        _ => Err(Failure::Timeout(CALLS.count())),
    }
}

fn cache() -> (Cache, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    (Cache::builder().clock(Arc::clone(&clock) as _).build().unwrap(), clock)
}

#[tokio::test]
async fn errors_are_kept_for_a_time_of_their_own() {
    let (cache, clock) = cache();
    let steps = async {
        let first = load(6).await;
        assert!(matches!(first, Err(Failure::NotFound(_))));
        assert_eq!((load(6).await, load(6).await), (first.clone(), first.clone()));
        assert_eq!(cache.stats().hits, 2);
        clock.advance(std::time::Duration::from_secs(3));
        assert_ne!(load(6).await, first, "its time is over");

        let value = load(1).await;
        clock.advance(std::time::Duration::from_secs(3));
        assert_eq!(load(1).await, value, "that of a value is not");
    };
    scope("default", cache.clone()).run_async(steps).await;
}

#[tokio::test]
async fn an_error_is_kept_only_if_the_predicate_says_so() {
    let (cache, _clock) = cache();
    let steps = async {
        assert_ne!(load(10).await, load(10).await);
        assert_ne!(load(9).await, load(9).await, "nor for that parameter");
        assert_eq!(load(5).await, Ok(5));
        assert_eq!(cache.get::<u32>("cache-err:5").await.unwrap(), None, "`cache_if` is about values");
    };
    scope("default", cache.clone()).run_async(steps).await;
}

#[tokio::test]
async fn an_error_is_invalidated_like_a_value() {
    let (cache, _clock) = cache();
    let steps = async {
        let first = load(7).await;
        assert_eq!(load(7).await, first);
        load::invalidate_by_tags(7).await.unwrap();
        let second = load(7).await;
        assert_ne!(second, first);
        load::invalidate_by_key(7).await.unwrap();
        assert_ne!(load(7).await, second);
    };
    scope("default", cache.clone()).run_async(steps).await;
}

#[tokio::test]
async fn values_are_found_as_ever_and_errors_by_the_entry() {
    let (cache, _clock) = cache();
    let steps = async {
        let value = load(2).await.unwrap();
        assert_eq!(cache.get::<u32>("cache-err:2").await.unwrap(), Some(value));
        assert_eq!(load::entry(2).peek().await.unwrap(), Some(Ok(value)));
        let error = load(8).await.unwrap_err();
        assert_eq!(cache.get::<u32>("cache-err:8").await.unwrap(), None);
        assert_eq!(load::entry(8).peek().await.unwrap(), Some(Err(error)));
        load::entry(8).put(&Err(Failure::Timeout(0))).await.unwrap();
        assert!(matches!(load(8).await, Err(Failure::NotFound(_))), "one that is not kept changes nothing");
        load::entry(8).put(&Ok(80)).await.unwrap();
        assert_eq!(load(8).await, Ok(80));
    };
    scope("default", cache.clone()).run_async(steps).await;
}

#[test]
fn errors_of_functions_that_are_not_async_are_kept_without_serde_where_they_are_local() {
    #[derive(Clone, Debug, PartialEq)]
    struct Bare(u32);
    impl From<Error> for Bare {
        fn from(_: Error) -> Self {
            Self(0)
        }
    }
    #[ecached("cache-err-local", cache_err = "1h", local, on_error = "fail")]
    fn load() -> Result<Bare, Bare> {
        Err(Bare(CALLS.count()))
    }
    let first = load();
    assert_eq!(load(), first);
    assert_ne!(load::refresh(), first);
}
