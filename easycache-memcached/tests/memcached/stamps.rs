//! Stamps on the server.

use std::time::Duration;

use easycache_core::{Backend, Fill, On};

use crate::common::{
    acquire, blob, connected, fill, flag, granted, invalidated, names, peek, read, soon, stamp, stored,
};

#[tokio::test]
async fn what_is_no_version_heals() {
    let Some((server, backend)) = connected().await else { return };
    for garbage in ["", "short", "0123456789abcdefg"] {
        server.command(&format!("ms ns:t:a {}\r\n{garbage}", garbage.len()));
        let names = names("k", &["a", "b"]);
        assert_eq!(read(&backend, &names).await.unwrap().stamps[0], None);
        let grant = granted(&backend, &names).await;
        assert_eq!(peek(&backend, &names).await.unwrap().stamps[0], Some(grant.versions[0]), "{garbage:?}");
        invalidated(&backend, crate::common::value(&names)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_value_is_replaced() {
    let Some((server, backend)) = connected().await else { return };
    let names = names("k", &["a"]);
    for garbage in ["123456789", "headheadblob-id1rest"] {
        server.command(&format!("ms ns:v:{{k}} {}\r\n{garbage}", garbage.len()));
        assert_eq!(peek(&backend, &names).await.unwrap().blob.as_deref(), Some(garbage.as_bytes()));
        let grant = crate::common::granted_on(&backend, &names, On::Replace).await;
        crate::common::filled(&backend, &names, &grant, &blob("blob-id2", "body")).await.unwrap();
        assert_eq!(peek(&backend, &names).await.unwrap().blob, Some(blob("blob-id2", "body")));
    }
}

#[tokio::test]
async fn stamps_have_no_time_to_live_and_outlive_every_value() {
    let Some((server, backend)) = connected().await else { return };
    granted(&backend, &names("k", &["a"])).await;
    assert_eq!(flag(&server, "ns:t:a", 't').as_deref(), Some("-1"));
    invalidated(&backend, stamp("a")).await.unwrap();
    assert_eq!(flag(&server, "ns:t:a", 't').as_deref(), Some("-1"));
}

#[tokio::test]
async fn an_absent_stamp_is_not_made_by_an_invalidation() {
    let Some((server, backend)) = connected().await else { return };
    assert!(!invalidated(&backend, stamp("a")).await.unwrap());
    assert_eq!(server.stat("curr_items"), "0");
}

#[tokio::test]
async fn values_may_live_longer_than_thirty_days() {
    let Some((server, backend)) = connected().await else { return };
    let day = Duration::from_secs(24 * 60 * 60);
    for days in [1, 30, 31, 90] {
        let names = names(&format!("k{days}"), &["a"]);
        let grant = granted(&backend, &names).await;
        let long = Fill { ttl: days * day, ..fill(&names, &grant, &blob("blob-id1", "body")) };
        backend.fill(&[long], soon()).await.remove(0).unwrap();
        let left = flag(&server, &format!("ns:v:{{k{days}}}"), 't').expect("it is there").parse::<u64>().unwrap();
        assert!(left.abs_diff(u64::from(days) * 86_400) < 30, "{left} s of {days} days");
    }
}

#[tokio::test]
async fn names_that_the_server_does_not_take_are_names_all_the_same() {
    let Some((server, backend)) = connected().await else { return };
    let long = "x".repeat(300);
    let all = ["user 42", "user  42", "a\tb", "a\r\nflush_all", &long].map(|key| names(key, &[key]));
    for (number, names) in all.iter().enumerate() {
        stored(&backend, names, &format!("blob-id{number}")).await;
    }
    for (number, names) in all.iter().enumerate() {
        let seen = peek(&backend, names).await.unwrap();
        assert_eq!(seen.blob, Some(blob(&format!("blob-id{number}"), "body")));
        assert!(seen.stamps[0].is_some());
    }
    assert_eq!(server.stat("curr_items"), "10");
    assert!(invalidated(&backend, crate::common::value(&all[0])).await.unwrap());
    assert!(peek(&backend, &all[0]).await.unwrap().blob.is_none());
    assert!(peek(&backend, &all[1]).await.unwrap().blob.is_some());
}

#[tokio::test]
async fn a_stamp_that_many_values_share_is_looked_at_once() {
    let Some((server, backend)) = connected().await else { return };
    let reads = (0..10).map(|key| easycache_core::Read {
        names: names(&format!("k{key}"), &["shared"]),
        want: easycache_core::Want::Peek,
        left: false,
    });
    backend.acquire(&[acquire(&names("k", &["shared"]), On::Replace)], soon()).await.remove(0).unwrap();
    let before = server.stat("cmd_get").parse::<u32>().unwrap();
    backend.read(&reads.collect::<Vec<_>>(), soon()).await;
    assert_eq!(server.stat("cmd_get").parse::<u32>().unwrap() - before, 11);
}
