//! What all of these tests begin with.

use std::{collections::HashSet, time::Duration};

use bytes::Bytes;
use easycache_core::{
    Acquire, Acquired, Backend, Deadline, Fill, Filled, Grant, Names, On, Read, Result, Seen, Target, Version, Want,
};
use easycache_redis::RedisBackend;
use easycache_testkit::server::RedisServer;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A deadline that no test comes near, unless something is broken.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

/// A server, and a backend on it. None if there is no `redis-server` here.
pub(crate) async fn connected() -> Option<(RedisServer, RedisBackend)> {
    let server = RedisServer::start()?;
    let backend = RedisBackend::connect(&server.url()).await.expect("the server was just started");
    Some((server, backend))
}

pub(crate) fn names(key: &str, stamps: &[&str]) -> Names {
    let stamps = stamps.iter().map(|stamp| format!("ns:t:{stamp}").into()).collect();
    Names { value: format!("ns:v:{{{key}}}").into(), lease: format!("ns:l:{{{key}}}").into(), stamps }
}

/// A blob with that id, of eight letters.
pub(crate) fn blob(id: &str, body: &str) -> Bytes {
    ["headhead", id, body].concat().into()
}

pub(crate) async fn read(backend: &RedisBackend, names: &Names) -> Result<Seen> {
    let reads = [Read { names: names.clone(), want: Want::Full { lease: MINUTE }, left: false }];
    backend.read(&reads, soon()).await.remove(0)
}

pub(crate) fn acquire(names: &Names, on: On) -> Acquire {
    Acquire { names: names.clone(), on, lease: MINUTE, keep: MINUTE }
}

pub(crate) async fn acquired(backend: &RedisBackend, names: &Names, on: On) -> Result<Acquired> {
    backend.acquire(&[acquire(names, on)], soon()).await.remove(0)
}

/// The grant for a value that is not there.
pub(crate) async fn granted(backend: &RedisBackend, names: &Names) -> Grant {
    match acquired(backend, names, On::Miss(None)).await.expect("the server answers") {
        Acquired::Granted(grant) => grant,
        Acquired::Changed(seen) => panic!("somebody has stored {seen:?}"),
    }
}

pub(crate) fn fill(names: &Names, grant: &Grant, blob: &Bytes) -> Fill {
    let (names, grant, blob) = (names.clone(), grant.clone(), blob.clone());
    Fill { names, versions: grant.versions.clone(), grant, blob, ttl: MINUTE }
}

pub(crate) async fn filled(backend: &RedisBackend, names: &Names, grant: &Grant, blob: &Bytes) -> Result<Filled> {
    backend.fill(&[fill(names, grant, blob)], soon()).await.remove(0)
}

pub(crate) async fn invalidated(backend: &RedisBackend, target: Target) -> Result<bool> {
    backend.invalidate(&[target], soon()).await.remove(0)
}

pub(crate) fn value(names: &Names) -> Target {
    Target::Value { value: names.value.clone(), lease: names.lease.clone() }
}

pub(crate) fn stamp(name: &str) -> Target {
    Target::Stamp(format!("ns:t:{name}").into())
}

/// Does that again and again, for so long.
pub(crate) async fn patiently(span: Duration, mut what: impl AsyncFnMut()) {
    let over = Deadline::after(span);
    while !over.left().is_zero() {
        what().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// That all of these are there, and each is another.
pub(crate) fn all_different(versions: &[Option<Version>]) -> bool {
    let there = versions.iter().flatten().collect::<HashSet<_>>();
    there.len() == versions.len()
}
