//! What all of these tests begin with.

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{
    Acquire, Acquired, Backend, Deadline, Fill, Filled, Grant, Names, On, Read, Result, Seen, Target, Want,
};
use easycache_memcached::MemcachedBackend;
use easycache_testkit::server::Memcached;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A deadline that no test comes near, unless something is broken.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(5))
}

/// A server, and a backend on it. None if there is no `memcached` here.
pub(crate) async fn connected() -> Option<(Memcached, MemcachedBackend)> {
    let server = Memcached::start()?;
    let backend = MemcachedBackend::connect(&server.url()).await.expect("the server was just started");
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

pub(crate) async fn see(backend: &MemcachedBackend, names: &Names, want: Want) -> Result<Seen> {
    backend.read(&[Read { names: names.clone(), want, left: false }], soon()).await.remove(0)
}

pub(crate) async fn read(backend: &MemcachedBackend, names: &Names) -> Result<Seen> {
    see(backend, names, Want::Full { lease: MINUTE }).await
}

pub(crate) async fn peek(backend: &MemcachedBackend, names: &Names) -> Result<Seen> {
    see(backend, names, Want::Peek).await
}

pub(crate) fn acquire(names: &Names, on: On) -> Acquire {
    Acquire { names: names.clone(), on, lease: MINUTE, keep: MINUTE }
}

pub(crate) async fn acquired(backend: &MemcachedBackend, names: &Names, on: On) -> Result<Acquired> {
    backend.acquire(&[acquire(names, on)], soon()).await.remove(0)
}

pub(crate) async fn granted_on(backend: &MemcachedBackend, names: &Names, on: On) -> Grant {
    match acquired(backend, names, on).await.expect("the server answers") {
        Acquired::Granted(grant) => grant,
        Acquired::Changed(seen) => panic!("somebody has stored {seen:?}"),
    }
}

/// The grant for a value that is not there.
pub(crate) async fn granted(backend: &MemcachedBackend, names: &Names) -> Grant {
    granted_on(backend, names, On::Miss(None)).await
}

pub(crate) fn fill(names: &Names, grant: &Grant, blob: &Bytes) -> Fill {
    let (names, grant, blob) = (names.clone(), grant.clone(), blob.clone());
    Fill { names, versions: grant.versions.clone(), grant, blob, ttl: MINUTE }
}

pub(crate) async fn filled(backend: &MemcachedBackend, names: &Names, grant: &Grant, blob: &Bytes) -> Result<Filled> {
    backend.fill(&[fill(names, grant, blob)], soon()).await.remove(0)
}

/// Computes and stores a value.
pub(crate) async fn stored(backend: &MemcachedBackend, names: &Names, id: &str) -> Grant {
    let grant = granted(backend, names).await;
    let filled = filled(backend, names, &grant, &blob(id, "body")).await.expect("the server answers");
    assert_eq!(filled, Filled::Stored);
    grant
}

pub(crate) async fn invalidated(backend: &MemcachedBackend, target: Target) -> Result<bool> {
    backend.invalidate(&[target], soon()).await.remove(0)
}

pub(crate) fn value(names: &Names) -> Target {
    Target::Value { value: names.value.clone(), lease: names.lease.clone() }
}

pub(crate) fn stamp(name: &str) -> Target {
    Target::Stamp(format!("ns:t:{name}").into())
}

/// One flag of an item, as `flag(&server, "ns:t:a", 't')`; none if there is no item.
pub(crate) fn flag(server: &Memcached, key: &str, flag: char) -> Option<String> {
    let answer = server.command(&format!("mg {key} {flag}"));
    let told = answer[0].strip_prefix("HD ")?.split(' ').find_map(|word| word.strip_prefix(flag));
    told.map(str::to_owned)
}
