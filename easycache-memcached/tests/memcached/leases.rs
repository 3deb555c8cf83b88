//! What leases are made of.

use std::time::Duration;

use easycache_core::{Acquired, Backend, ErrorKind, Filled, On, Read, Want};
use easycache_testkit::Proxy;

use crate::common::{
    acquired, blob, connected, fill, filled, flag, granted, granted_on, invalidated, names, peek, read, soon, stamp,
    stored, value,
};

const ID: &[u8; 8] = b"blob-id1";

#[tokio::test]
async fn a_read_that_misses_brings_the_lease_and_the_versions() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a", "b"]);
    let first = read(&backend, &names).await.unwrap();
    assert_eq!((first.blob, first.stamps), (None, vec![None, None]));
    let grant = first.grant.expect("it is the first");
    assert!(grant.leads && first.lease == Some(grant.token.clone()));

    let second = read(&backend, &names).await.unwrap();
    assert_eq!((second.grant, second.lease), (None, Some(grant.token.clone())));
    assert_eq!(second.stamps, grant.versions.iter().copied().map(Some).collect::<Vec<_>>());
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    let third = read(&backend, &names).await.unwrap();
    assert_eq!((third.blob, third.lease, third.grant), (Some(blob("blob-id1", "body")), None, None));
}

#[tokio::test]
async fn what_stands_for_a_lease_is_no_value() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let mut grant = granted(&backend, &names).await;
    assert_eq!(peek(&backend, &names).await.unwrap().blob, None);
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(flag(&server, "ns:v:{k}", 's').as_deref(), Some("8"));
    assert_eq!(peek(&backend, &names).await.unwrap().blob, None, "prolonged neither");
}

#[tokio::test]
async fn a_peek_leaves_nothing_behind() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    peek(&backend, &names).await.unwrap();
    assert_eq!(server.stat("curr_items"), "0");
}

#[tokio::test]
async fn a_lease_is_told_by_the_same_token_however_often_it_is_prolonged() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let mut grant = granted(&backend, &names).await;
    let follower = granted(&backend, &names).await;
    assert!(!follower.leads);
    for _ in 0..3 {
        assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
        assert_eq!(read(&backend, &names).await.unwrap().lease, Some(grant.token.clone()));
        assert_eq!(granted(&backend, &names).await.token, grant.token);
    }
    // Whoever has it may store, also who has got it before it was prolonged.
    assert_eq!(filled(&backend, &names, &follower, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
    assert!(!backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id2", "late")).await.unwrap(), Filled::Lost);
}

/// A renewal by touching would shorten the life of the value that somebody has stored meanwhile.
#[tokio::test]
async fn a_renewal_that_comes_too_late_leaves_the_value_alone() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let leader = granted(&backend, &names).await;
    let mut late = granted(&backend, &names).await;
    late.lease = Duration::from_secs(1);
    let mut long = fill(&names, &leader, &blob("blob-id1", "body"));
    long.ttl = Duration::from_secs(600);
    backend.fill(&[long], soon()).await.remove(0).unwrap();
    assert!(!backend.renew(&names, &mut late, soon()).await.unwrap());
    backend.release(&names, &late, soon()).await.unwrap();
    let left = flag(&server, "ns:v:{k}", 't').expect("it is there").parse::<u32>().unwrap();
    assert!(left > 500, "{left} s");
}

#[tokio::test]
async fn an_outdated_value_is_computed_by_one() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    invalidated(&backend, stamp("a")).await.unwrap();
    let [one, other] = [read(&backend, &names).await.unwrap(), read(&backend, &names).await.unwrap()];
    assert!(one.blob.is_some() && one.grant.is_none(), "the server cannot tell that it is outdated");
    let leader = granted_on(&backend, &names, On::Miss(Some(*ID))).await;
    let follower = granted_on(&backend, &names, On::Miss(Some(*ID))).await;
    assert!(leader.leads && !follower.leads);
    assert_eq!(leader.token, follower.token);
    assert_eq!(other.lease, None);
    let after = read(&backend, &names).await.unwrap();
    assert_eq!((after.lease, after.grant), (Some(leader.token.clone()), None));
    // Who reads it now and acquires does not take it away, either.
    assert!(!granted_on(&backend, &names, On::Miss(Some(*ID))).await.leads);
    assert_eq!(filled(&backend, &names, &leader, &blob("blob-id2", "new")).await.unwrap(), Filled::Stored);
    assert_eq!(filled(&backend, &names, &follower, &blob("blob-id3", "late")).await.unwrap(), Filled::Lost);
    assert_eq!(read(&backend, &names).await.unwrap().lease, None);
}

#[tokio::test]
async fn an_outdated_value_that_nobody_computes_any_more_is_computed_by_the_next() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    read(&backend, &names).await.unwrap();
    let grant = granted_on(&backend, &names, On::Miss(Some(*ID))).await;
    backend.release(&names, &grant, soon()).await.unwrap();
    assert!(granted(&backend, &names).await.leads);
}

#[tokio::test]
async fn a_value_that_is_refreshed_stays_until_its_successor_is_there() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    let life = flag(&server, "ns:v:{k}", 't').unwrap().parse::<u32>().unwrap();
    let mut refresh = granted_on(&backend, &names, On::Replace).await;
    refresh.lease = Duration::from_secs(1);
    for _ in 0..3 {
        assert!(backend.renew(&names, &mut refresh, soon()).await.unwrap());
        assert_eq!(read(&backend, &names).await.unwrap().blob, Some(blob("blob-id1", "body")));
    }
    backend.release(&names, &refresh, soon()).await.unwrap();
    assert!(peek(&backend, &names).await.unwrap().blob.is_some(), "nor does it go when the refresh fails");
    let left = flag(&server, "ns:v:{k}", 't').unwrap().parse::<u32>().unwrap();
    assert!(left + 5 > life, "{left} of {life} s");
    assert!(!backend.renew(&names, &mut refresh, soon()).await.unwrap());
}

/// Who refreshes may have died, and its lease has no end of its own: it is no reason not to compute what is outdated.
#[tokio::test]
async fn the_lease_of_a_refresh_does_not_keep_others_from_an_outdated_value() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    let mut grant = granted_on(&backend, &names, On::Replace).await;
    assert!(grant.leads);
    invalidated(&backend, stamp("a")).await.unwrap();
    read(&backend, &names).await.unwrap();
    let wanted = easycache_core::Acquire {
        lease: Duration::from_secs(1),
        ..crate::common::acquire(&names, On::Miss(Some(*ID)))
    };
    let Acquired::Granted(next) = backend.acquire(&[wanted], soon()).await.remove(0).unwrap() else {
        panic!("it is the same")
    };
    assert!(next.leads);
    assert!(!backend.renew(&names, &mut grant, soon()).await.unwrap());
}

#[tokio::test]
async fn a_refresh_takes_the_whole_time_of_its_lease_from_whoever_has_less() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &[]);
    let brief = Want::Full { lease: Duration::from_secs(1) };
    assert!(
        backend
            .read(&[Read { names: names.clone(), want: brief, left: false }], soon())
            .await
            .remove(0)
            .unwrap()
            .grant
            .is_some()
    );
    let refresh = granted_on(&backend, &names, On::Replace).await;
    assert!(refresh.leads);
    let left = flag(&server, "ns:v:{k}", 't').unwrap().parse::<u32>().unwrap();
    assert!(left > 50, "{left} s");
    assert_eq!(filled(&backend, &names, &refresh, &blob("blob-id1", "body")).await.unwrap(), Filled::Stored);
}

#[tokio::test]
async fn who_has_not_seen_the_value_before_needs_one_more_round_trip() {
    let Some((server, writer)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&writer, &names, "blob-id1").await;
    let proxy = Proxy::to(server.address());
    let backend =
        easycache_memcached::MemcachedBackend::connect(&format!("memcached://{}", proxy.address())).await.unwrap();
    proxy.reset();
    assert!(granted_on(&backend, &names, On::Miss(Some(*ID))).await.leads);
    assert_eq!(proxy.tally().round_trips(), 2);
    let Acquired::Changed(seen) = acquired(&backend, &names, On::Miss(Some(*b"blob-id9"))).await.unwrap() else {
        panic!("it is another")
    };
    assert_eq!(seen.blob, Some(blob("blob-id1", "body")));
}

#[tokio::test]
async fn who_finds_nothing_where_there_was_a_value_is_told_so_and_gets_the_lease() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    stored(&backend, &names, "blob-id1").await;
    read(&backend, &names).await.unwrap();
    invalidated(&backend, value(&names)).await.unwrap();
    let Acquired::Changed(seen) = acquired(&backend, &names, On::Miss(Some(*ID))).await.unwrap() else {
        panic!("it is not there any more")
    };
    assert_eq!(seen.blob, None);
    let grant = seen.grant.expect("nobody else computes");
    assert_eq!(filled(&backend, &names, &grant, &blob("blob-id2", "new")).await.unwrap(), Filled::Stored);
}

#[tokio::test]
async fn what_could_be_taken_for_a_lease_is_not_stored() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &[]);
    let grant = granted(&backend, &names).await;
    let error = filled(&backend, &names, &grant, &"12345678".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
}
