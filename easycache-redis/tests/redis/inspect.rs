//! What servers say of themselves, and what is said of them: when they are down, left alone, or do not let one look.

use std::{collections::BTreeSet, time::Duration};

use easycache_core::{Backend, Cache, CachePlace, Deadline, ErrorKind, NameScan, NodeRole, NodeState, Policy};
use easycache_redis::{RedisBackend, RedisConfig};
use easycache_testkit::server::{RedisCluster, RedisServer, Sentinel};

use crate::common::{connected, names, soon};

async fn names_below(backend: &RedisBackend, prefix: &str) -> BTreeSet<Box<str>> {
    let (mut seen, mut scan) = (BTreeSet::new(), NameScan::new(prefix, 20));
    loop {
        let page = backend.scan(&scan, soon()).await.expect("the server answers");
        seen.extend(page.names);
        match page.next {
            Some(next) => scan.from = Some(next),
            None => return seen,
        }
    }
}

fn cache(backend: RedisBackend) -> Cache {
    Cache::builder().namespace("ns").backend(backend).build().expect("the settings are in range")
}

#[tokio::test]
async fn a_server_tells_its_version_its_role_and_how_much_it_has() {
    let Some((server, backend)) = connected().await else { return };
    server.command(&["SET", "a", "1"]);
    let nodes = backend.status(soon()).await;
    let [node] = &nodes[..] else { panic!("{nodes:?}") };
    assert!(server.url().ends_with(&node.name), "{node}");
    let NodeState::Up { round_trip } = node.state else { panic!("{node}") };
    assert!(round_trip > Duration::ZERO && round_trip < Duration::from_secs(1), "{node}");
    let version = node.version.as_deref().unwrap();
    assert!([server.info("redis_version"), server.info("valkey_version")].iter().any(|it| it == version), "{node}");
    assert_eq!((node.role, node.entries), (Some(NodeRole::Master), Some(1)));
    assert!(node.bytes.unwrap() > 0);
}

#[tokio::test]
async fn a_server_that_is_down_is_told_as_that_then_as_left_alone_and_then_as_up_again() {
    let Some((server, backend)) = connected().await else { return };
    let limit = Duration::from_millis(200);
    server.stop();
    let node = backend.status(Deadline::after(limit)).await.remove(0);
    assert!(matches!(node.state, NodeState::Down { .. }), "{node}");
    // The pauses grow: on a busy machine the first may be over.
    let over = Deadline::after(Duration::from_secs(10));
    let resting = loop {
        let node = backend.status(Deadline::after(limit)).await.remove(0);
        if let NodeState::Resting { left, error } = node.state {
            break (node.name, left, error.kind());
        }
        assert!(!over.left().is_zero(), "{node}");
    };
    assert!(server.url().ends_with(&resting.0) && resting.1 <= Duration::from_secs(1), "{resting:?}");
    assert_eq!(resting.2, ErrorKind::Unavailable);
    server.cont();
    let over = Deadline::after(Duration::from_secs(5));
    while !backend.status(soon()).await[0].is_up() {
        assert!(!over.left().is_zero());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn nothing_that_is_said_of_a_server_has_its_password() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    let told = async |url: String| {
        let cache = cache(RedisBackend::lazy(&url).unwrap());
        let nodes = cache.status().await.unwrap();
        let errors = format!("{:?} {:?}", cache.ping().await, cache.keys("").next_page().await);
        format!("{nodes:?} {} {errors} {cache:?} {:?}", nodes[0], RedisBackend::lazy(&url).unwrap())
    };
    let address = server.address();
    let right = told(format!("redis://:s3cret@{address}")).await;
    let wrong = told(format!("redis://:wr0ng@{address}")).await;
    let away = told("redis://user:s3cret@127.0.0.1:1".to_owned()).await;
    assert!(right.contains("Up {") && wrong.contains("WRONGPASS") && away.contains("refused"), "{wrong} {away}");
    for text in [right, wrong, away] {
        assert!(!text.contains("s3cret") && !text.contains("wr0ng"), "{text}");
    }
}

#[tokio::test]
async fn what_a_user_may_not_ask_is_left_out_and_keys_are_a_clear_error() {
    let Some((server, admin)) = connected().await else { return };
    let rules = ["on", ">pw", "~*", "+@all", "-info", "-dbsize", "-scan"];
    server.command(&[&["ACL", "SETUSER", "shop"], &rules[..]].concat());
    let backend = RedisBackend::lazy(&server.url().replace("redis://", "redis://shop:pw@")).unwrap();
    let node = backend.status(soon()).await.remove(0);
    assert!(node.is_up(), "{node}");
    assert_eq!((&node.version, node.role, node.entries, node.bytes), (&None, None, None, None));
    let error = backend.scan(&NameScan::new("", 10), soon()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.to_string().contains("NOPERM") && error.to_string().contains("ACL SETUSER"), "{error}");

    // With those that are documented it is all there.
    server.command(&["ACL", "SETUSER", "shop", "+info", "+dbsize", "+scan"]);
    assert!(backend.status(soon()).await[0].version.is_some());
    backend.scan(&NameScan::new("", 10), soon()).await.unwrap();
    drop(admin);
}

#[tokio::test]
async fn keys_of_a_cache_are_listed_among_whatever_else_there_is() {
    let Some((server, backend)) = connected().await else { return };
    let cache = cache(backend);
    for id in 0..300 {
        cache.set(&format!("user:{id}"), id, Policy::ttl(60).tags(["users"])).await.unwrap();
        server.command(&["SET", &format!("other:{id}"), "1"]);
    }
    server.command(&[&b"SET"[..], b"ns:v:{\xff\xfe}", b"1"]);
    server.command(&["SET", "ns2:v:{user:1}", "1"]);
    let (mut keys, mut seen) = (cache.keys("").per_page(30), BTreeSet::new());
    while let Some(page) = keys.next_page().await.unwrap() {
        assert!(page.keys.len() <= 60 + 30, "{}", page.keys.len());
        seen.extend(page.keys.into_iter().map(|listed| listed.key));
    }
    assert_eq!(seen.len(), 300);
    assert!(seen.contains("user:7"));
    assert_eq!(cache.place(), CachePlace::Backend { kind: "redis", near: false });
}

#[tokio::test]
async fn the_master_that_sentinels_know_of_is_told_by_its_address_and_replicas_with_it() {
    let Some(sentinel) = Sentinel::start(1) else { return };
    let url = format!("{}&replicas=read", sentinel.url());
    let backend = RedisBackend::connect(&url).await.unwrap();
    assert_eq!(backend.kind(), "redis+sentinel");
    let over = Deadline::after(Duration::from_secs(5));
    let nodes = loop {
        let nodes = backend.status(soon()).await;
        if nodes.len() == 2 && nodes.iter().all(easycache_core::NodeStatus::is_up) {
            break nodes;
        }
        assert!(!over.left().is_zero(), "{nodes:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!([nodes[0].role, nodes[1].role], [Some(NodeRole::Master), Some(NodeRole::Replica)]);
    assert!(sentinel.master().url().ends_with(&nodes[0].name), "{nodes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_master_of_a_cluster_is_told_also_one_that_is_down_and_names_come_from_all_of_them() {
    let Some(cluster) = RedisCluster::builder().partial_coverage().start() else { return };
    let backend = RedisBackend::connect(&cluster.url()).await.unwrap();
    let all = (0..100).map(|id| format!("k{id}")).collect::<Vec<_>>();
    for key in &all {
        cluster.master_of(key).command(&["SET", &format!("ns:v:{{{key}}}"), "1"]);
    }
    let expected = all.iter().map(|key| names(key, &[]).value).collect::<BTreeSet<_>>();
    assert_eq!(names_below(&backend, "ns:v:{").await, expected);

    let nodes = backend.status(soon()).await;
    assert!(nodes.len() >= 3 && nodes.iter().all(easycache_core::NodeStatus::is_up), "{nodes:?}");
    assert_eq!(nodes.iter().filter_map(|node| node.entries).sum::<u64>(), 100);
    let victim = cluster.master_of("k0");
    victim.stop();
    let nodes = backend.status(Deadline::after(Duration::from_millis(300))).await;
    let down = nodes.iter().filter(|node| !node.is_up()).map(|node| &*node.name).collect::<Vec<_>>();
    assert_eq!(down.len(), 1, "{nodes:?}");
    assert!(victim.url().ends_with(down[0]), "{nodes:?}");
    victim.cont();
}

#[tokio::test]
async fn a_cluster_that_cannot_be_reached_is_told_by_the_nodes_to_begin_with() {
    let nowhere = ["127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap()];
    let backend = RedisConfig::cluster(nowhere).lazy().unwrap();
    let nodes = backend.status(soon()).await;
    assert_eq!(nodes.iter().map(|node| &*node.name).collect::<Vec<_>>(), ["127.0.0.1:1", "127.0.0.1:2"]);
    assert!(nodes.iter().all(|node| !node.is_up()));
}
