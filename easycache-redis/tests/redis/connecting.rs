//! Getting in, or being told why not.

use easycache_core::{Backend, Error, ErrorKind, Filled};
use easycache_redis::{RedisBackend, RedisConfig};
use easycache_testkit::server::RedisServer;

use crate::{
    common::{blob, filled, granted, invalidated, names, read, soon, stamp, value},
    fake::FakeServer,
};

async fn refused(url: &str) -> Error {
    RedisBackend::connect(url).await.expect_err("the server does not let us in")
}

#[tokio::test]
async fn a_password_lets_in_and_a_wrong_one_does_not() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    RedisBackend::connect(&server.url()).await.unwrap();
    let address = server.address();
    for url in
        [format!("redis://{address}"), format!("redis://:wr0ng@{address}"), format!("redis://me:wr0ng@{address}")]
    {
        let error = refused(&url).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(&address.to_string()) && text.contains("password"), "{text}");
        assert!(!text.contains("wr0ng"), "{text}");
    }
}

#[tokio::test]
async fn a_user_has_its_own_password() {
    let Some(server) = RedisServer::start() else { return };
    server.command(&["ACL", "SETUSER", "shop", "on", ">pa ss/word", "~*", "+@all"]);
    let backend = RedisBackend::connect(&format!("redis://shop:pa%20ss%2Fword@{}", server.address())).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    assert!(!format!("{backend:?}").contains("ss/word"));
}

#[tokio::test]
async fn a_user_who_may_do_just_what_is_documented_needs_no_more() {
    let Some(server) = RedisServer::start() else { return };
    let rules = "shop on >password ~ns:* +hello +select +mget +get +set +del +unlink +exists +getrange +pttl +pexpire \
                 +evalsha +eval +wait";
    let command = ["ACL", "SETUSER"].into_iter().chain(rules.split_whitespace()).collect::<Vec<_>>();
    server.command(&command);
    let backend = RedisBackend::connect(&format!("redis://shop:password@{}/1", server.address())).await.unwrap();
    let names = names("k", &["a"]);
    let mut grant = granted(&backend, &names).await;
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    assert!(read(&backend, &names).await.unwrap().stamps[0].is_some());
    backend.release(&names, &grant, soon()).await.unwrap();
    assert!(invalidated(&backend, stamp("a")).await.unwrap());
    assert!(invalidated(&backend, value(&names)).await.unwrap());
}

#[tokio::test]
async fn a_database_is_a_world_of_its_own() {
    let Some(server) = RedisServer::start() else { return };
    let names = names("k", &["a"]);
    let two = RedisBackend::connect(&format!("{}/2", server.url())).await.unwrap();
    let zero = RedisBackend::connect(&server.url()).await.unwrap();
    granted(&two, &names).await;
    assert!(read(&two, &names).await.unwrap().lease.is_some());
    assert!(read(&zero, &names).await.unwrap().lease.is_none());

    let error = refused(&format!("{}/99", server.url())).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("database 99"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused() {
    let server = FakeServer::start("6.2.14", |_| None);
    let error = refused(&server.url()).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("is Redis 6.2.14: easycache needs Redis 7.0"), "{error}");
}

#[tokio::test]
async fn a_replica_is_not_taken_for_a_master() {
    let Some(master) = RedisServer::start() else { return };
    let Some(replica) = RedisServer::builder().start_replica_of(&master) else { return };
    let error = refused(&replica.url()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("it is a replica"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_at_connect_and_none_for_lazy() {
    let Some(server) = RedisServer::start() else { return };
    server.kill();
    let error = refused(&server.url()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");

    let lazy = RedisBackend::lazy(&server.url()).unwrap();
    let error = read(&lazy, &names("k", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    server.restart();
    crate::trouble::recovered(&lazy).await;
}

#[tokio::test]
async fn what_is_no_redis_is_recognised() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = refused(&url).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("does not answer as Redis does"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_allowed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}?connect_timeout=100ms", listener.local_addr().unwrap());
    let error = refused(&url).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("no connection within 100ms"), "{error}");
}

#[tokio::test]
async fn a_configuration_in_types_does_what_a_url_does() {
    let Some(server) = RedisServer::builder().password("x").start() else { return };
    let address = server.address();
    let config = RedisConfig::single(format!("{address}").parse().unwrap()).password("x").database(3);
    let backend = config.connect().await.unwrap();
    assert_eq!(backend.caps().max_key, 1 << 16);
    granted(&backend, &names("k", &["a"])).await;
    let mut client = server.client().unwrap();
    client.command(&["SELECT", "3"]).unwrap();
    assert_eq!(client.command(&["EXISTS", "ns:t:a"]).unwrap().int(), 1);
}
