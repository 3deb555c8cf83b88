//! Several servers.

use std::time::Duration;

use easycache_core::{Backend, Cache, Deadline, ErrorKind, NameScan, Names, NodeState, Policy, Read, Target, Want};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::server::Memcached;

use crate::{
    common::{blob, names, peek, soon, stored},
    trouble::recovered,
};

struct Ring {
    servers: Vec<Memcached>,
    backend: MemcachedBackend,
}

impl Ring {
    async fn start() -> Option<Self> {
        let servers = (0..3).map(|_| Memcached::start()).collect::<Option<Vec<_>>>()?;
        let backend = MemcachedBackend::connect(&Self::url(&servers)).await.expect("the servers were just started");
        Some(Self { servers, backend })
    }

    fn url(servers: &[Memcached]) -> String {
        let addresses = servers.iter().map(|server| server.address().to_string()).collect::<Vec<_>>();
        format!("memcached://{}", addresses.join(","))
    }

    /// The number of the server that has what is called that.
    fn home(&self, name: &str) -> usize {
        let there = |server: &Memcached| server.command(&format!("mg {name}")) != ["EN"];
        let homes = (0..3).filter(|number| there(&self.servers[*number])).collect::<Vec<_>>();
        assert_eq!(homes.len(), 1, "{name} is in one place");
        homes[0]
    }
}

/// Values without stamps, each stored.
async fn filled(ring: &Ring) -> Vec<(Names, usize)> {
    let mut all = Vec::new();
    for key in 0..30 {
        let names = names(&format!("k{key}"), &[]);
        stored(&ring.backend, &names, &format!("blob-{key:03}")).await;
        let home = ring.home(&names.value);
        all.push((names, home));
    }
    for server in 0..3 {
        assert!(all.iter().any(|(_, home)| *home == server), "every server has its share");
    }
    all
}

#[tokio::test]
async fn while_a_server_is_down_only_what_it_keeps_fails() {
    let Some(ring) = Ring::start().await else { return };
    let all = filled(&ring).await;
    ring.servers[1].kill();
    let reads =
        all.iter().map(|(names, _)| Read { names: names.clone(), want: Want::Peek, left: false }).collect::<Vec<_>>();
    for ((names, home), seen) in all.iter().zip(ring.backend.read(&reads, soon()).await) {
        match seen {
            Ok(seen) => assert!(*home != 1 && seen.blob.is_some(), "{}", names.value),
            Err(error) => assert_eq!((*home, error.kind()), (1, ErrorKind::Unavailable)),
        }
    }
}

/// Race 19. A server that is away and comes back has what it had: nobody may have invalidated it elsewhere.
#[tokio::test]
async fn an_invalidation_never_falls_through_to_another_server() {
    let Some(ring) = Ring::start().await else { return };
    let all = filled(&ring).await;
    let (names, home) = &all[0];
    ring.servers[*home].stop();
    let targets = all.iter().map(|(names, _)| Target::Value { value: names.value.clone(), lease: names.lease.clone() });
    let targets = targets.collect::<Vec<_>>();
    let deadline = Deadline::after(Duration::from_millis(300));
    for ((_, place), answer) in all.iter().zip(ring.backend.invalidate(&targets, deadline).await) {
        assert_eq!(answer.is_err(), place == home, "it is not done, and that is said");
    }
    ring.servers[*home].cont();
    recovered_all(&ring).await;
    // Either it was done when the server went on, or it was not; it is done when it is acknowledged.
    assert!(ring.backend.invalidate(&targets[..1], soon()).await[0].is_ok());
    assert_eq!(peek(&ring.backend, names).await.unwrap().blob, None);
}

async fn recovered_all(ring: &Ring) {
    for server in &ring.servers {
        recovered(&MemcachedBackend::lazy(&server.url()).expect("it is a URL")).await;
    }
    let limit = soon();
    let reads = (0..30)
        .map(|key| Read { names: names(&format!("k{key}"), &[]), want: Want::Peek, left: false })
        .collect::<Vec<_>>();
    while ring.backend.read(&reads, soon()).await.iter().any(Result::is_err) {
        assert!(!limit.left().is_zero());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_was_restarted_is_empty_and_the_others_are_not() {
    let Some(ring) = Ring::start().await else { return };
    let all = filled(&ring).await;
    ring.servers[2].restart();
    recovered_all(&ring).await;
    for (names, home) in &all {
        assert_eq!(peek(&ring.backend, names).await.unwrap().blob.is_none(), *home == 2, "{}", names.value);
    }
}

#[tokio::test]
async fn the_order_in_which_servers_are_named_does_not_matter() {
    let Some(mut ring) = Ring::start().await else { return };
    let all = filled(&ring).await;
    ring.servers.reverse();
    let other = MemcachedBackend::connect(&Ring::url(&ring.servers)).await.unwrap();
    for (key, (names, _)) in all.iter().enumerate() {
        assert_eq!(peek(&other, names).await.unwrap().blob, Some(blob(&format!("blob-{key:03}"), "body")));
    }
}

/// What is computed is not stored, and what is invalidated is repeated until it is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cache_goes_on_while_a_server_is_down() {
    let Some(ring) = Ring::start().await else { return };
    let cache = |ring: &Ring| {
        let backend = MemcachedBackend::lazy(&Ring::url(&ring.servers)).unwrap();
        Cache::builder().backend(backend).deadline("300ms").build().unwrap()
    };
    let [one, other] = [cache(&ring), cache(&ring)];
    let value = async |cache: &Cache, key: u32, value: u32| {
        cache
            .get_or_compute(&format!("k{key}"), Policy::ttl("1h").tags(["shared"]), || async move { value })
            .await
            .unwrap()
    };
    for key in 0..30 {
        assert_eq!(value(&one, key, 1).await, 1);
    }
    ring.servers[0].kill();
    let failed = other.invalidate_tags(["shared"]).await.is_err();
    for key in 0..30 {
        let seen = value(&other, key, 2).await;
        assert!(seen == 2 || !failed, "{key}: this process knows");
    }
    ring.servers[0].restart();
    tokio::task::spawn_blocking({
        let other = other.clone();
        move || {
            easycache_testkit::server::until("it is acknowledged", || (other.stats().unconfirmed == 0).then_some(()));
        }
    })
    .await
    .unwrap();
    for key in 0..30 {
        assert_ne!(value(&one, key, 3).await, 1, "{key}");
    }
}

#[tokio::test]
async fn each_server_tells_how_it_is_and_one_that_is_down_does_not_hide_the_others() {
    let Some(ring) = Ring::start().await else { return };
    stored(&ring.backend, &names("k", &[]), "idididid").await;
    let nodes = ring.backend.status(soon()).await;
    assert!(nodes.iter().all(|node| node.is_up() && node.version.is_some() && node.bytes.is_some()), "{nodes:?}");
    assert_eq!(nodes.iter().filter_map(|node| node.entries).sum::<u64>(), 1, "{nodes:?}");
    let addresses = ring.servers.iter().map(|server| server.address().to_string());
    assert!(nodes.iter().map(|node| node.name.clone()).eq(addresses));

    ring.servers[1].stop();
    let limit = Duration::from_millis(200);
    let state = async |limit| ring.backend.status(Deadline::after(limit)).await.remove(1).state;
    assert!(matches!(state(limit).await, NodeState::Down { .. }));
    // The pauses grow: on a busy machine the first may be over.
    let over = Deadline::after(Duration::from_secs(10));
    while !matches!(state(limit).await, NodeState::Resting { left, .. } if left <= Duration::from_secs(1)) {
        assert!(!over.left().is_zero());
    }
    let nodes = ring.backend.status(soon()).await;
    assert!(nodes[0].is_up() && nodes[2].is_up(), "{nodes:?}");
    ring.servers[1].cont();
    let over = Deadline::after(Duration::from_secs(5));
    while !ring.backend.status(soon()).await[1].is_up() {
        assert!(!over.left().is_zero());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn keys_cannot_be_listed_and_it_says_so() {
    let Some(ring) = Ring::start().await else { return };
    let error = ring.backend.scan(&NameScan::new("", 10), soon()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("memcached"), "{error}");
}
