//! A master, its replicas and their Sentinels.

use easycache_testkit::server::Sentinel;

#[test]
fn when_the_master_is_killed_a_replica_takes_its_place() {
    let Some(sentinel) = Sentinel::start(2) else { return };
    let first = sentinel.master();
    assert_eq!(first.port(), sentinel.servers()[0].port());
    // All replicas have it, whichever is elected. On one connection: WAIT is about what its own has written, and on
    // another one it returns at once.
    let mut client = first.client().unwrap();
    client.command(&["SET", "k", "1"]).unwrap();
    assert_eq!(client.command(&["WAIT", "2", "5000"]).unwrap().int(), 2);
    let second = sentinel.fail_over();
    assert_ne!(second.port(), first.port());
    assert_eq!(second.command(&["GET", "k"]).text(), "1");
    second.command(&["SET", "k", "2"]);
    assert_eq!(sentinel.master().port(), second.port());

    first.restart();
    sentinel.wait_until_replica(first);
    assert_eq!(first.command(&["GET", "k"]).text(), "2");
    assert_eq!(sentinel.addresses().len(), 3);
}
