//! Each step of the protocol, on a cluster.

use easycache_core::{Acquired, Backend, Filled, On, Read, Version, Want};
use easycache_testkit::{
    Proxy,
    server::{RedisCluster, Shared, until},
};
use tokio::sync::Mutex;

use super::{home, key_on, on, shared, stamp_on};
use crate::common::{
    MINUTE, acquire, acquired, all_different, blob, filled, granted, invalidated, names, read, soon, stamp, value,
};

#[tokio::test]
async fn a_value_and_what_it_depends_on_are_on_different_nodes() {
    let Some((cluster, backend)) = shared().await else { return };
    let stamps = [0, 1, 2].map(|master| stamp_on(&cluster, master, "steps"));
    let (names, blob) = (names("steps", &stamps.each_ref().map(|stamp| &**stamp)), blob("blob-id1", "body"));

    let nothing = read(&backend, &names).await.unwrap();
    assert_eq!((nothing.blob, nothing.lease, nothing.stamps), (None, None, vec![None; 3]));
    let mut grant = granted(&backend, &names).await;
    assert!(grant.leads);
    assert_eq!(grant.origin, Version::NONE);
    assert!(backend.renew(&names, &mut grant, soon()).await.unwrap());
    assert_eq!(read(&backend, &names).await.unwrap().lease, Some(grant.token.clone()));
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);

    let seen = read(&backend, &names).await.unwrap();
    assert_eq!((seen.blob, seen.lease, seen.origin), (Some(blob), None, Some(Version::NONE)));
    assert_eq!(seen.stamps, grant.versions.iter().copied().map(Some).collect::<Vec<_>>());
    for name in &stamps {
        assert!(invalidated(&backend, stamp(name)).await.unwrap());
    }
    let bumped = read(&backend, &names).await.unwrap();
    assert!(bumped.stamps.iter().zip(&seen.stamps).all(|(now, then)| now.is_some() && now != then));
    assert!(invalidated(&backend, value(&names)).await.unwrap());
    assert_eq!(read(&backend, &names).await.unwrap().blob, None);
    assert!(!backend.renew(&names, &mut grant, soon()).await.unwrap());
}

#[tokio::test]
async fn who_has_seen_another_value_is_shown_the_present_one() {
    let Some((_cluster, backend)) = shared().await else { return };
    let (names, blob) = (names("changed", &["changed1", "changed2"]), blob("blob-id1", "body"));
    let grant = granted(&backend, &names).await;
    filled(&backend, &names, &grant, &blob).await.unwrap();
    let Acquired::Changed(there) = acquired(&backend, &names, On::Miss(None)).await.unwrap() else { panic!() };
    assert_eq!((there.blob, there.lease, there.origin), (Some(blob), None, Some(Version::NONE)));
    assert!(there.stamps.iter().flatten().eq(&grant.versions));
}

#[tokio::test]
async fn two_who_replace_at_once_get_the_same_versions_and_one_stores() {
    let Some((cluster, backend)) = shared().await else { return };
    let (other, blob) = (on(&cluster).await, blob("blob-id1", "body"));
    for round in 0..50 {
        let stamps = [0, 1, 2].map(|number| format!("both{round}-{number}"));
        let names = names(&format!("both{round}"), &stamps.each_ref().map(|stamp| &**stamp));
        let both = tokio::join!(acquired(&backend, &names, On::Replace), acquired(&other, &names, On::Replace));
        let (Acquired::Granted(one), Acquired::Granted(two)) = (both.0.unwrap(), both.1.unwrap()) else { panic!() };
        assert_eq!(one.versions, two.versions);
        let done =
            (filled(&backend, &names, &one, &blob).await.unwrap(), filled(&other, &names, &two, &blob).await.unwrap());
        assert!(matches!(done, (Filled::Stored, Filled::Lost) | (Filled::Lost, Filled::Stored)), "{done:?}");
    }
}

#[tokio::test]
async fn stamps_of_other_types_and_lengths_heal() {
    let Some((cluster, backend)) = shared().await else { return };
    let stamps = ["odd1", "odd2", "odd3", "good"];
    let names = names("odd", &stamps);
    home(&cluster, "odd1").command(&["HSET", "ns:t:odd1", "a", "hash"]);
    home(&cluster, "odd2").command(&["SET", "ns:t:odd2", "too short"]);
    home(&cluster, "odd3").command(&["SET", "ns:t:odd3", "too long to be one of ours"]);
    home(&cluster, "good").command(&["SET", "ns:t:good", "0123456789abcdef"]);
    let master = cluster.master_of("odd");
    master.command(&["RPUSH", "ns:v:{odd}", "a list"]);
    master.command(&["SADD", "ns:l:{odd}", "a set"]);
    let seen = read(&backend, &names).await.unwrap();
    let good = Version(*b"0123456789abcdef");
    assert_eq!((seen.blob, seen.lease, seen.stamps), (None, None, vec![None, None, None, Some(good)]));

    let (grant, blob) = (granted(&backend, &names).await, blob("blob-id1", "body"));
    assert!(grant.leads);
    assert_eq!(grant.versions[3], good);
    assert_eq!(filled(&backend, &names, &grant, &blob).await.unwrap(), Filled::Stored);
    let seen = read(&backend, &names).await.unwrap();
    assert_eq!(seen.blob, Some(blob));
    assert!(all_different(&seen.stamps) && seen.stamps.iter().flatten().eq(&grant.versions));
    for stamp in &stamps[..3] {
        assert!(home(&cluster, stamp).command(&["PTTL", &format!("ns:t:{stamp}")]).int() > 50_000);
    }
}

#[tokio::test]
async fn stamps_outlive_what_depends_on_them_and_are_prolonged_only_when_needed() {
    let Some((cluster, backend)) = shared().await else { return };
    let names = names("life", &["life1", "life2"]);
    granted(&backend, &names).await;
    let home = home(&cluster, "life1");
    let left = || home.command(&["PTTL", "ns:t:life1"]).int();
    assert!((50_000..=60_000).contains(&left()));
    home.command(&["PEXPIRE", "ns:t:life1", "40000"]);
    granted(&backend, &names).await;
    assert!((30_000..=40_000).contains(&left()), "more than half is left");
    home.command(&["PEXPIRE", "ns:t:life1", "20000"]);
    granted(&backend, &names).await;
    assert!((50_000..=60_000).contains(&left()));
    home.command(&["PEXPIRE", "ns:t:life1", "500000"]);
    invalidated(&backend, stamp("life1")).await.unwrap();
    assert!(left() > 400_000, "an invalidation keeps the time");
    home.command(&["PERSIST", "ns:t:life1"]);
    granted(&backend, &names).await;
    assert_eq!(left(), -1);
}

#[tokio::test]
async fn a_stamp_that_several_share_lives_as_long_as_the_longest_needs_it() {
    let Some((cluster, backend)) = shared().await else { return };
    let mut wanted = ["share1", "share2"].map(|key| acquire(&names(key, &["share"]), On::Replace));
    wanted[1].keep = 10 * MINUTE;
    let granted = backend.acquire(&wanted, soon()).await.into_iter().map(|granted| match granted.unwrap() {
        Acquired::Granted(grant) => grant.versions,
        Acquired::Changed(seen) => panic!("{seen:?}"),
    });
    let versions = granted.collect::<Vec<_>>();
    assert_eq!(versions[0], versions[1]);
    assert!(home(&cluster, "share").command(&["PTTL", "ns:t:share"]).int() > 500_000);
}

/// A cluster with a proxy in front of each master, which the nodes tell of instead of the masters. For one at a time.
static PROXIED: Shared<Mutex<(RedisCluster, Vec<Proxy>)>> = Shared::new(|| Some(Mutex::new(proxied()?)));

fn proxied() -> Option<(RedisCluster, Vec<Proxy>)> {
    let cluster = RedisCluster::start()?;
    let proxies = cluster.nodes()[..3].iter().map(|node| Proxy::to(node.address())).collect::<Vec<_>>();
    for (node, proxy) in cluster.nodes().iter().zip(&proxies) {
        node.command(&["CONFIG", "SET", "cluster-announce-port", &proxy.port().to_string()]);
    }
    until("every node tells of the proxies", || {
        let mut told = cluster.nodes().iter().map(|node| format!("{:?}", node.command(&["CLUSTER", "SLOTS"])));
        told.all(|told| proxies.iter().all(|proxy| told.contains(&proxy.port().to_string()))).then_some(())
    });
    Some((cluster, proxies))
}

/// What a step sends to each master while nothing gets through: all that it sends before any answer.
async fn first_wave<T>(
    proxies: &[Proxy],
    step: impl Future<Output = T>,
    expected: [usize; 3],
) -> (T, Vec<Vec<String>>) {
    let ours = || proxies.iter().map(commands).collect::<Vec<_>>();
    for proxy in proxies {
        proxy.hold();
        proxy.reset();
    }
    let watch = async {
        while ours().iter().zip(expected).any(|(commands, expected)| commands.len() < expected) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let sent = ours();
        proxies.iter().for_each(Proxy::resume);
        sent
    };
    let (done, sent) = tokio::join!(step, watch);
    assert_eq!(ours(), sent, "there was no second wave");
    (done, sent)
}

/// The commands that have passed, but for those between the nodes, and those that look after connections.
fn commands(proxy: &Proxy) -> Vec<String> {
    let others = ["REPLCONF", "PSYNC", "PING", "CLUSTER", "INFO", "ROLE"];
    proxy.tally().commands().iter().filter(|name| !others.contains(&name.as_str())).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_step_is_one_wave_to_all_nodes() {
    let Some(both) = PROXIED.get() else { return };
    let (cluster, proxies) = &*both.lock().await;
    let backend = on(cluster).await;
    let stamps = [0, 1, 2, 2].map(|master| stamp_on(cluster, master, "wave"));
    let key = key_on(cluster, 0, "wave");
    let (names, blob) =
        (names(&key, &stamps[..3].iter().map(|stamp| &**stamp).collect::<Vec<_>>()), blob("blob-id1", "body"));
    // The layout is known, and the connections are there.
    read(&backend, &names).await.unwrap();

    let (seen, sent) = first_wave(proxies, read(&backend, &names), [2, 1, 1]).await;
    assert_eq!(seen.unwrap().blob, None);
    // Value and lease together, and each stamp.
    assert_eq!(sent, [vec!["MGET"; 2], vec!["MGET"], vec!["MGET"]]);

    let (grant, sent) = first_wave(proxies, granted(&backend, &names), [3, 2, 2]).await;
    assert_eq!(sent, [vec!["EVALSHA", "SET", "PTTL"], vec!["SET", "PTTL"], vec!["SET", "PTTL"]]);
    let (stored, sent) = first_wave(proxies, filled(&backend, &names, &grant, &blob), [1, 0, 0]).await;
    assert_eq!((stored.unwrap(), sent[0].len()), (Filled::Stored, 1));

    let (seen, _) = first_wave(proxies, read(&backend, &names), [2, 1, 1]).await;
    assert!(seen.unwrap().stamps.iter().flatten().eq(&grant.versions));
    let targets = [stamp(&stamps[0]), stamp(&stamps[1]), stamp(&stamps[2]), value(&names)];
    let (done, sent) = first_wave(proxies, backend.invalidate(&targets, soon()), [2, 1, 1]).await;
    assert!(done.into_iter().all(|done| done.unwrap()));
    assert_eq!(sent, [vec!["SET", "UNLINK"], vec!["SET"], vec!["SET"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_shared_tags_is_one_wave_with_each_name_once() {
    let Some(both) = PROXIED.get() else { return };
    let (cluster, proxies) = &*both.lock().await;
    let backend = on(cluster).await;
    let names = (0..100).map(|i| names(&format!("k{i}"), &["a", "b"])).collect::<Vec<_>>();
    let reads =
        names.iter().map(|names| Read { names: names.clone(), want: Want::Peek, left: false }).collect::<Vec<_>>();
    backend.read(&reads, soon()).await;
    proxies.iter().for_each(Proxy::reset);
    assert!(backend.read(&reads, soon()).await.iter().all(Result::is_ok));
    let asked = proxies.iter().map(|proxy| commands(proxy).len()).sum::<usize>();
    assert!((100..=102).contains(&asked), "one for each slot: {asked}");
}
