//! Invalidations that replicas must have before they have returned.

use easycache_core::{Backend, ErrorKind};
use easycache_redis::RedisBackend;

use super::{TROUBLED, stamp_on};
use crate::common::{granted, names, soon, stamp, value};

#[tokio::test]
async fn every_node_waits_for_its_own_replicas() {
    let Some(cluster) = TROUBLED.get() else { return };
    let cluster = cluster.lock().await;
    let url = format!("{}?wait=1&wait_timeout=300ms", cluster.url());
    let backend = RedisBackend::connect(&url).await.unwrap();
    let stamps = [0, 1, 2].map(|master| stamp_on(&cluster, master, "durable"));
    let names = names("durable", &stamps.each_ref().map(|stamp| &**stamp));
    granted(&backend, &names).await;
    let targets = stamps.iter().map(|name| stamp(name)).chain([value(&names)]).collect::<Vec<_>>();
    assert!(backend.invalidate(&targets, soon()).await.into_iter().all(|done| done.unwrap()));
    for (master, stamp) in cluster.nodes().iter().zip(&stamps) {
        let wire = format!("ns:t:{stamp}");
        let there = cluster.nodes()[3..].iter().find_map(|replica| {
            let mut client = replica.client().unwrap();
            client.command(&["READONLY"]).unwrap();
            match client.command(&["GET", &wire]).unwrap() {
                easycache_testkit::server::Reply::Error(_) => None,
                there => Some(there),
            }
        });
        assert_eq!(there, Some(master.command(&["GET", &wire])));
    }

    // The replica of the first master.
    cluster.nodes()[3].stop();
    let done = backend.invalidate(&targets[..3], soon()).await;
    let error = done[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("only 0 of 1 replicas"), "{error}");
    assert!(done[1].is_ok() && done[2].is_ok());
    cluster.nodes()[3].cont();
}
