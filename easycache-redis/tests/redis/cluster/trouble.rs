//! Connections that break, nodes that do not answer.

use std::time::Duration;

use easycache_core::{Backend, Deadline, ErrorKind, Filled, On, Read, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::server::until;
use tokio::runtime::Builder;

use super::{CLUSTER, TROUBLED, home, key_on, on, own, shared, stamp_on};
use crate::common::{acquire, acquired, blob, filled, granted, invalidated, names, read, soon, stamp, value};

#[tokio::test]
async fn connections_that_were_dropped_are_made_anew_without_anybody_noticing() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let stamps = [0, 1, 2].map(|master| stamp_on(&cluster, master, "s"));
    let names = names("k", &stamps.each_ref().map(|stamp| &**stamp));
    let drop_connections = || {
        for node in &cluster.nodes()[..3] {
            node.command(&["CLIENT", "KILL", "TYPE", "normal"]);
        }
    };
    let grant = granted(&backend, &names).await;
    drop_connections();
    assert!(read(&backend, &names).await.unwrap().lease.is_some());
    drop_connections();
    let again = granted(&backend, &names).await;
    assert_eq!((&again.token, &again.versions), (&grant.token, &grant.versions));
    drop_connections();
    assert!(backend.renew(&names, &mut grant.clone(), soon()).await.unwrap());
    drop_connections();
    assert!(invalidated(&backend, stamp(&stamps[0])).await.unwrap());
    drop_connections();
    backend.release(&names, &grant, soon()).await.unwrap();
    assert!(!invalidated(&backend, value(&names)).await.unwrap());
}

#[tokio::test]
async fn a_lease_is_ended_if_a_stamp_is_not_to_be_had() {
    let Some((cluster, backend)) = own().await else { return };
    let (key, tag) = (key_on(&cluster, 0, "k"), stamp_on(&cluster, 1, "s"));
    let names = names(&key, &[&tag]);
    read(&backend, &names).await.unwrap();
    home(&cluster, &tag).stop();
    let lease = [acquire(&names, On::Replace)];
    let error = backend.acquire(&lease, Deadline::after(Duration::from_millis(200))).await.remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let value = format!("ns:l:{{{key}}}");
    let ended = tokio::task::spawn_blocking(move || {
        let master = &cluster.nodes()[0];
        assert!(master.info("cmdstat_evalsha").contains("calls="), "it was granted");
        until("the lease is ended", || (master.command(&["EXISTS", &value]).int() == 0).then_some(()));
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn who_has_no_time_does_not_keep_others_from_finding_the_nodes() {
    let Some((cluster, _)) = shared().await else { return };
    let backend = RedisBackend::lazy(&cluster.url()).unwrap();
    let reads = [Read { names: names("hurry", &["hurry"]), want: Want::Peek, left: false }];
    for patience in [Duration::ZERO, Duration::from_micros(1)] {
        let error = backend.read(&reads, Deadline::after(patience)).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    }
    assert!(backend.read(&reads, soon()).await[0].is_ok());
}

#[test]
fn a_runtime_that_stands_still_keeps_no_other_from_finding_the_nodes() {
    let Some(cluster) = CLUSTER.get() else { return };
    let backend = RedisBackend::lazy(&format!("{}?connect_timeout=100ms", cluster.url())).unwrap();
    let names = names("still", &["still"]);
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let still = runtime();
    still.block_on(async {
        let begin = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        };
        // The nodes are asked, and nobody listens to what they say.
        tokio::select! { biased; _ = read(&backend, &names) => panic!("it took no time"), () = begin => {} }
    });
    assert!(runtime().block_on(read(&backend, &names)).is_ok());
}

#[tokio::test]
async fn a_batch_loses_only_what_is_on_a_node_that_refuses() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let backend = on(&cluster).await;
    let names = [0, 1, 2].map(|master| names(&key_on(&cluster, master, "k"), &[&stamp_on(&cluster, master, "s")]));
    cluster.nodes()[1].command(&["CONFIG", "SET", "maxmemory", "1"]);
    let wanted = names.each_ref().map(|names| acquire(names, On::Replace));
    let outcomes = backend.acquire(&wanted, soon()).await;
    let kinds = outcomes.iter().map(|outcome| outcome.as_ref().err().map(easycache_core::Error::kind));
    assert_eq!(kinds.collect::<Vec<_>>(), [None, Some(ErrorKind::Refused), None]);
    let error = outcomes[1].as_ref().unwrap_err().to_string();
    assert!(error.contains(&cluster.nodes()[1].address().to_string()) && error.contains("OOM"), "{error}");
    cluster.nodes()[1].command(&["CONFIG", "SET", "maxmemory", "0"]);
}

#[tokio::test]
async fn a_value_that_is_larger_than_a_node_takes_ends_its_lease() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    cluster.nodes()[2].command(&["CONFIG", "SET", "proto-max-bulk-len", "1mb"]);
    let backend = on(&cluster).await;
    assert_eq!(backend.caps().max_value, 1 << 20, "of all nodes");
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    let large = vec![7; (1 << 20) + 1].into();
    assert_eq!(filled(&backend, &names, &grant, &large).await.unwrap(), Filled::TooLarge);
    assert!(granted(&backend, &names).await.leads);
}

#[tokio::test]
async fn scripts_that_the_nodes_have_forgotten_are_sent_again() {
    let Some((cluster, backend)) = shared().await else { return };
    let names = names("forgotten", &["forgotten"]);
    granted(&backend, &names).await;
    cluster.nodes()[..3].iter().for_each(|node| drop(node.command(&["SCRIPT", "FLUSH"])));
    let easycache_core::Acquired::Granted(grant) = acquired(&backend, &names, On::Replace).await.unwrap() else {
        panic!()
    };
    cluster.nodes()[..3].iter().for_each(|node| drop(node.command(&["SCRIPT", "FLUSH"])));
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
}
