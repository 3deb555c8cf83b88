//! What is kept, and for how long.

use std::{sync::Arc, time::Duration};

use easycache::{Cache, CachedObject, ErrorKind, scope};
use easycache_testkit::{FailingBackend, ManualClock, MemoryBackend, Side};
use serde::{Deserialize, Serialize};

use super::{Shop, shop};
use crate::support::Calls;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object(ttl = "10m", cache_none = "5s", ttl_from = |value| Duration::from_secs(value.minutes * 60), cache_if = |value| value.minutes > 0, alias = "object-policies")]
struct Kept {
    id: u64,
    minutes: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
#[cached_object(ttl = "10m", cache_none = false, stale_while_revalidate = "10m", alias = "object-policies")]
struct Stale {
    id: u64,
    at: u32,
}

/// Runs a test in process and on a backend, on a clock that it moves.
async fn on_a_clock(test: impl AsyncFn(&ManualClock)) {
    let clock = Arc::new(ManualClock::new());
    for cache in [Cache::builder(), Cache::builder().backend(MemoryBackend::with_clock(Arc::clone(&clock) as _))] {
        let cache = cache.clock(Arc::clone(&clock) as _).build().unwrap();
        scope("object-policies", cache).run_async(test(&clock)).await;
    }
}

/// A loader that finds nothing.
async fn nothing<T>(calls: &Calls) -> Result<Option<T>, String> {
    calls.count();
    Ok(None)
}

#[tokio::test]
async fn an_object_says_how_long_it_is_kept_and_whether() {
    on_a_clock(async |clock| {
        let kept = async |id, minutes| {
            Kept { id, minutes }.cache_set().await.unwrap();
            clock.advance(Duration::from_secs(3 * 60));
            Kept::cache_get(&id).await.unwrap().is_some()
        };
        assert_eq!((kept(1, 2).await, kept(2, 4).await, kept(3, 0).await), (false, true, false));
    })
    .await;
}

#[tokio::test]
async fn that_there_is_none_is_kept_as_long_as_it_says_or_not_at_all() {
    on_a_clock(async |clock| {
        let calls = Calls::new();
        let find = async || Kept::find_or_load(9, |_| nothing(&calls)).await.unwrap();
        assert_eq!((find().await, find().await, calls.so_far()), (None, None, 1));
        clock.advance(Duration::from_secs(6));
        assert_eq!((find().await, calls.so_far()), (None, 2));

        let calls = Calls::new();
        let find = async || Stale::find_or_load(9, |_| nothing(&calls)).await.unwrap();
        assert_eq!((find().await, find().await, calls.so_far()), (None, None, 2));
    })
    .await;
}

#[tokio::test]
async fn an_expired_object_is_served_while_the_next_is_loaded_but_not_one_that_was_deleted() {
    on_a_clock(async |clock| {
        Stale { id: 1, at: 1 }.cache_set().await.unwrap();
        clock.advance(Duration::from_secs(11 * 60));
        assert_eq!(Stale::cache_get(&1).await.unwrap(), None, "it is expired");
        let (go, gate) = tokio::sync::oneshot::channel::<()>();
        let found = Stale::find_or_refresh(1, |id| async move {
            gate.await.unwrap();
            Ok::<_, String>(Some(Stale { id, at: 2 }))
        });
        assert_eq!(found.await.unwrap().unwrap().at, 1);
        go.send(()).unwrap();
        let refreshed = async {
            while Stale::cache_get(&1).await.unwrap().is_none_or(|stale| stale.at != 2) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), refreshed).await.unwrap();

        clock.advance(Duration::from_secs(11 * 60));
        Stale::cache_delete_by_id(&1).await.unwrap();
        let found = Stale::find_or_refresh(1, |id| async move { Ok::<_, String>(Some(Stale { id, at: 3 })) });
        assert_eq!(found.await.unwrap().unwrap().at, 3);
    })
    .await;
}

#[tokio::test]
async fn without_its_backend_an_object_is_loaded_or_the_error_returned_where_that_is_asked_for() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, CachedObject)]
    #[cached_object("object-failing:{id}", on_error = "fail", alias = "object")]
    struct Failing {
        id: u64,
    }
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    backend.fail(Side::Before);
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    let test = async {
        assert_eq!(Shop::find_or_load(1, async |id| Ok::<_, String>(Some(shop(id)))).await, Ok(Some(shop(1))));
        let many = Shop::find_or_load_many([1, 2], async |ids: Vec<_>| Ok::<_, String>(ids.into_iter().map(shop)));
        assert_eq!(many.await, Ok(vec![Some(shop(1)), Some(shop(2))]));
        let load = async |id| Ok::<_, easycache::Error>(Some(Failing { id }));
        assert_eq!(Failing::find_or_load(1, load).await.unwrap_err().kind(), ErrorKind::Unavailable);
        shop(1).cache_set().await.unwrap_err();
        shop(1).cache_delete().await.unwrap_err();
        shop(1).cache_reset().await.unwrap_err();
        Shop::cache_get(&1).await.unwrap_err();
    };
    scope("object", cache).run_async(test).await;
}
