//! Invalidating: the question, the confirmation, the result.

use easycache_core::{Cache, Policy, TargetKind};
use easycache_testkit::Log;

use crate::support::{Answer, Site};

async fn filled() -> Site {
    let site = Site::new();
    for id in 0..3 {
        let policy = Policy::new().tags(["users"]).prefix("tenant:1");
        site.cache.set(&format!("user:{id}"), id, policy).await.unwrap();
    }
    site
}

async fn is_there(cache: &Cache, id: i32) -> bool {
    cache.get::<i32>(&format!("tenant:1|user:{id}")).await.unwrap().is_some()
}

/// So many tags, one in each line.
fn lines(count: usize) -> String {
    (0..count).map(|n| format!("tag:{n}")).collect::<Vec<_>>().join("\r\n")
}

/// Sends the question's form as it is.
async fn confirm(site: &Site, who: &str, question: &Answer) -> Answer {
    let fields = ["token", "cache", "verb", "kind", "names"].map(|name| (name, question.hidden(name)));
    site.post(who, "/invalidate/confirmed", &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await
}

/// Where the answer leads.
async fn result(site: &Site, done: &Answer) -> Answer {
    done.is(303);
    let location = done.header("location");
    assert!(location.starts_with("../done?id="), "{location}");
    site.get("ann", location.strip_prefix("..").unwrap()).await
}

#[tokio::test]
async fn what_was_confirmed_is_invalidated_for_the_application_and_nothing_before_that() {
    for (kind, names, lost) in [
        ("tag", "users", [true; 3]),
        ("prefix", "tenant:1", [true; 3]),
        ("key", "tenant:1|user:0\r\n\r\ntenant:1|user:2\n", [true, false, true]),
    ] {
        let site = filled().await;
        let question = site.post("ann", "/invalidate", &[("kind", kind), ("names", names), ("cache", "default")]).await;
        question.is(200).has("in the cache <strong>default</strong>").has("never served again");
        for id in 0..3 {
            assert!(is_there(&site.cache, id).await, "asking changes nothing");
        }
        let done = confirm(&site, "ann", &question).await;
        for (id, lost) in (0..).zip(lost) {
            assert_ne!(is_there(&site.cache, id).await, lost, "{kind}");
        }
        let page = result(&site, &done).await;
        page.is(200).has("<h1>Invalidated</h1>").has("By ann");
        // To load the result again does nothing again.
        result(&site, &done).await.is(200);
        assert_eq!(site.cache.recent_invalidations().len(), 1);
        site.get("bob", "/").await.has("<strong>ann</strong> invalidated");
    }
}

#[tokio::test]
async fn a_name_with_blanks_at_its_ends_is_another_name_than_the_one_without() {
    let site = Site::new();
    let there = async |key: &str| site.cache.get::<i32>(key).await.unwrap().is_some();
    for (id, key) in (0..).zip(["user", " user", "user ", "\u{a0}user"]) {
        for other in ["user", " user", "user ", "\u{a0}user"] {
            site.cache.set(other, id, Policy::new()).await.unwrap();
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs([("key", key)]).finish();
        let entry = site.get("bob", &format!("/api/lookup?{query}")).await.is(200).json();
        assert_eq!(entry["explanation"]["key"], key);
        let question = site.post("ann", "/invalidate", &[("kind", "key"), ("names", key)]).await;
        question.is(200).has("Invalidate 1 key</button>");
        confirm(&site, "ann", &question).await.is(303);
        for other in ["user", " user", "user ", "\u{a0}user"] {
            assert_eq!(there(other).await, other != key, "{other:?} after {key:?}");
        }
    }
    let keys = site.get("bob", "/api/keys?beginning=%20").await.is(200).json();
    assert_eq!(
        (&keys["keys"], &keys["beginning"]),
        (&serde_json::json!([{"key": " user", "hashed": false}]), &" ".into())
    );
}

#[tokio::test]
async fn the_question_says_what_and_how_many() {
    let site = Site::new();
    let names = lines(120);
    let fields = [("kind", "tag"), ("names", &*names), ("verb", "expire")];
    let question = site.post("ann", "/invalidate", &fields).await;
    question.is(200).has("Expire 120 tags").has("every entry with one of these tags").has("and 70 more");
    let page = result(&site, &confirm(&site, "ann", &question).await).await;
    page.is(200).has("<h1>Expired</h1>").has("120 names").has("and 112 more");
    assert_eq!((site.cache.stats().expiries, site.cache.stats().invalidations), (120, 0));

    let question = site.post("ann", "/invalidate", &[("kind", "key"), ("names", "a\na\r\na")]).await;
    question.is(200).has("Invalidate 1 key</button>").has("That is one entry.");
}

#[tokio::test]
async fn mistakes_are_told_in_the_form_and_nothing_is_lost() {
    let site = Site::new();
    let many = lines(10_001);
    for (kind, names, said) in [
        ("tag", "", "give at least one name"),
        ("tag", "\r\n\r\n", "give at least one name"),
        ("key", "a|b|c", "more than one `|`"),
        ("prefix", "a//b", "an empty level"),
        ("tag", "a{b}", "percent-escaped"),
        ("tag", &*many, "10001 names are more than the 10000"),
    ] {
        let answer = site.post("ann", "/invalidate", &[("kind", kind), ("names", names)]).await;
        answer.is(400).has(said).has("<textarea").has(&format!("value=\"{kind}\" checked"));
    }
    site.post("ann", "/invalidate", &[("kind", "cache"), ("names", "a")]).await.is(400);
    site.post("ann", "/invalidate", &[("verb", "burn"), ("names", "a")]).await.is(400);
    let large = "x".repeat(1 << 20);
    site.post("ann", "/invalidate", &[("names", &*large)]).await.is(413).has("send fewer names");
    site.post("ann", "/invalidate/confirmed", &[("names", &*large)]).await.is(413);
    site.post("ann", "/invalidate/confirmed", &[("names", "")]).await.is(400);
    assert_eq!(site.cache.stats().invalidations, 0);
}

#[tokio::test]
async fn ten_thousand_names_go_through_at_once() {
    let site = Site::new();
    let names = lines(10_000);
    let question = site.post("ann", "/invalidate", &[("names", &*names)]).await;
    question.is(200).has("Invalidate 10,000 tags");
    result(&site, &confirm(&site, "ann", &question).await).await.is(200).has("10,000 names");
    assert_eq!(site.cache.stats().invalidations, 10_000);
}

#[tokio::test]
async fn the_form_can_be_filled_by_a_link() {
    let site = Site::new();
    let page = site.get("ann", "/invalidate?kind=key&names=a%20%26b&verb=expire").await;
    page.is(200).has(">a &amp;b</textarea>").has("value=\"key\" checked").has("value=\"expire\" checked");
}

#[tokio::test]
async fn of_a_long_name_it_is_told_how_long_it_is_and_that_this_is_its_beginning() {
    let site = Site::new();
    // As long with the mark of a name that is cut as another is without it.
    let (cut, whole) = (format!("{}abc", "k".repeat(256)), format!("{}…", "k".repeat(117)));
    for name in [&cut, &whole] {
        let wish = serde_json::json!({"cache": "default", "keys": [name]});
        site.post_json("ann", "/api/invalidate", &wish).await.is(200);
    }
    let first = site.get("bob", "/api/done?id=1").await.json()["names"][0].clone();
    assert_eq!(first, serde_json::json!({"kind": "key", "name": "k".repeat(256), "bytes": 259}));
    let second = site.get("bob", "/api/done?id=2").await.json()["names"][0].clone();
    assert_eq!(second, serde_json::json!({"kind": "key", "name": whole, "bytes": 120}));
    let shown = format!("<code>{}…</code> <span class=\"note\">(259 bytes)</span>", "k".repeat(120));
    for path in ["/", "/done?id=1", "/cache"] {
        site.get("bob", path).await.is(200).has(&shown);
    }
    let page = site.get("bob", "/cache").await;
    page.has(&format!("key={}%E2%80%A6\"><code>{whole}</code></a>", "k".repeat(117)));
    assert!(!page.body.contains(&"k".repeat(200)), "no link leads to the entry of a name that was cut: {}", page.body);
    let recent = site.get("bob", "/api/cache").await.json()["recent"][1]["names"][0].clone();
    assert_eq!(recent, first);
}

#[tokio::test]
async fn who_did_what_is_remembered_and_told_to_the_log() {
    let site = Site::new();
    let question = site.post("ann", "/invalidate", &[("names", "users")]).await;
    let log = Log::default();
    let listening = log.listen();
    confirm(&site, "ann", &question).await.is(303);
    drop(listening);
    let told = log.lines().into_iter().find(|line| line.contains("done through the admin page")).unwrap();
    for field in ["INFO", "who=\"ann\"", "cache=\"default\"", "verb=\"invalidate\"", "count=1", "[\"tag users\"]"] {
        assert!(told.contains(field), "{told}");
    }
    let recent = site.cache.recent_invalidations();
    assert_eq!(recent[0].names[0].kind, TargetKind::Tag);
    site.get("bob", "/done?id=1").await.is(200).has("By ann");
    site.get("bob", "/done?id=2").await.is(404).has("not among the last actions");
    site.get("bob", "/done?id=x").await.is(400);
}
