//! What a hit costs that the server confirms: its header, and not the value.

use easycache_core::{Freshness, Near, Policy};
use easycache_testkit::server::{RedisCluster, RedisServer};

use crate::common::{builder, near_hits};

const SIZE: usize = 100_000;
const HITS: u64 = 20;

fn sent(servers: &[RedisServer]) -> u64 {
    let sent = servers.iter().map(|server| server.info("total_net_output_bytes").parse::<u64>());
    sent.map(|sent| sent.expect("it is a number")).sum()
}

/// What these servers have sent for each of several hits.
async fn sent_for_a_hit(url: &str, servers: &[RedisServer]) -> u64 {
    let cache = builder(url, "strict")
        .near(Near::bounded(100).freshness(Freshness::Strict))
        .build()
        .expect("the settings are good");
    let value = (0..SIZE).map(|_| fastrand::alphanumeric()).collect::<String>();
    let policy = Policy::ttl("1h").tags(["a", "b"]).prefix("p");
    cache.set("k", value.clone(), policy).await.expect("the server answers");
    let get = async || cache.get::<String>("p|k").await.expect("the server answers");
    assert!(get().await.as_ref() == Some(&value));
    let (before, hits) = (sent(servers), near_hits(&cache));
    for _ in 0..HITS {
        assert!(get().await.as_ref() == Some(&value));
    }
    assert_eq!(near_hits(&cache), hits + HITS);
    (sent(servers) - before) / HITS
}

#[tokio::test]
async fn a_strict_hit_leaves_the_value_out() {
    let Some(server) = RedisServer::start() else { return };
    let url = server.url();
    // With what INFO itself says.
    assert!(sent_for_a_hit(&url, &[server]).await < 2000);
}

#[tokio::test]
async fn a_strict_hit_on_a_cluster_leaves_the_value_out() {
    let Some(cluster) = RedisCluster::start() else { return };
    // Nodes talk to their replicas, too.
    assert!(sent_for_a_hit(&cluster.url(), &cluster.nodes()[..3]).await < 20_000);
}
