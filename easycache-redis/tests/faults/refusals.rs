//! Servers that answer, and say no.

use easycache_core::ErrorKind;
use easycache_testkit::server::RedisServer;

use crate::endures::{Trouble, cache, fails_where_it_is_asked_to, value, works_again};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_memory_is_full() {
    let Some(server) = RedisServer::start() else { return };
    let url = &server.url();
    let begin = &|| drop(server.command(&["CONFIG", "SET", "maxmemory", "1"]));
    let end = &|| drop(server.command(&["CONFIG", "SET", "maxmemory", "0"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Refused, says: "raise maxmemory" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_misses_its_replicas() {
    let Some(server) = RedisServer::start() else { return };
    let url = &server.url();
    let begin = &|| drop(server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]));
    let end = &|| drop(server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Unavailable, says: "NOREPLICAS" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_do_it_for_a_while() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["ACL", "SETUSER", "shop", "on", ">password", "~*", "+@all"]);
    let url = &format!("redis://shop:password@{}", server.address());
    let begin = &|| drop(server.command(&["ACL", "SETUSER", "shop", "-@write", "-@scripting"]));
    let end = &|| drop(server.command(&["ACL", "SETUSER", "shop", "+@all"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Refused, says: "ACL SETUSER" }.endure().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_changed_and_is_changed_back() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["ACL", "SETUSER", "shop", "on", ">password", "~*", "+@all"]);
    let url = &format!("redis://shop:password@{}", server.address());
    let begin = &|| {
        server.command(&["ACL", "SETUSER", "shop", "resetpass", ">another"]);
        server.command(&["CLIENT", "KILL", "USER", "shop"]);
    };
    let end = &|| drop(server.command(&["ACL", "SETUSER", "shop", "resetpass", ">password"]));
    Trouble { url, begin, end, silent: false, kind: ErrorKind::Refused, says: "password" }.endure().await;
}

/// Settings that cannot work are found out by the first call, and put right at the server without starting anything again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_wrong_from_the_beginning() {
    let Some(server) = RedisServer::builder().password("right").start() else { return };
    let cache = cache(&format!("redis://:s3cret@{}", server.address()));
    assert_eq!(value(&cache, 1).await, 1);
    assert_eq!(value(&cache, 2).await, 2);
    let errors = [fails_where_it_is_asked_to(&cache).await, cache.invalidate_tags(["a"]).await.unwrap_err()];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(error.to_string().contains("check user and password"), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    server.command(&["CONFIG", "SET", "requirepass", "s3cret"]);
    works_again(&cache).await;
}

#[cfg(feature = "rustls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_to_a_port_that_knows_of_none() {
    let Some(server) = RedisServer::start() else { return };
    let cache = cache(&format!("rediss://{}?connect_timeout=200ms", server.address()));
    assert_eq!(value(&cache, 1).await, 1);
    assert_eq!(value(&cache, 2).await, 2);
    let error = fails_where_it_is_asked_to(&cache).await;
    assert!(error.to_string().contains("TLS"), "{error}");
}
