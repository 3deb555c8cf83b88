//! Three masters and three replicas.

use easycache_testkit::server::{RedisCluster, Reply};

#[test]
fn every_slot_has_a_master_and_keys_are_refused_elsewhere() {
    let Some(cluster) = RedisCluster::start() else { return };
    assert_eq!(cluster.addresses().len(), 6);
    for key in ["a", "b", "c", "d", "{e}1", "{e}2"] {
        let master = cluster.master_of(key);
        master.command(&["SET", key, "1"]);
        for other in cluster.nodes().iter().filter(|node| node.port() != master.port()) {
            let refused = other.client().unwrap().command(&["GET", key]).unwrap();
            assert!(matches!(refused, Reply::Error(error) if error.starts_with("MOVED")));
        }
    }
    assert_eq!(cluster.slot_of("{e}1"), cluster.slot_of("{e}2"));
    let masters = [0, 6000, 16383].map(|slot| cluster.master_of_slot(slot).port());
    assert_eq!(masters, [0, 1, 2].map(|node: usize| cluster.nodes()[node].port()));
}

#[test]
fn a_slot_moves_with_its_keys() {
    let Some(cluster) = RedisCluster::start() else { return };
    let (slot, from) = (cluster.slot_of("{k}"), cluster.master_of("{k}"));
    let to = cluster.nodes()[..3].iter().find(|node| node.port() != from.port()).unwrap();
    from.command(&["SET", "{k}1", "1"]);

    cluster.begin_to_move(slot, to);
    assert_eq!(from.command(&["GET", "{k}1"]).text(), "1");
    let asked = from.client().unwrap().command(&["GET", "{k}2"]).unwrap();
    assert!(matches!(asked, Reply::Error(error) if error.starts_with("ASK")));
    cluster.move_keys(slot, to);
    cluster.finish_moving(slot, to);
    assert_eq!(cluster.master_of("{k}").port(), to.port());
    assert_eq!(to.command(&["GET", "{k}1"]).text(), "1");

    cluster.move_slot(slot, from);
    assert_eq!(from.command(&["GET", "{k}1"]).text(), "1");
}

#[test]
fn when_a_master_is_killed_its_replica_takes_over() {
    let Some(cluster) = RedisCluster::builder().partial_coverage().start() else { return };
    let (slot, old) = (cluster.slot_of("k"), cluster.master_of("k"));
    old.command(&["SET", "k", "1"]);
    assert_eq!(old.command(&["WAIT", "1", "5000"]).int(), 1);
    let new = cluster.fail_over(slot);
    assert_ne!(new.port(), old.port());
    assert_eq!(new.command(&["GET", "k"]).text(), "1");
    assert_eq!(cluster.master_of("k").port(), new.port());
}
