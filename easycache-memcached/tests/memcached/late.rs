//! Values that are expired, and values that stay while they are computed anew.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use easycache_core::{BLOB_EXPIRED, BLOB_FLAGS, Backend, Deadline, On, Read, Target, Want};
use easycache_memcached::MemcachedBackend;

use crate::{
    common::{MINUTE, acquire, connected, granted_on, invalidated, names, peek, soon, stored},
    fake::FakeServer,
};

const DUE: On = On::Due(*b"blob-id1");

#[tokio::test]
async fn who_may_be_served_what_is_not_fresh_is_told_of_the_lease() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    let read = Read { names: names.clone(), want: Want::Full { lease: MINUTE }, left: true };
    let before = backend.read(std::slice::from_ref(&read), soon()).await.remove(0).unwrap();
    assert!(before.lease.is_none() && before.left.is_some_and(|left| left <= MINUTE), "{before:?}");
    let grant = granted_on(&backend, &names, DUE).await;
    let after = backend.read(std::slice::from_ref(&read), soon()).await.remove(0).unwrap();
    assert_eq!((after.lease, after.blob), (Some(grant.token), before.blob));
}

/// Its holder has died. Nobody waits for the end of the value, which may be far away.
#[tokio::test]
async fn the_lease_of_a_value_that_is_due_ends_by_itself_and_the_value_stays() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    let brief = easycache_core::Acquire { lease: Duration::from_secs(1), ..acquire(&names, DUE) };
    let lead = async || match backend.acquire(std::slice::from_ref(&brief), soon()).await.remove(0).unwrap() {
        easycache_core::Acquired::Granted(grant) => grant,
        changed @ easycache_core::Acquired::Changed(_) => panic!("{changed:?}"),
    };
    let mut first = lead().await;
    assert!(first.leads);
    // It is prolonged for longer than it would have lasted.
    let prolonged = Deadline::after(Duration::from_secs(3));
    while !prolonged.left().is_zero() {
        assert!(backend.renew(&names, &mut first, soon()).await.unwrap());
        assert!(!lead().await.leads);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let patience = Deadline::after(Duration::from_secs(10));
    while !lead().await.leads {
        assert!(!patience.left().is_zero(), "nobody takes the place of who has died");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(peek(&backend, &names).await.unwrap().blob.is_some());
}

#[tokio::test]
async fn what_was_stored_by_somebody_else_is_shown_and_nothing_granted() {
    let Some((server, backend)) = connected().await else { return };
    let other = MemcachedBackend::connect(&server.url()).await.unwrap();
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    // It has seen the first value, and in which state that was.
    backend.read(&[Read { names: names.clone(), want: Want::Full { lease: MINUTE }, left: true }], soon()).await;
    invalidated(&other, crate::common::value(&names)).await.unwrap();
    stored(&other, &names, "blob-id2").await;
    let changed = backend.acquire(&[acquire(&names, DUE)], soon()).await.remove(0).unwrap();
    let easycache_core::Acquired::Changed(seen) = changed else { panic!("there is another value") };
    assert!(seen.blob.is_some_and(|blob| &blob[8..16] == b"blob-id2"));
    assert!(granted_on(&other, &names, On::Due(*b"blob-id2")).await.leads, "the lease was not left behind");
}

/// What is stored between the look and the mark is marked as well: it was there when that returned.
#[tokio::test]
async fn who_expires_marks_what_has_come_between() {
    let (said, written) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let log = Arc::clone(&said);
    let server = FakeServer::start("1.6.18", move |line| {
        log.lock().unwrap().push(line.to_owned());
        let mut stores = written.lock().unwrap();
        Some(match line.split(' ').next() {
            Some("md") => "NF\r\n".to_owned(),
            Some("mg") => format!("VA 20 c{} t50\r\nheadheadblob-id1body\r\n", 7 + *stores),
            _ => {
                *stores += 1;
                if *stores == 1 { "EX\r\n".to_owned() } else { "HD\r\n".to_owned() }
            }
        })
    });
    let backend = MemcachedBackend::connect(&server.url()).await.unwrap();
    let names = names("k", &[]);
    let target = Target::Expire { value: names.value.clone(), lease: names.lease.clone() };
    assert!(invalidated(&backend, target).await.unwrap());
    let stores = said.lock().unwrap().iter().filter(|line| line.starts_with("ms")).cloned().collect::<Vec<_>>();
    assert_eq!(stores, ["ms ns:v:{k} 20 C7 T50", "ms ns:v:{k} 20 C8 T50"]);
}

#[tokio::test]
async fn what_is_expired_stays_expired_while_it_is_computed_anew() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    let target = Target::Expire { value: names.value.clone(), lease: names.lease.clone() };
    assert!(invalidated(&backend, target).await.unwrap());
    let is_marked = async || peek(&backend, &names).await.unwrap().blob.unwrap()[BLOB_FLAGS] & BLOB_EXPIRED != 0;
    let grant = granted_on(&backend, &names, DUE).await;
    assert!(grant.leads && is_marked().await);
    backend.release(&names, &grant, soon()).await.unwrap();
    assert!(is_marked().await);
}
