//! Wherever the router is, its links lead somewhere.

use axum::{
    Router,
    body::Body,
    http::{Request, Uri},
    routing::get,
};

use crate::support::{Answer, Site, WHO};

/// The addresses in a page.
fn links(page: &str) -> Vec<String> {
    ["href=\"", "action=\""]
        .into_iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .map(|rest| rest.split_once('"').unwrap().0.replace("&amp;", "&"))
        .filter(|link| !link.starts_with('#'))
        .collect()
}

/// Where a browser goes that is at `from`.
fn resolve(from: &str, link: &str) -> String {
    assert!(!link.starts_with('/') && !link.contains("//"), "{link} is not relative");
    let (link, query) = link.split_once('?').map_or((link, ""), |(link, query)| (link, query));
    let mut parts = from.split('/').collect::<Vec<_>>();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." => {}
            ".." => assert!(parts.pop().is_some_and(|part| !part.is_empty()), "{link} leads out of {from}"),
            part => parts.push(part),
        }
    }
    if link.ends_with("..") || link.ends_with('.') {
        parts.push("");
    }
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{}{query}", parts.join("/"))
}

async fn ask(site: &Site, router: &Router, path: &str) -> Answer {
    site.ask_of(router, Request::get(path).header(WHO, "ann").body(Body::empty()).unwrap()).await
}

/// Follows every link, from each of these pages on.
async fn all_links_lead_somewhere(site: &Site, router: &Router, roots: &[&str]) {
    let mut seen = std::collections::BTreeSet::new();
    let mut open = roots.iter().map(|root| (*root).to_owned()).collect::<Vec<_>>();
    while let Some(at) = open.pop() {
        let answer = ask(site, router, &at).await;
        // The last is where a form is sent to.
        let ok = answer.status.is_success() || at.ends_with("/confirmed");
        assert!(ok, "{at}: {}", answer.status);
        assert!(answer.headers.contains_key("content-security-policy"), "{at} is not ours");
        if answer.header("content-type").starts_with("text/html") {
            let path = at.parse::<Uri>().unwrap().path().to_owned();
            for link in links(&answer.body) {
                let to = resolve(&path, &link);
                if seen.insert(to.clone()) {
                    open.push(to);
                }
            }
        }
    }
    for part in ["style.css", "lookup", "keys", "invalidate", "cache?cache=default", "api"] {
        assert!(seen.iter().any(|seen| seen.ends_with(part)), "no link to {part}: {seen:?}");
    }
}

async fn site() -> Site {
    let site = Site::new();
    site.cache.set("user:1", 1, easycache_core::Policy::new().tags(["users"])).await.unwrap();
    site
}

#[tokio::test]
async fn nested_as_a_service_it_answers_with_and_without_a_slash_behind() {
    let site = site().await;
    for path in ["/admin/cache", "/x", "/a:b/c%20d"] {
        let app = Router::new().route("/", get("the shop")).nest_service(path, site.router.clone());
        all_links_lead_somewhere(&site, &app, &[path, &format!("{path}/")]).await;
        ask(&site, &app, &format!("{path}/nothing")).await.is(404).has("no such page");
        assert_eq!(ask(&site, &app, "/").await.body, "the shop");
    }
}

#[tokio::test]
async fn nested_as_a_router_it_answers() {
    let site = site().await;
    let everything = get(|| async { "the application" });
    let app = Router::new().route("/{*rest}", everything).nest("/admin/cache", site.router.clone());
    all_links_lead_somewhere(&site, &app, &["/admin/cache"]).await;
    ask(&site, &app, "/admin/cache/nothing").await.is(404).has("no such page");
}

#[tokio::test]
async fn served_by_itself_it_answers_and_behind_a_proxy_that_shortens_the_path() {
    let site = site().await;
    all_links_lead_somewhere(&site, &site.router, &["/"]).await;
    let nested = Router::new().nest("/deep", Router::new().nest_service("/er", site.router.clone()));
    all_links_lead_somewhere(&site, &nested, &["/deep/er", "/deep/er/"]).await;
}
