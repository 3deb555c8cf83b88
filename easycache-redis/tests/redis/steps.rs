//! Each step of the protocol, on a server.

use bytes::Bytes;
use easycache_core::{Acquired, Backend, Filled, HEADER_LEN, On, Read, Version, Want};
use easycache_redis::RedisBackend;
use easycache_testkit::server::RedisServer;

use crate::common::{
    MINUTE, acquire, acquired, all_different, blob, connected, fill, filled, granted, invalidated, names, read, soon,
    stamp, value,
};

#[tokio::test]
async fn a_value_goes_through_all_its_steps() {
    let Some((_server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a", "b"]), blob("blob-id1", "body"));

    let nothing = read(&backend, &names).await.unwrap();
    assert_eq!((nothing.blob, nothing.lease, nothing.stamps), (None, None, vec![None, None]));

    let mut grant = granted(&backend, &names).await;
    assert!(grant.leads);
    assert_eq!(grant.origin, Version::NONE);
    assert_ne!(grant.versions[0], grant.versions[1]);
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(read(&backend, &names).await.unwrap().lease, Some(grant.token.clone()));
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);

    let seen = read(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.lease, seen.origin), (Some(blob), None, Some(Version::NONE)));
    assert_eq!(seen.stamps, grant.versions.iter().copied().map(Some).collect::<Vec<_>>());

    assert!(invalidated(&backend, stamp("b")).await.unwrap());
    let bumped = read(&backend, &names).await.unwrap();
    assert_eq!(bumped.stamps[0], seen.stamps[0]);
    assert_ne!(bumped.stamps[1], seen.stamps[1]);
    assert!(all_different(&bumped.stamps));

    assert!(invalidated(&backend, value(&names)).await.unwrap());
    assert_eq!(read(&backend, &names).await.unwrap().blob, None);
    assert!(!backend.renew(&names, &mut grant, soon()).await.unwrap());
}

#[tokio::test]
async fn a_hit_is_one_command() {
    let Some((server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a", "b", "c"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    filled(&backend, &names, &grant, &blob).await.unwrap();

    server.command(&["CONFIG", "RESETSTAT"]);
    assert!(read(&backend, &names).await.unwrap().blob.is_some());
    let stats = server.command(&["INFO", "commandstats"]).text();
    let commands = stats.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name);
    let foreign = ["cmdstat_config|resetstat", "cmdstat_info"];
    let ours = commands.filter(|name| name.starts_with("cmdstat_") && !foreign.contains(name)).collect::<Vec<_>>();
    assert_eq!(ours, ["cmdstat_mget"]);
}

#[tokio::test]
async fn of_a_value_that_the_caller_may_have_the_server_sends_the_header() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a", "b"]);
    let whole = blob("blob-id1", &"body".repeat(1000));
    let read = |lease| [Read { names: names.clone(), want: Want::Header { lease }, left: false }];
    let nothing = backend.read(&read(None), soon()).await.remove(0).unwrap();
    assert_eq!((nothing.blob, nothing.stamps), (None, vec![None, None]));
    let grant = granted(&backend, &names).await;
    let taken = backend.read(&read(Some(MINUTE)), soon()).await.remove(0).unwrap();
    assert_eq!((taken.blob, taken.lease.as_ref()), (None, Some(&grant.token)));
    filled(&backend, &names, &grant, &whole).await.unwrap();
    let seen = backend.read(&read(Some(MINUTE)), soon()).await.remove(0).unwrap();
    assert_eq!((seen.blob, seen.origin), (Some(whole.slice(..HEADER_LEN)), Some(Version::NONE)));
    assert!(seen.stamps.into_iter().flatten().eq(grant.versions));
    server.command(&["DEL", &names.value]);
    server.command(&["LPUSH", &names.value, "no value"]);
    let other = backend.read(&read(None), soon()).await.remove(0).unwrap();
    assert_eq!(other.blob, None, "what is no string is absent");
}

#[tokio::test]
async fn a_batch_with_shared_tags_is_one_command_with_each_name_once() {
    let Some((server, backend)) = connected().await else { return };
    let names = (0..100).map(|i| names(&format!("k{i}"), &["a", "b"])).collect::<Vec<_>>();
    let reads =
        names.iter().map(|names| Read { names: names.clone(), want: Want::Peek, left: false }).collect::<Vec<_>>();
    server.command(&["CONFIG", "RESETSTAT"]);
    let seen = backend.read(&reads, soon()).await;
    assert_eq!(seen.len(), 100);
    let stats = server.command(&["INFO", "commandstats"]).text();
    assert!(stats.contains("cmdstat_mget:calls=1,"), "{stats}");
    let (hits, misses) = (server.info("keyspace_hits"), server.info("keyspace_misses"));
    assert_eq!((&*hits, &*misses), ("0", "102"));
}

#[tokio::test]
async fn one_of_two_callers_leads_and_both_have_its_token() {
    let Some((_server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    let (first, second) = (granted(&backend, &names).await, granted(&backend, &names).await);
    assert!(first.leads && !second.leads);
    assert_eq!((&first.token, &first.versions), (&second.token, &second.versions));

    backend.release(&names, &first, soon()).await.unwrap();
    let third = granted(&backend, &names).await;
    assert!(third.leads);
    assert_ne!(third.token, first.token);
}

#[tokio::test]
async fn replacing_takes_the_lease_over() {
    let Some((_server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    let first = granted(&backend, &names).await;
    let Acquired::Granted(second) = acquired(&backend, &names, On::Replace).await.unwrap() else { panic!() };
    assert!(second.leads);
    assert_eq!(filled(&backend, &names, &first, &blob).await.unwrap(), Filled::Lost);
    backend.release(&names, &first, soon()).await.unwrap();
    assert_eq!(filled(&backend, &names, &second, &blob).await.unwrap(), Filled::Stored);
}

#[tokio::test]
async fn who_has_seen_another_value_is_shown_the_present_one() {
    let Some((_server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    filled(&backend, &names, &grant, &blob).await.unwrap();

    for seen in [None, Some(*b"blob-id0")] {
        let Acquired::Changed(there) = acquired(&backend, &names, On::Miss(seen)).await.unwrap() else { panic!() };
        assert_eq!((there.blob.as_ref(), there.lease), (Some(&blob), None));
        assert_eq!(there.stamps, [Some(grant.versions[0])]);
    }
    let Acquired::Granted(_) = acquired(&backend, &names, On::Miss(Some(*b"blob-id1"))).await.unwrap() else {
        panic!()
    };
}

#[tokio::test]
async fn a_fill_whose_stamp_has_moved_is_doomed_and_ends_the_lease() {
    let Some((_server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a", "b"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    invalidated(&backend, stamp("b")).await.unwrap();
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Doomed);
    assert!(granted(&backend, &names).await.leads);
}

#[tokio::test]
async fn a_fill_after_its_key_was_invalidated_is_lost() {
    let Some((_server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    assert!(invalidated(&backend, value(&names)).await.unwrap(), "the lease was there");
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Lost);
    assert!(!invalidated(&backend, value(&names)).await.unwrap());
    assert!(!invalidated(&backend, stamp("absent")).await.unwrap());
}

#[tokio::test]
async fn a_batch_of_fills_has_an_outcome_each() {
    let Some((_server, backend)) = connected().await else { return };
    let (one, two, blob) = (names("1", &["a"]), names("2", &["b"]), blob("blob-id1", "body"));
    let (first, second) = (granted(&backend, &one).await, granted(&backend, &two).await);
    invalidated(&backend, stamp("b")).await.unwrap();
    let fills = [fill(&one, &first, &blob), fill(&two, &second, &blob), fill(&one, &first, &blob)];
    let filled = backend.fill(&fills, soon()).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(filled, [Filled::Stored, Filled::Doomed, Filled::Lost]);
}

#[tokio::test]
async fn values_of_other_types_and_lengths_heal() {
    let Some((server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a", "b", "c"]), blob("blob-id1", "body"));
    server.command(&["RPUSH", "ns:v:{k}", "a list"]);
    server.command(&["SADD", "ns:l:{k}", "a set"]);
    server.command(&["HSET", "ns:t:a", "a", "hash"]);
    server.command(&["SET", "ns:t:b", "too short"]);
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.lease, seen.stamps), (None, None, vec![None; 3]));

    let grant = granted(&backend, &names).await;
    assert!(grant.leads);
    assert_eq!(server.command(&["EXISTS", "ns:v:{k}"]).int(), 0);
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!(seen.blob, Some(blob));
    assert!(all_different(&seen.stamps));
}

#[tokio::test]
async fn a_value_too_short_to_be_one_is_none() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &[]);
    server.command(&["SET", "ns:v:{k}", "short"]);
    assert!(granted(&backend, &names).await.leads);
}

#[tokio::test]
async fn stamps_outlive_what_depends_on_them_and_are_prolonged_only_when_needed() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    granted(&backend, &names).await;
    let left = || server.command(&["PTTL", "ns:t:a"]).int();
    assert!((50_000..=60_000).contains(&left()));
    server.command(&["PEXPIRE", "ns:t:a", "40000"]);
    granted(&backend, &names).await;
    assert!((30_000..=40_000).contains(&left()), "more than half is left");
    server.command(&["PEXPIRE", "ns:t:a", "20000"]);
    granted(&backend, &names).await;
    assert!((50_000..=60_000).contains(&left()));
    server.command(&["PEXPIRE", "ns:t:a", "500000"]);
    invalidated(&backend, stamp("a")).await.unwrap();
    assert!(left() > 400_000, "an invalidation keeps the time");
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_sent_again() {
    let Some((server, backend)) = connected().await else { return };
    let (names, blob) = (names("k", &["a"]), blob("blob-id1", "body"));
    server.command(&["SCRIPT", "FLUSH"]);
    let mut grant = granted(&backend, &names).await;
    server.command(&["SCRIPT", "FLUSH"]);
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    server.command(&["SCRIPT", "FLUSH"]);
    let fills = [fill(&names, &grant, &blob), fill(&names, &grant, &blob)];
    let outcomes = backend.fill(&fills, soon()).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(outcomes, [Filled::Stored, Filled::Lost]);
    server.command(&["SCRIPT", "FLUSH"]);
    backend.release(&names, &grant, soon()).await.unwrap();
}

#[tokio::test]
async fn ten_thousand_stamps_are_no_trouble() {
    let Some((_server, backend)) = connected().await else { return };
    let stamps = (0..10_000).map(|i| format!("tag{i}")).collect::<Vec<_>>();
    let stamps = stamps.iter().map(|stamp| &**stamp).collect::<Vec<_>>();
    let (names, blob) = (names("k", &stamps), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    assert_eq!(grant.versions.iter().collect::<std::collections::HashSet<_>>().len(), stamps.len());
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!(seen.blob, Some(blob.clone()));
    assert!(seen.stamps.iter().flatten().eq(&grant.versions));

    let Acquired::Changed(seen) = acquired(&backend, &names, On::Miss(None)).await.unwrap() else { panic!() };
    assert!(seen.stamps.iter().flatten().eq(&grant.versions));
    let grant = match acquired(&backend, &names, On::Replace).await.unwrap() {
        Acquired::Granted(grant) => grant,
        Acquired::Changed(_) => panic!("it was to be replaced"),
    };
    invalidated(&backend, stamp("tag9999")).await.unwrap();
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Doomed);
}

#[tokio::test]
async fn a_value_that_is_larger_than_the_server_takes_ends_its_lease() {
    let Some(server) = RedisServer::builder().arg("--proto-max-bulk-len", "1mb").start() else { return };
    let backend = RedisBackend::connect(&server.url()).await.unwrap();
    assert_eq!(backend.caps().max_value, 1 << 20);
    let names = names("k", &["a"]);
    let grant = granted(&backend, &names).await;
    let large: Bytes = vec![7; (1 << 20) + 1].into();
    assert_eq!(filled(&backend, &names, &grant, &large).await.unwrap(), Filled::TooLarge);
    let grant = granted(&backend, &names).await;
    assert!(grant.leads);
    let fits = large.slice(..1 << 20);
    assert_eq!(filled(&backend, &names, &grant, &fits).await.unwrap(), Filled::Stored);
}

#[tokio::test]
async fn nothing_is_asked_where_nothing_is_wanted() {
    let backend = RedisBackend::lazy("redis://127.0.0.1:1").unwrap();
    assert!(backend.read(&[], soon()).await.is_empty());
    assert!(backend.acquire(&[], soon()).await.is_empty());
    assert!(backend.fill(&[], soon()).await.is_empty());
    assert!(backend.invalidate(&[], soon()).await.is_empty());
}

#[tokio::test]
async fn of_two_in_one_batch_who_want_the_same_lease_one_leads() {
    let Some((_server, backend)) = connected().await else { return };
    let wanted = [acquire(&names("k", &["a"]), On::Miss(None)), acquire(&names("k", &["a"]), On::Miss(None))];
    let leads = backend.acquire(&wanted, soon()).await.into_iter().map(|acquired| match acquired.unwrap() {
        Acquired::Granted(grant) => grant.leads,
        Acquired::Changed(seen) => panic!("{seen:?}"),
    });
    assert_eq!(leads.collect::<Vec<_>>(), [true, false]);
}
