//! On real servers: what they tell, when they are down, and what nobody is told.

use std::{fmt::Write as _, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use easycache_admin::routes;
use easycache_core::{Cache, Policy};
use easycache_memcached::MemcachedBackend;
use easycache_redis::RedisBackend;
use easycache_testkit::{
    Log,
    server::{Memcached, RedisServer},
};

use crate::support::{Site, WHO};

#[tokio::test]
async fn a_cache_on_redis_is_shown_with_its_server_and_its_keys() {
    let Some(server) = RedisServer::start() else { return };
    let backend = RedisBackend::lazy(&server.url()).unwrap();
    let site = Site::of(Cache::builder().namespace("shop").backend(backend).deadline("20s").build().unwrap());
    for id in 0..30 {
        site.cache.set(&format!("user:{id}"), id, Policy::ttl("10m").tags(["users"])).await.unwrap();
    }
    site.get("bob", "/").await.is(200).has("1 of 1 server up").has("redis, namespace shop");
    let page = site.get("bob", "/cache").await;
    page.is(200).has(&server.url()["redis://".len()..]).has("master").has(&server.info("redis_version"));
    site.get("bob", "/keys?beginning=user%3A1").await.is(200).has("11 keys on this page").has("<code>user:17</code>");
    site.get("bob", "/lookup?key=user:17").await.is(200).has("It would be served now").has("on the backend, as");

    let wish = serde_json::json!({"cache": "default", "tags": ["users"]});
    site.post_json("ann", "/api/invalidate", &wish).await.is(200);
    assert_eq!(site.cache.get::<i32>("user:17").await.unwrap(), None);
    site.get("bob", "/lookup?key=user:17").await.is(200).has("It would be a miss");
}

#[tokio::test]
async fn a_server_that_is_down_is_told_and_no_page_waits_for_it() {
    let Some(server) = RedisServer::start() else { return };
    let site = Site::within(Duration::from_millis(200), RedisBackend::lazy(&server.url()).unwrap());
    site.until("/", "1 of 1 server up").await;
    server.stop();
    // Each answers by the cache's deadline; a busy machine is given more.
    let get = async |path: &str| tokio::time::timeout(Duration::from_secs(20), site.get("bob", path)).await.unwrap();
    get("/").await.is(200).has("0 of 1 server up");
    get("/cache").await.is(200).has("class=\"state bad\"");
    get("/keys").await.is(503).has("role=\"alert\"");
    get("/lookup?key=a").await.is(503).has("role=\"alert\"").has("<form");
    assert!(
        ["down", "resting"]
            .contains(&get("/api").await.json()["caches"][0]["cache"]["nodes"][0]["state"].as_str().unwrap())
    );

    let wish = serde_json::json!({"cache": "default", "tags": ["users"]});
    site.post_json("ann", "/api/invalidate", &wish).await.is(503);
    get("/").await.has("not confirmed");
    server.cont();
    site.until("/", "1 of 1 server up").await;
    site.until("/api", "\"unconfirmed\":0").await;
}

#[tokio::test]
async fn memcached_tells_of_its_servers_and_cannot_list_keys() {
    let Some(server) = Memcached::start() else { return };
    let site = Site::on(MemcachedBackend::lazy(&server.url()).unwrap());
    site.cache.set("user:1", 1, Policy::ttl("10m")).await.unwrap();
    site.get("bob", "/cache").await.is(200).has("memcached").has(&server.address().to_string());
    site.get("bob", "/keys").await.is(501).has("The keys of this cache cannot be listed:");
    site.get("bob", "/lookup?key=user:1").await.is(200).has("It would be served now");
}

/// Every route, with something to do, as somebody who may do everything.
async fn everything(site: &Site) -> String {
    let mut told = format!("{:?}", site.cache);
    for (method, path) in routes() {
        let body = match path {
            "/api/invalidate" => r#"{"cache": "default", "tags": ["users"]}"#.to_owned(),
            "/invalidate/confirmed" => {
                let token = site.post("ann", "/invalidate", &[("names", "users")]).await.hidden("token");
                format!("names=users&token={token}")
            }
            _ => "names=users".to_owned(),
        };
        let kind = if path.starts_with("/api") { "application/json" } else { "application/x-www-form-urlencoded" };
        let uri = if method == Method::GET { format!("{path}?key=user:1&id=1") } else { path.to_owned() };
        let request = Request::builder().method(method).uri(uri).header(WHO, "ann");
        let request = request.header("x-easycache-admin", "1").header(header::CONTENT_TYPE, kind);
        let answer = site.ask(request.body(Body::from(body)).unwrap()).await;
        writeln!(told, "{path}: {} {:?} {}", answer.status, answer.headers, answer.body).unwrap();
    }
    told
}

#[tokio::test]
async fn no_page_no_log_and_no_error_has_the_password_of_a_server() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    let address = server.address();
    for (url, said) in [
        (format!("redis://:s3cret@{address}"), "1 of 1 server up"),
        (format!("redis://:wr0ng@{address}"), "WRONGPASS"),
        (format!("redis://user:s3cret@{address}"), "WRONGPASS"),
        ("redis://user:s3cret@127.0.0.1:1".to_owned(), "0 of 1 server up"),
    ] {
        let log = Log::default();
        let listening = log.listen();
        let told = everything(&Site::on(RedisBackend::lazy(&url).unwrap())).await;
        drop(listening);
        let told = told + &log.lines().join("\n");
        assert!(told.contains(said) && told.contains("done through the admin page"), "{told}");
        for secret in ["s3cret", "wr0ng"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}
