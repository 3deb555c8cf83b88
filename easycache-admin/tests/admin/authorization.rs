//! Nobody sees anything without authorization.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use easycache_admin::{Admin, BasicAuth, Refusal, routes};
use easycache_core::ErrorKind;
use easycache_testkit::Log;

use crate::support::{Answer, Site, WHO, authorizer};

/// Every route, and what is none; by every method.
fn everything() -> Vec<(Method, String)> {
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    let none = ["/nothing", "/api/nothing", "/style.css/", "//", "/..", "/invalidate/confirmed/x", "/%2e%2e/api"];
    let paths = routes().map(|(_, path)| path.to_owned()).chain(none.map(str::to_owned));
    paths.flat_map(|path| methods.clone().map(|method| (method, path.clone()))).collect()
}

async fn ask(site: &Site, method: &Method, path: &str, who: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(who) = who {
        request = request.header(WHO, who);
    }
    // All that would be needed besides.
    let request = request.header("x-easycache-admin", "1").header(header::CONTENT_TYPE, "application/json");
    site.ask(request.body(Body::from(r#"{"cache":"default","tags":["users"]}"#)).unwrap()).await
}

#[tokio::test]
async fn without_authorization_every_route_answers_401_and_tells_nothing() {
    let site = Site::new();
    assert!(routes().count() >= 15);
    for (method, path) in everything() {
        let answer = ask(&site, &method, &path, None).await;
        assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
        assert!(!answer.body.contains("shop") && !answer.body.contains("default"), "{method} {path}: {}", answer.body);
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"), "{method} {path}");
    }
    assert_eq!(site.cache.stats().invalidations, 0);
}

#[tokio::test]
async fn who_is_known_and_may_not_gets_403_on_every_route() {
    let site = Site::new();
    for (method, path) in everything() {
        let answer = ask(&site, &method, &path, Some("eve")).await;
        assert_eq!(answer.status.as_u16(), 403, "{method} {path}");
        assert!(!answer.body.contains("shop"), "{method} {path}");
    }
    assert_eq!(site.cache.stats().invalidations, 0);
}

#[tokio::test]
async fn who_may_look_sees_everything_and_changes_nothing() {
    let site = Site::new();
    for (method, path) in routes() {
        let answer = ask(&site, &method, path, Some("bob")).await;
        let expected = match path {
            _ if path.contains("invalidate") || method == Method::POST => 403,
            // There is no action that it could be of.
            "/done" | "/api/done" => 400,
            _ => 200,
        };
        assert_eq!(answer.status.as_u16(), expected, "{method} {path}: {}", answer.body);
    }
    assert_eq!(site.cache.stats().invalidations, 0);
    let page = site.get("bob", "/").await;
    assert!(!page.body.contains("invalidate\""), "no way leads there: {}", page.body);
}

#[tokio::test]
async fn a_page_that_is_read_only_is_so_for_everybody() {
    let site = Site::new().with(Admin::new(authorizer).caches(["default"]).read_only());
    for (method, path) in routes().filter(|(_, path)| path.contains("invalidate")) {
        let answer = ask(&site, &method, path, Some("ann")).await;
        answer.is(403).has("not invalidate");
    }
    site.get("ann", "/").await.is(200);
}

#[tokio::test]
async fn a_refusal_may_say_how_to_log_in() {
    let refuse = |_: &axum::http::request::Parts| {
        std::future::ready(Err(Refusal::unauthenticated().sign_in_at("/login?\"><script>")))
    };
    let site = Site::new().with(Admin::new(refuse));
    let answer = site.get("ann", "/").await;
    answer.is(401).has(r#"<a href="/login?&quot;&gt;&lt;script&gt;">"#);
    let answer = site.get("ann", "/api").await;
    answer.is(401);
    assert!(answer.json()["error"].is_string() && answer.json()["status"] == 401, "{}", answer.body);
    let site = Site::new();
    assert_eq!(site.get("eve", "/api").await.is(403).json()["status"], 403);
}

#[tokio::test]
async fn a_path_that_does_not_answer_a_method_says_which_it_does() {
    let site = Site::new();
    for (path, allowed) in [
        ("/", "GET, HEAD"),
        ("/invalidate", "GET, HEAD, POST"),
        ("/api/invalidate", "POST"),
        ("/api/invalidate/", "POST"),
    ] {
        let answer = ask(&site, &Method::DELETE, path, Some("ann")).await;
        answer.is(405);
        assert_eq!(answer.header(header::ALLOW), allowed, "{path}");
    }
    assert_eq!(ask(&site, &Method::DELETE, "/nothing", Some("ann")).await.is(404).header(header::ALLOW), "");
}

#[tokio::test]
async fn wrong_credentials_are_told_to_the_log_and_not_what_they_were() {
    let site = Site::new().with(Admin::new(BasicAuth::new("ops", "s3cret").unwrap()).caches(["default"]));
    let log = Log::default();
    let listening = log.listen();
    with_credentials(&site, None, "/").await.is(401);
    with_credentials(&site, Some(format!("Basic {}", STANDARD.encode("ops:gue55"))), "/").await.is(401);
    drop(listening);
    let listening = log.listen();
    Site::new().get("eve", "/").await.is(403);
    drop(listening);
    let told = log.lines().into_iter().filter(|line| line.contains("the admin page")).collect::<Vec<_>>();
    let levels = told.iter().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>();
    assert_eq!(levels, ["DEBUG", "WARN", "INFO"], "{told:?}");
    assert!(!told.concat().contains("gue55") && !told.concat().contains("b3Bz"), "{told:?}");
}

async fn with_credentials(site: &Site, authorization: Option<String>, path: &str) -> Answer {
    let mut request = Request::get(path);
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    site.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn basic_authentication_lets_in_those_with_the_password_and_asks_all_others() {
    let accounts = BasicAuth::new("ops", "s3cret:with colon").unwrap().viewer("eve", "looking").unwrap();
    let site = Site::new().with(Admin::new(accounts).caches(["default"]));
    let encoded = |text: &str| Some(format!("Basic {}", STANDARD.encode(text)));
    for wrong in [
        None,
        encoded("ops:"),
        encoded("ops:wrong"),
        encoded("ops"),
        encoded(":s3cret:with colon"),
        encoded("eve:s3cret:with colon"),
        Some("Basic".to_owned()),
        Some("Basic !!!".to_owned()),
        Some("Bearer s3cret:with colon".to_owned()),
    ] {
        let answer = with_credentials(&site, wrong.clone(), "/").await;
        assert_eq!(answer.status.as_u16(), 401, "{wrong:?}");
        assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Basic realm="), "{wrong:?}");
    }
    with_credentials(&site, encoded("ops:s3cret:with colon"), "/invalidate").await.is(200).has("ops");
    let lower = encoded("ops:s3cret:with colon").map(|given| given.replace("Basic", "basic"));
    with_credentials(&site, lower, "/").await.is(200);
    with_credentials(&site, encoded("eve:looking"), "/").await.is(200);
    with_credentials(&site, encoded("eve:looking"), "/invalidate").await.is(403);
}

#[test]
fn passwords_that_keep_nobody_out_are_refused_when_it_is_built() {
    let ops = || BasicAuth::new("ops", "s3cret").unwrap();
    let mistakes = [
        BasicAuth::new("ops", "").unwrap_err(),
        BasicAuth::new("", "s3cret").unwrap_err(),
        BasicAuth::new("o:ps", "s3cret").unwrap_err(),
        ops().viewer("eve", "").unwrap_err(),
        ops().viewer("ops", "other").unwrap_err(),
    ];
    for error in mistakes {
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(!error.to_string().contains("s3cret"));
    }
    let shown = format!("{:?} {:?}", ops(), Admin::new(ops()));
    assert!(shown.contains("ops") && !shown.contains("s3cret"), "{shown}");
}
