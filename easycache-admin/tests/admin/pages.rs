//! What the pages tell.

use std::time::Duration;

use axum::http::header;
use easycache_admin::Admin;
use easycache_core::{Cache, Policy, register};
use easycache_testkit::MemoryBackend;

use crate::support::{Site, authorizer};

/// A user's text that would be markup.
const MARKUP: &str = r#"<script>alert("1")</script>&amp;'x"#;

#[tokio::test]
async fn the_overview_has_every_cache_with_hits_misses_by_reason_and_entries() {
    let site = Site::new();
    let policy = || Policy::ttl("10m").tags(["users"]);
    for id in 0..1234 {
        site.cache.set(&format!("user:{id}"), id, policy()).await.unwrap();
    }
    site.cache.get::<i32>("user:1").await.unwrap();
    site.cache.get::<i32>("user:9999").await.unwrap();
    site.cache.invalidate_tags(["users"]).await.unwrap();
    site.cache.get::<i32>("user:1").await.unwrap();

    let page = site.get("bob", "/").await;
    page.is(200).has("<h1>Overview</h1>").has(">default</a>").has("33.3 %").has("<dd>1,234</dd>");
    page.has("Misses by reason").has("<dt>absent</dt><dd>1</dd>").has("<dt>tag</dt><dd>1</dd>").has("in process");
}

#[tokio::test]
async fn an_empty_page_says_so_in_words() {
    let site = Site::new();
    site.get("bob", "/").await.is(200).has("Nothing, since this process began.");
    let page = site.get("bob", "/cache").await;
    page.is(200).has("There was no miss.").has("has invalidated nothing").has("Nobody has looked anything up");
    site.get("bob", "/keys").await.is(200).has("There is none.");
}

#[tokio::test]
async fn the_page_of_a_cache_has_its_recent_invalidations_and_the_chart() {
    let site = Site::new();
    site.cache.invalidate_tags((0..20).map(|n| format!("tag{n}"))).await.unwrap();
    site.cache.get::<i32>("user:1").await.unwrap();
    site.advance(Duration::from_secs(10));
    let page = site.get("bob", "/cache?cache=default").await;
    page.is(200).has("<li class=\"note\">invalidated</li>").has("<code>tag7</code>").has("and 12 more");
    page.has("<svg").has("<title id=\"chart-title\">").has("<desc id=\"chart-desc\">").has("The same as a table");
}

#[tokio::test]
async fn a_look_up_tells_everything_about_an_entry() {
    let site = Site::new();
    let policy = Policy::ttl("10m").tags(["users", "team:2"]).prefix("tenant:1/shop:3");
    site.cache.set("user:42", 1, policy).await.unwrap();
    site.advance(Duration::from_secs(61));

    let page = site.get("bob", "/lookup?cache=default&key=tenant%3A1%2Fshop%3A3%7Cuser%3A42").await;
    page.is(200).has("tenant:1/shop:3|user:42").has("It would be served now.").has("in this process");
    page.has("<dt>Age</dt><dd>1m 1s</dd>").has("<dt>Time to live</dt><dd>10m</dd>").has("<dt>Left</dt><dd>8m 59s</dd>");
    page.has("<code>team:2</code>").has("<code>tenant:1/shop:3</code>").has("<td>everything</td>");

    site.cache.invalidate_tags(["team:2"]).await.unwrap();
    let page = site.get("bob", "/lookup?key=tenant:1/shop:3|user:42").await;
    page.is(200).has("It would be a miss: one of its tags was invalidated.");
    let stats = site.cache.stats();
    assert_eq!((stats.hits, stats.misses.total()), (0, 0), "looking is not counted");
}

#[tokio::test]
async fn a_look_up_on_a_backend_tells_where_it_lies() {
    let site = Site::on(MemoryBackend::new());
    site.cache.set("user:42", 1, Policy::ttl("10m").tags(["users"])).await.unwrap();
    site.get("bob", "/lookup?key=user:42").await.is(200).has("on the backend, as").has("It would be served now.");
    site.get("bob", "/").await.is(200).has("1 of 1 server up");
    site.get("bob", "/cache").await.is(200).has("<h2 id=\"servers\">Servers</h2>").has("up");
}

#[tokio::test]
async fn keys_are_browsed_a_page_at_a_time_and_lead_to_what_there_is_to_say() {
    for site in [Site::new(), Site::on(MemoryBackend::new())] {
        for id in 0..250 {
            site.cache.set(&format!("user:{id}"), id, Policy::new()).await.unwrap();
        }
        site.cache.set("other", 1, Policy::new()).await.unwrap();
        let (mut path, mut seen, mut pages) = ("/keys?beginning=user%3A1".to_owned(), Vec::new(), 0);
        loop {
            let page = site.get("bob", &path).await;
            page.is(200);
            assert!(!page.body.contains("other"));
            let on_it = page.body.split("<code>user:").skip(1).filter_map(|rest| rest.split_once("</code>"));
            let keys = on_it.filter_map(|(id, _)| id.parse::<u32>().ok()).collect::<Vec<_>>();
            assert!(keys.len() <= 200, "a page is bounded");
            (seen, pages) = ([seen, keys].concat(), pages + 1);
            let Some((before, _)) = page.body.split_once("\" rel=\"next\"") else { break };
            let address = before.rsplit_once("href=\"").unwrap().1.replace("&amp;", "&");
            path = address.replacen("./", "/", 1);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 111, "{pages} pages");
        site.get("bob", "/keys?beginning=other").await.has("lookup?cache=default&amp;key=other");
    }
}

#[tokio::test]
async fn a_backend_that_cannot_list_keys_says_so_in_a_sentence() {
    let site = Site::on(easycache_core::Stamped::new(easycache_core::MemoryStore::new()));
    let page = site.get("bob", "/keys").await;
    page.is(501).has("The keys of this cache cannot be listed:");
    site.get("bob", "/api/keys").await.is(501).has("cannot list");
}

#[tokio::test]
async fn whatever_users_write_is_text_and_no_markup() {
    let site = Site::new();
    site.cache.set(MARKUP, 1, Policy::new().tags([MARKUP]).prefix("p<b>")).await.unwrap();
    site.cache.invalidate_tags([format!("other{MARKUP}")]).await.unwrap();
    let query = |path: &str| {
        let key = format!("p<b>|{MARKUP}");
        let pairs = [("key", &*key), ("beginning", "p<b>"), ("names", MARKUP), ("verb", "expire")];
        format!("{path}?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
    };
    for path in ["/", "/cache", "/lookup", "/keys", "/invalidate"] {
        let page = site.get("ann", &query(path)).await;
        page.is(200);
        assert!(!page.body.contains("<script") && !page.body.contains("<b>"), "{path}: {}", page.body);
        assert_eq!(path != "/", page.body.contains("&lt;script&gt;"), "{path}: {}", page.body);
    }
    site.get("ann", "/lookup?cache=%3Cscript%3E").await.is(404).has("&lt;script&gt;");
    let names = [("kind", "tag"), ("names", MARKUP)];
    let confirm = site.post("ann", "/invalidate", &names).await;
    confirm.is(200);
    assert!(!confirm.body.contains("<script"), "{}", confirm.body);
    assert_eq!(confirm.hidden("names"), MARKUP);
}

#[tokio::test]
async fn what_nobody_would_see_in_a_name_is_written_out() {
    let site = Site::new();
    let (key, tag) = ("user:\u{202e}nimda\u{200b}", " ops\u{feff}");
    site.cache.set(key, 1, Policy::new().tags([tag])).await.unwrap();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs([("key", key)]).finish();
    let (shown_key, shown_tag) = (r"<code>user:\u{202e}nimda\u{200b}</code>", r"<code>\u{20}ops\u{feff}</code>");
    site.get("bob", &format!("/lookup?{query}")).await.is(200).has(shown_key).has(shown_tag);
    site.get("bob", "/keys").await.is(200).has(shown_key);
    for (kind, name, shown) in [("key", key, shown_key), ("tag", tag, shown_tag)] {
        let question = site.post("ann", "/invalidate", &[("kind", kind), ("names", name)]).await;
        question.is(200).has(shown);
        assert_eq!(question.hidden("names"), name);
    }
    site.cache.invalidate_tags([tag]).await.unwrap();
    site.get("bob", "/cache").await.is(200).has(shown_tag);
    assert_eq!(site.get("bob", &format!("/api/lookup?{query}")).await.json()["key"], key, "programs get what it is");
}

#[tokio::test]
async fn very_long_keys_and_very_many_tags_stay_within_bounds() {
    let site = Site::new();
    let long = "k".repeat(100_000);
    let tags = (0..10_000).map(|n| format!("tag:{n}"));
    site.cache.set(&long, 1, Policy::new()).await.unwrap();
    site.cache.set("tagged", 1, Policy::new().tags(tags)).await.unwrap();
    let page = site.get("bob", "/keys").await;
    page.is(200).has("100,000 bytes");
    assert!(page.body.len() < 20_000, "{} bytes", page.body.len());
    let page = site.get("ann", "/lookup?key=tagged").await;
    page.is(200).has("and 9,800 more").has("and 9,801 more");
    assert!(page.body.len() < 200_000, "{} bytes", page.body.len());
    assert_eq!(
        site.get("bob", "/api/lookup?key=tagged").await.json()["explanation"]["tags"].as_array().unwrap().len(),
        10_000
    );

    let just = format!("/lookup?key={}", &long[..16 * 1024]);
    site.get("bob", &just).await.is(200);
    let over = format!("/lookup?key={}", &long[..=16 * 1024]);
    site.get("bob", &over).await.is(400).has("key is longer than the 16384 bytes");
}

#[tokio::test]
async fn a_cache_that_is_not_shown_cannot_be_reached() {
    let site = Site::new();
    register("not-shown", Cache::builder().build().unwrap());
    for path in ["cache", "lookup", "keys", "invalidate", "api/cache", "api/lookup", "api/keys"] {
        for alias in ["not-shown", "nothing", "../default"] {
            let answer = site.get("ann", &format!("/{path}?cache={alias}&key=a")).await;
            answer.is(404).has("no cache with the alias");
        }
    }
    assert!(!site.get("bob", "/").await.body.contains("not-shown"));
    site.post("ann", "/invalidate", &[("cache", "not-shown"), ("names", "a")]).await.is(404);
    let wish = serde_json::json!({"cache": "not-shown", "tags": ["a"]});
    site.post_json("ann", "/api/invalidate", &wish).await.is(404);
}

#[tokio::test]
async fn an_alias_that_is_replaced_or_not_registered_yet_is_shown_as_it_is() {
    let site = Site::new().with(Admin::new(authorizer).caches(["late", "default"]));
    site.get("bob", "/").await.is(200).has("not registered at the moment");
    site.get("bob", "/cache?cache=late").await.is(200).has("No cache is registered under this alias");
    site.get("bob", "/lookup?cache=late&key=a").await.is(404).has("no cache is registered under the alias");

    for round in 1..=2 {
        let cache = Cache::builder().namespace(format!("round{round}")).build().unwrap();
        register("late", cache);
        site.get("bob", "/cache?cache=late").await.is(200).has(&format!("namespace round{round}"));
    }
}

#[tokio::test]
async fn answers_are_not_kept_and_allow_nothing_from_elsewhere() {
    let site = Site::new();
    for path in ["/", "/style.css", "/api", "/nothing"] {
        let answer = site.get("bob", path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        for rule in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        for not_there in ["<script", "style=\"", " onclick", "http://", "https://"] {
            assert!(!answer.body.contains(not_there), "{path} has {not_there}");
        }
    }
    assert_eq!(site.get("bob", "/style.css").await.header(header::CONTENT_TYPE), "text/css");
    assert_eq!(site.get("bob", "/").await.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
}
