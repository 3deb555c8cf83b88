//! Encrypted connections.

use std::{path::PathBuf, process::Command};

use easycache_core::{Error, ErrorKind};
use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisBuilder, RedisServer, Reply, require, until};

use crate::common::{granted, names, read};

/// A server that listens on a port for TLS besides the other one, with a certificate that it has signed itself.
struct TlsServer {
    server: RedisServer,
    port: u16,
    certificate: PathBuf,
}

impl TlsServer {
    fn start() -> Option<Self> {
        Self::named("IP:127.0.0.1,DNS:localhost", RedisServer::builder())
    }

    /// With a certificate for these names, and these settings.
    fn named(names: &str, settings: RedisBuilder) -> Option<Self> {
        let openssl = require("openssl")?;
        let server = settings.start()?;
        let (certificate, key) = (server.dir().join("cert.pem"), server.dir().join("key.pem"));
        let made = Command::new(openssl)
            .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(' '))
            .args(["-addext", &format!("subjectAltName={names}")])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

        let mut client = server.client().expect("the server was just started");
        let (cert, key) = (certificate.to_str().expect("it is text"), key.to_str().expect("it is text"));
        for _ in 0..10 {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
            let port = listener.local_addr().expect("it is bound").port();
            drop(listener);
            let number = port.to_string();
            let set = ["CONFIG", "SET", "tls-cert-file", cert, "tls-key-file", key, "tls-ca-cert-file", cert];
            let set = set.into_iter().chain(["tls-auth-clients", "no", "tls-port", &number]).collect::<Vec<_>>();
            match client.command(&set).expect("the server answers") {
                Reply::Status(_) => return Some(Self { server, port, certificate }),
                // Somebody else was quicker to take the port.
                Reply::Error(error) if error.contains("Unable to listen") => {}
                other => panic!("the server was built without TLS? {other:?}"),
            }
        }
        panic!("the server finds no port to listen on");
    }

    fn url(&self, host: &str) -> String {
        format!("rediss://{host}:{}?ca={}", self.port, self.certificate.display())
    }
}

async fn refused(url: &str) -> Error {
    RedisBackend::connect(url).await.expect_err("no connection can be had")
}

#[tokio::test]
async fn a_certificate_that_is_trusted_lets_us_talk() {
    let Some(server) = TlsServer::start() else { return };
    for host in ["127.0.0.1", "localhost"] {
        let backend = RedisBackend::connect(&server.url(host)).await.unwrap();
        granted(&backend, &names("k", &["a"])).await;
        assert!(read(&backend, &names("k", &["a"])).await.unwrap().stamps[0].is_some());
    }
}

#[tokio::test]
async fn connections_to_sentinels_and_to_the_master_that_they_tell_of_are_both_encrypted() {
    let Some(master) = TlsServer::start() else { return };
    // `MGET` by another name answers the question for the master just as a Sentinel does.
    let settings = master.server.dir().join("sentinel.conf");
    std::fs::write(&settings, "rename-command MGET SENTINEL\n").unwrap();
    let settings = RedisServer::builder().arg("--include", settings.to_str().unwrap());
    let Some(sentinel) = TlsServer::named("IP:127.0.0.1", settings) else { return };
    sentinel.server.command(&["SET", "GET-MASTER-ADDR-BY-NAME", "localhost"]);
    sentinel.server.command(&["SET", "mymaster", &master.port.to_string()]);
    let both = sentinel.server.dir().join("both.pem");
    let certificates = [&sentinel, &master].map(|server| std::fs::read(&server.certificate).unwrap());
    std::fs::write(&both, certificates.concat()).unwrap();

    let url =
        |ca: &PathBuf| format!("rediss+sentinel://127.0.0.1:{}?master=mymaster&ca={}", sentinel.port, ca.display());
    let backend = RedisBackend::connect(&url(&both)).await.unwrap();
    granted(&backend, &names("k", &["a"])).await;
    let error = refused(&url(&sentinel.certificate)).await;
    assert!(error.to_string().starts_with(&format!("Redis at localhost:{} has a certificate", master.port)), "{error}");
    let error = refused(&url(&master.certificate)).await;
    assert!(error.to_string().contains(&format!("Redis at 127.0.0.1:{} has a certificate", sentinel.port)), "{error}");
}

#[tokio::test]
async fn connections_to_all_nodes_of_a_cluster_are_encrypted() {
    let settings = RedisServer::builder().arg("--cluster-enabled", "yes");
    let Some(node) = TlsServer::named("IP:127.0.0.1,DNS:localhost", settings) else { return };
    let port = node.port.to_string();
    node.server.command(&["CONFIG", "SET", "tls-cluster", "yes", "cluster-announce-tls-port", &port]);
    node.server.command(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster is well", || {
        let state = node.server.command(&["CLUSTER", "INFO"]).text();
        state.contains("cluster_state:ok").then_some(())
    });
    for host in ["127.0.0.1", "localhost"] {
        // The node tells who asks like this of the port for TLS.
        let url = node.url(host).replace("rediss://", "rediss+cluster://");
        let backend = RedisBackend::connect(&url).await.unwrap();
        granted(&backend, &names(host, &["a", "b"])).await;
        assert!(read(&backend, &names(host, &["a", "b"])).await.unwrap().stamps.iter().all(Option::is_some));
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let (Some(server), Some(other)) = (TlsServer::start(), TlsServer::start()) else { return };
    let wrong = format!("rediss://127.0.0.1:{}?ca={}", server.port, other.certificate.display());
    let error = refused(&wrong).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("ca=/path/to/file.pem"), "{error}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let Some(server) = TlsServer::named("DNS:elsewhere.test", RedisServer::builder()) else { return };
    let error = refused(&server.url("127.0.0.1")).await;
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    assert!(error.to_string().contains("elsewhere.test"), "{error}");
}

#[tokio::test]
async fn tls_to_a_plain_port_says_so() {
    let Some(server) = TlsServer::start() else { return };
    let port = server.server.port();
    let url = format!("rediss://127.0.0.1:{port}?connect_timeout=300ms&ca={}", server.certificate.display());
    let error = refused(&url).await;
    assert!(error.to_string().contains("TLS"), "{error}");
}

#[tokio::test]
async fn plain_to_a_tls_port_says_so() {
    let Some(server) = TlsServer::start() else { return };
    let error = refused(&format!("redis://127.0.0.1:{}", server.port)).await;
    assert!(error.to_string().contains("rediss://"), "{error}");
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_by_name() {
    let Some(server) = TlsServer::start() else { return };
    let key = server.server.dir().join("key.pem");
    for file in [key, "/no/such/file".into()] {
        let error = refused(&format!("rediss://127.0.0.1:{}?ca={}", server.port, file.display())).await;
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
        assert!(error.to_string().contains(&*file.display().to_string()), "{error}");
    }
}
