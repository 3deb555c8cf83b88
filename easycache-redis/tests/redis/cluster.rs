//! A cluster of three masters and three replicas.

mod caches;
mod connecting;
mod durable;
mod failover;
mod moving;
mod scripted;
mod steps;
mod trouble;

use easycache_redis::RedisBackend;
use easycache_testkit::server::{RedisCluster, RedisServer, Share, Shared};
use tokio::sync::Mutex;

/// For tests that leave it well. Each has names of its own.
static CLUSTER: Shared<RedisCluster> = Shared::new(RedisCluster::start);

/// For tests that leave it well, but trouble others: one after the other.
pub(crate) static TROUBLED: Shared<Mutex<RedisCluster>> = Shared::new(|| RedisCluster::start().map(Mutex::new));

pub(crate) async fn shared() -> Option<(Share<RedisCluster>, RedisBackend)> {
    let cluster = CLUSTER.get()?;
    let backend = on(&cluster).await;
    Some((cluster, backend))
}

/// One for the test alone, where a slot without a master takes no other with it.
async fn own() -> Option<(RedisCluster, RedisBackend)> {
    let cluster = RedisCluster::builder().partial_coverage().start()?;
    let backend = on(&cluster).await;
    Some((cluster, backend))
}

async fn on(cluster: &RedisCluster) -> RedisBackend {
    RedisBackend::connect(&cluster.url()).await.expect("the cluster is well")
}

/// A key like `key` that was first on that master.
pub(crate) fn key_on(cluster: &RedisCluster, master: usize, key: &str) -> String {
    name_on(cluster, master, key, str::to_owned)
}

/// A stamp like `stamp` that was first on that master.
pub(crate) fn stamp_on(cluster: &RedisCluster, master: usize, stamp: &str) -> String {
    name_on(cluster, master, stamp, |stamp| format!("ns:t:{stamp}"))
}

fn name_on(cluster: &RedisCluster, master: usize, name: &str, wire: impl Fn(&str) -> String) -> String {
    let mut names = (0..).map(|number| format!("{name}{number}"));
    let is_there = |name: &String| usize::from(cluster.slot_of(&wire(name))) * 3 / 16384 == master;
    names.find(is_there).expect("there are enough numbers")
}

/// The master that has that stamp.
pub(crate) fn home<'a>(cluster: &'a RedisCluster, stamp: &str) -> &'a RedisServer {
    cluster.master_of(&format!("ns:t:{stamp}"))
}
