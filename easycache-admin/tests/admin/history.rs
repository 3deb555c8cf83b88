//! The last hour.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use easycache_admin::Admin;
use easycache_core::{Cache, Chores, Clock, Moment, Policy, register};
use easycache_testkit::ManualClock;
use serde_json::{Value, json};

use crate::support::{Site, authorizer};

const TEN: Duration = Duration::from_secs(10);

async fn minutes(site: &Site, alias: &str) -> Value {
    site.get("bob", &format!("/api/cache?cache={alias}")).await.is(200).json()["minutes"].clone()
}

#[tokio::test]
async fn it_is_sampled_without_anybody_looking_and_reaches_back_an_hour() {
    let cache = Cache::builder().build().unwrap();
    register("sampled", cache.clone());
    let site = Site::new().with(Admin::new(authorizer).caches(["sampled"]));
    cache.set("a", 1, Policy::new()).await.unwrap();
    // 70 minutes: one hit every ten seconds, and a miss in each first sample of a minute.
    for sample in 0..420 {
        cache.get::<i32>("a").await.unwrap();
        if sample % 6 == 0 {
            cache.get::<i32>("b").await.unwrap();
        }
        site.clock.advance(TEN);
    }
    let minutes = minutes(&site, "sampled").await;
    let minutes = minutes.as_array().unwrap();
    assert_eq!((minutes.len(), &minutes[0]["ago"], &minutes[59]["ago"]), (60, &json!(60), &json!(1)));
    assert!(minutes.iter().all(|minute| minute["hits"] == 6 && minute["misses"] == 1), "{minutes:?}");
    let page = site.get("bob", "/cache").await;
    page.is(200).has("Between 85.7 % and 85.7 %, 85.7 % at last.").has("at most 7");
}

#[tokio::test]
async fn a_cache_that_takes_the_place_of_another_starts_anew() {
    let site = Site::new().with(Admin::new(authorizer).caches(["replaced"]));
    assert_eq!(minutes(&site, "replaced").await, json!([]), "nothing is registered yet");
    for (hits, total) in [(5, 5), (3, 8)] {
        let cache = Cache::builder().build().unwrap();
        register("replaced", cache.clone());
        site.clock.advance(TEN);
        cache.set("a", 1, Policy::new()).await.unwrap();
        for _ in 0..hits {
            cache.get::<i32>("a").await.unwrap();
        }
        site.clock.advance(TEN);
        let minutes = minutes(&site, "replaced").await;
        assert_eq!(minutes[0]["hits"], total, "{minutes}");
    }
}

#[test]
fn sampling_ends_with_the_router() {
    #[derive(Debug)]
    struct Watched(ManualClock, Mutex<Vec<Weak<dyn Chores>>>);

    impl Clock for Watched {
        fn now(&self) -> Moment {
            self.0.now()
        }

        fn attend(&self, chores: Weak<dyn Chores>) {
            self.1.lock().unwrap().push(chores);
        }
    }

    let clock = Arc::new(Watched(ManualClock::new(), Mutex::default()));
    let router = Admin::new(authorizer).caches(["nobody"]).clock(Arc::<Watched>::clone(&clock)).router();
    let copy = router.clone();
    let alive = || clock.1.lock().unwrap().iter().filter(|chores| chores.strong_count() > 0).count();
    assert_eq!(alive(), 1);
    drop(router);
    assert_eq!(alive(), 1);
    drop(copy);
    assert_eq!(alive(), 0);
}
