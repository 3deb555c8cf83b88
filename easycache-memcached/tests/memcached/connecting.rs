//! Getting in, or being told why not.

use easycache_core::{Backend, Deadline, Error, ErrorKind};
use easycache_memcached::{MemcachedBackend, MemcachedConfig};
use easycache_testkit::server::Memcached;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::{
    common::{MINUTE, granted, names, read, stored},
    fake::FakeServer,
    trouble::recovered,
};

async fn refused(url: &str) -> Error {
    MemcachedBackend::connect(url).await.expect_err("the server will not do")
}

#[tokio::test]
async fn a_server_without_cas_is_refused() {
    let Some(server) = Memcached::builder().arg("-C").start() else { return };
    let error = refused(&server.url()).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = error.to_string();
    assert!(text.contains(&server.address().to_string()) && text.contains("start it without -C"), "{text}");

    let lazy = MemcachedBackend::lazy(&server.url()).unwrap();
    assert_eq!(read(&lazy, &names("k", &[])).await.unwrap_err().kind(), ErrorKind::Refused, "nor later");
}

#[tokio::test]
async fn one_server_of_several_that_will_not_do_is_enough() {
    let (Some(good), Some(bad)) = (Memcached::start(), Memcached::builder().arg("-C").start()) else { return };
    let error = refused(&format!("memcached://{},{}", good.address(), bad.address())).await;
    assert!(error.to_string().contains(&bad.address().to_string()), "{error}");
}

#[tokio::test]
async fn versions_are_told_apart() {
    let Some(server) = Memcached::start() else { return };
    MemcachedBackend::connect(&server.url()).await.unwrap();
    for version in ["1.6.10", "1.6.27", "1.6.40", "1.7.0"] {
        MemcachedBackend::connect(&FakeServer::start(version, |_| None).url()).await.unwrap();
    }
    for version in ["1.4.39", "1.5.22", "1.6.9"] {
        let error = refused(&FakeServer::start(version, |_| None).url()).await;
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(error.to_string().contains(version) && error.to_string().contains("upgrade it to 1.6.10"), "{error}");
    }
}

/// What every connection begins with, and each answer is this.
async fn refused_by(answer: &'static str) -> Error {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let url = format!("memcached://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    refused(&url).await
}

#[tokio::test]
async fn what_is_no_memcached_is_recognised() {
    for (answer, told) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer as memcached does"),
        ("-ERR unknown command\r\n", "does not answer as memcached does"),
        ("VERSION 1.6.18\r\nEND\r\nEND\r\nMN\r\n", "is it a proxy?"),
        ("VERSION 1.4.39\r\nEND\r\nEND\r\nERROR\r\n", "upgrade it to 1.6.10"),
        ("CLIENT_ERROR unauthenticated\r\n", "without -Y"),
    ] {
        let error = refused_by(answer).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_login_is_refused() {
    let file = std::env::temp_dir().join(format!("easycache-auth-{}", std::process::id()));
    std::fs::write(&file, "me:s3cret\n").unwrap();
    // Its own test of readiness is not answered without a login, so that it is not the testkit's.
    let Some(program) = easycache_testkit::server::require("memcached") else { return };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = std::process::Command::new(program);
    server.args(["-l", "127.0.0.1", "-u", "root", "-U", "0", "-p", &port.to_string(), "-Y"]).arg(&file);
    let mut server = server.spawn().unwrap();
    let url = format!("memcached://127.0.0.1:{port}");
    let until = Deadline::after(MINUTE);
    let error = loop {
        let error = refused(&url).await;
        // It may not be there yet.
        if error.kind() != ErrorKind::Unavailable || until.left().is_zero() {
            break error;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    };
    let _ = (server.kill(), server.wait(), std::fs::remove_file(file));
    assert!(error.to_string().contains("asks for a login"), "{error}");
}

/// As versions from 1.6.44 on do.
#[tokio::test]
async fn a_server_that_asks_for_a_login_and_hangs_up_on_short_lines_is_refused_as_well() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("memcached://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let (mut answer, mut line) = (String::new(), String::new());
            while !line.starts_with("mn") {
                line.clear();
                stream.read_line(&mut line).await.unwrap();
                answer += "CLIENT_ERROR unauthenticated\r\n";
            }
            if line.len() > 6 {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    });
    let error = refused(&url).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("asks for a login"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_down_is_an_error_at_connect_and_none_for_lazy() {
    let Some(server) = Memcached::start() else { return };
    server.kill();
    let error = refused(&server.url()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains(&server.address().to_string()), "{error}");

    let lazy = MemcachedBackend::lazy(&server.url()).unwrap();
    let error = read(&lazy, &names("k", &[])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    server.restart();
    recovered(&lazy).await;
    stored(&lazy, &names("k", &["a"]), "blob-id1").await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_allowed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("memcached://{}?connect_timeout=100ms", listener.local_addr().unwrap());
    let error = refused(&url).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("no connection within 100ms"), "{error}");
}

#[tokio::test]
async fn a_configuration_in_types_does_what_a_url_does() {
    let Some(server) = Memcached::start() else { return };
    let config = MemcachedConfig::servers([server.address().to_string().parse().unwrap()]).stripes(3);
    let backend = config.connect().await.unwrap();
    assert_eq!((backend.caps().stripes, backend.caps().max_key), (3, 200));
    granted(&backend, &names("k", &["a"])).await;
    assert_eq!(server.command("mg ns:t:a s"), ["HD s16"]);
}
