//! Backends that are down, and what of them is told.

use std::time::Duration;

use easycache_admin::Admin;
use easycache_core::{Cache, Policy};
use easycache_testkit::{FailingBackend, MemoryBackend, Side, SlowBackend};
use serde_json::json;

use crate::support::{Site, authorizer};

#[tokio::test]
async fn a_backend_that_is_down_is_told_within_the_deadline() {
    let backend = SlowBackend::new(MemoryBackend::new());
    backend.hold(Side::Before);
    let site = Site::within(Duration::from_millis(200), backend);
    // The cache's deadline is 200 ms; a busy machine is given 20 s.
    let page = tokio::time::timeout(Duration::from_secs(20), site.get("bob", "/lookup?key=a")).await.unwrap();
    page.is(503).has("role=\"alert\"").has("<form");
}

#[tokio::test]
async fn an_invalidation_that_is_not_confirmed_is_told_as_such() {
    let backend = FailingBackend::new(MemoryBackend::new());
    backend.fail(Side::Before);
    let site = Site::on(backend);
    let wish = json!({"cache": "default", "tags": ["users"]});
    let done = site.post_json("ann", "/api/invalidate", &wish).await.is(503).json();
    assert!(done["error"].is_string() && done["id"] == 1, "{done}");
    let page = site.get("bob", "/done?id=1").await;
    page.is(200).has("Not confirmed").has("the invalidation is not done").has("it is repeated in the background");
    let counted = site.cache.stats().unconfirmed;
    assert!(counted > 1, "one tag is several names there");
    site.get("bob", "/").await.is(200).has(&format!("{counted} not confirmed</span> names on the backend"));
    site.get("bob", "/cache").await.is(200).has("not confirmed");
}

#[tokio::test]
async fn an_expiry_that_is_not_confirmed_is_not_said_to_be_repeated() {
    let backend = FailingBackend::new(MemoryBackend::new());
    backend.fail(Side::Before);
    let site = Site::on(backend);
    let wish = json!({"cache": "default", "verb": "expire", "tags": ["users"]});
    let done = site.post_json("ann", "/api/invalidate", &wish).await.is(503).json();
    assert!(done["error"].as_str().unwrap().contains("it is not repeated, send it again"), "{done}");
    let page = site.get("bob", "/done?id=1").await;
    page.is(200).has("Not confirmed").has("the expiry is not known to be done").has("send it again");
    for not_so in ["repeated in the background", "it is repeated", "treats"] {
        assert!(!page.body.contains(not_so), "{not_so}: {}", page.body);
    }
    assert_eq!(site.cache.stats().unconfirmed, 0);
}

#[tokio::test]
async fn an_invalid_key_is_told_with_advice_and_the_form_stays() {
    let site = Site::new();
    site.cache.set("a", 1, Policy::new()).await.unwrap();
    site.get("bob", "/lookup?key=a%7Cb%7Cc").await.is(400).has("more than one `|`").has("value=\"a|b|c\"");
    site.get("bob", "/keys?next=zz").await.is(400).has("no place in a walk");
}

#[tokio::test]
async fn no_cache_at_all_is_an_answer() {
    let cache = Cache::builder().build().unwrap();
    let none: [&str; 0] = [];
    let site = Site::of(cache).with(Admin::new(authorizer).caches(none));
    site.get("ann", "/").await.is(200).has("No cache is registered in this process yet");
    site.get("ann", "/lookup?key=a").await.is(404);
    site.get("ann", "/cache").await.is(200);
    site.get("ann", "/invalidate").await.is(200);
}
