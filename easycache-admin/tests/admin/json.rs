//! The same for programs.

use std::time::Duration;

use easycache_core::Policy;
use easycache_testkit::MemoryBackend;
use serde_json::{Value, json};

use crate::support::Site;

#[tokio::test]
async fn programs_get_what_people_see() {
    let site = Site::on(MemoryBackend::new());
    site.cache.set("user:1", 1, Policy::ttl("10m").tags(["users"])).await.unwrap();
    site.cache.get::<i32>("user:1").await.unwrap();
    site.cache.get::<i32>("user:2").await.unwrap();
    site.advance(Duration::from_secs(10));

    let all = site.get("bob", "/api").await.is(200).json();
    let cache = &all["caches"][0];
    assert_eq!((&all["title"], &cache["alias"]), (&json!("shop"), &json!("default")));
    assert_eq!(cache["cache"]["stats"]["hits"], 1);
    assert_eq!(cache["cache"]["stats"]["misses"]["absent"], 1);
    assert_eq!(cache["cache"]["nodes"][0]["state"], "up");
    assert_eq!(cache["minutes"], json!([{"ago": 1, "hits": 1, "misses": 1, "hit_rate": 0.5}]));

    let one = site.get("bob", "/api/cache?cache=default").await.is(200).json();
    assert_eq!((&one["alias"], &one["recent"]), (&json!("default"), &json!([])));
    assert_eq!(one["cache"]["is_in_process"], false);

    let entry = site.get("bob", "/api/lookup?key=user:1").await.is(200).json();
    assert_eq!(entry["explanation"]["tags"], json!(["users"]));
    assert_eq!(entry["explanation"]["misses"], Value::Null);

    let keys = site.get("bob", "/api/keys?beginning=user").await.is(200).json();
    assert_eq!(keys["keys"], json!([{"key": "user:1", "hashed": false}]));
}

#[tokio::test]
async fn programs_invalidate_names_of_every_kind_together() {
    let site = Site::new();
    for id in 0..3 {
        site.cache.set(&format!("user:{id}"), id, Policy::new().tags([format!("tag:{id}")])).await.unwrap();
    }
    let wish = json!({"cache": "default", "keys": ["user:0"], "tags": ["tag:1"], "prefixes": ["nobody"]});
    let done = site.post_json("ann", "/api/invalidate", &wish).await.is(200).json();
    assert_eq!((&done["who"], &done["verb"], &done["count"]), (&json!("ann"), &json!("invalidate"), &json!(3)));
    assert_eq!(done["error"], Value::Null);
    assert_eq!(site.cache.get::<i32>("user:0").await.unwrap(), None);
    assert_eq!(site.cache.get::<i32>("user:1").await.unwrap(), None);
    assert_eq!(site.cache.get::<i32>("user:2").await.unwrap(), Some(2));
    assert_eq!(site.get("bob", "/api/done?id=1").await.is(200).json(), done);
    assert_eq!(site.get("bob", "/api").await.json()["done"][0], done);

    let wish = json!({"cache": "default", "verb": "expire", "keys": ["user:2"]});
    site.post_json("ann", "/api/invalidate", &wish).await.is(200);
    assert_eq!(site.cache.stats().expiries, 1);
}

#[tokio::test]
async fn mistakes_are_told_to_programs_in_their_language() {
    let site = Site::new();
    for (wish, status, said) in [
        (json!({"cache": "default"}), 400, "at least one name"),
        (json!({"tags": ["a"]}), 400, "missing field `cache`"),
        (json!({"cache": "default", "tag": ["a"]}), 400, "unknown field `tag`"),
        (json!({"cache": "default", "verb": "burn", "tags": ["a"]}), 400, "unknown variant `burn`"),
        (json!({"cache": "default", "tags": [""]}), 400, "the tag is empty"),
        (json!({"cache": "default", "tags": vec!["a"; 10_001]}), 400, "10001 names are more"),
        (json!([1]), 400, "this is not"),
    ] {
        let answer = site.post_json("ann", "/api/invalidate", &wish).await.is(status).json();
        assert!(answer["error"].as_str().unwrap().contains(said), "{answer}");
    }
    for (path, status) in [("/api/nothing", 404), ("/api/lookup?key=a%7Cb%7Cc", 400), ("/api/keys?next=zz", 400)] {
        let answer = site.get("ann", path).await.is(status).json();
        assert_eq!(answer["status"], status);
        assert!(answer["error"].is_string(), "{path}: {answer}");
    }
    site.get("ann", "/api/invalidate").await.is(405);
    assert_eq!(site.cache.stats().invalidations, 0);
}
