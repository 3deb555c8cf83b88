//! What is sent without the will of the person whose browser sends it, is not done.

use std::time::Duration;

use axum::http::header;

use crate::support::{Answer, Site, encode, form};

const WHAT: [(&str, &str); 4] = [("cache", "default"), ("verb", "invalidate"), ("kind", "tag"), ("names", "users")];

async fn token(site: &Site, who: &str, fields: &[(&str, &str)]) -> String {
    site.post(who, "/invalidate", fields).await.is(200).hidden("token")
}

async fn commit(site: &Site, who: &str, token: &str) -> Answer {
    let fields = WHAT.into_iter().chain([("token", token)]).collect::<Vec<_>>();
    site.post(who, "/invalidate/confirmed", &fields).await
}

fn invalidations(site: &Site) -> u64 {
    site.cache.stats().invalidations
}

#[tokio::test]
async fn nothing_is_done_without_the_token_of_this_person_for_just_this() {
    let site = Site::new();
    let others = token(&Site::new(), "ann", &WHAT).await;
    let for_other = token(&site, "ann", &[("kind", "tag"), ("names", "goods")]).await;
    let for_kind = token(&site, "ann", &[("kind", "prefix"), ("names", "users")]).await;
    for wrong in ["", "0", &others, &for_other, &for_kind] {
        let answer = commit(&site, "ann", wrong).await;
        // It is asked once more, with a token that is good.
        answer.is(403).has("Nothing was done");
        assert_eq!(answer.hidden("names"), "users");
    }
    assert_eq!(invalidations(&site), 0);
    let good = token(&site, "ann", &WHAT).await;
    commit(&site, "bob", &good).await.is(403);
    assert_eq!(invalidations(&site), 0);
    commit(&site, "ann", &good).await.is(303);
    assert_eq!(invalidations(&site), 1);
}

#[tokio::test]
async fn a_form_that_lay_open_for_long_is_asked_once_more() {
    let site = Site::new();
    let old = token(&site, "ann", &WHAT).await;
    site.advance(Duration::from_secs(2 * 60 * 60));
    let again = commit(&site, "ann", &old).await;
    again.is(403).has("too old");
    assert_eq!(invalidations(&site), 0);
    commit(&site, "ann", &again.hidden("token")).await.is(303);
    assert_eq!(invalidations(&site), 1);
}

#[tokio::test]
async fn what_a_browser_sends_for_another_site_is_refused() {
    let site = Site::new();
    let good = token(&site, "ann", &WHAT).await;
    let fields = WHAT.into_iter().chain([("token", good.as_str())]).collect::<Vec<_>>();
    for (headers, status) in [
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("origin", "http://admin.example"), ("host", "admin.example")], 403),
        (vec![("origin", "https://evil.example"), ("host", "admin.example")], 403),
        (vec![("origin", "https://admin.example:81"), ("host", "admin.example")], 403),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "nonsense of all kinds"), ("host", "admin.example")], 403),
        (vec![("origin", "https://admin.example"), ("host", "admin.example")], 303),
        (vec![("origin", "null"), ("sec-fetch-site", "same-origin")], 303),
        // From our own pages, which send no referrer, where the connection is not trustworthy: the token counts.
        (vec![("origin", "null"), ("host", "admin.example")], 303),
        (vec![], 303),
    ] {
        let request =
            headers.iter().fold(form("ann", "/invalidate/confirmed"), |form, (name, value)| form.header(*name, *value));
        let before = invalidations(&site);
        let answer = site.ask(request.body(encode(&fields)).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}: {}", answer.body);
        assert_eq!(invalidations(&site) - before, u64::from(status == 303), "{headers:?}");
        let json =
            headers.iter().fold(form("ann", "/api/invalidate"), |form, (name, value)| form.header(*name, *value));
        let before = invalidations(&site);
        site.ask(json.body(encode(&fields)).unwrap()).await.is(403);
        assert_eq!(invalidations(&site), before);
    }
}

#[tokio::test]
async fn json_needs_a_header_and_a_type_that_no_form_can_have() {
    let site = Site::new();
    let body = r#"{"cache": "default", "tags": ["users"]}"#;
    for (marked, kind, status) in [
        (None, "application/json", 403),
        (Some("yes"), "application/json", 403),
        (Some("1"), "text/plain", 415),
        (Some("1"), "application/x-www-form-urlencoded", 415),
        (Some("1"), "application/json; charset=utf-8", 200),
    ] {
        let mut request = axum::http::Request::post("/api/invalidate").header(crate::support::WHO, "ann");
        if let Some(marked) = marked {
            request = request.header("x-easycache-admin", marked);
        }
        let request = request.header(header::CONTENT_TYPE, kind);
        let before = invalidations(&site);
        site.ask(request.body(body.into()).unwrap()).await.is(status);
        assert_eq!(invalidations(&site) - before, u64::from(status == 200));
    }
}

#[tokio::test]
async fn nothing_is_done_by_following_a_link() {
    let site = Site::new();
    let good = token(&site, "ann", &WHAT).await;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(WHAT).append_pair("token", &good).finish();
    site.get("ann", &format!("/invalidate/confirmed?{query}")).await.is(405);
    site.get("ann", &format!("/api/invalidate?{query}")).await.is(405);
    site.get("ann", &format!("/invalidate?{query}")).await.is(200);
    assert_eq!(invalidations(&site), 0);
}
