//! One server.

use easycache_testkit::server::Memcached;

#[test]
fn a_memcached_that_was_started_answers_and_comes_back_empty() {
    let Some(server) = Memcached::builder().arg("-m 8").start() else { return };
    assert_eq!(server.command("set k 0 0 1\r\nv"), ["STORED"]);
    assert_eq!(server.command("get k"), ["VALUE k 0 1", "v", "END"]);
    assert_eq!(server.command("mg k v"), ["VA 1", "v"]);
    assert_eq!(server.stat("limit_maxbytes"), (8 << 20).to_string());
    server.stop();
    server.cont();
    assert_eq!(server.stat("curr_items"), "1");
    server.restart();
    assert_eq!(server.command("get k"), ["END"]);
    assert_eq!(server.url(), format!("memcached://127.0.0.1:{}", server.port()));
    server.kill();
    assert!(std::net::TcpStream::connect(server.address()).is_err());
}
