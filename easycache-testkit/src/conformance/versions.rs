//! Versions without a lease: `On::Never`.

use std::sync::Arc;

use easycache_core::{Filled, Grant, Names, On, Target, Token};
use tokio::sync::Barrier;

use super::subject::{FULL, Subject, fill, granted};

async fn versions_of(it: &Subject, names: &Names) -> Grant {
    granted(it.acquire(names, On::Never).await)
}

pub async fn who_wants_versions_alone_leaves_the_lease_alone(it: Subject) {
    if !it.caps().lease {
        return;
    }
    let names = it.names("k", &["a"]);
    let alone = versions_of(&it, &names).await;
    assert_eq!(alone.token, Token::default(), "nothing is granted");
    assert!(!alone.leads);
    let seen = it.see(&names, FULL).await;
    // A read that grants leases grants one here: there was none.
    assert_eq!(seen.lease.is_some(), seen.grant.is_some(), "nobody has a lease of it");

    let leader = match seen.grant {
        Some(own) => own,
        None => it.lead(&names).await,
    };
    versions_of(&it, &names).await;
    assert!(it.renew(&names, &leader).await, "whoever has the lease keeps it");
    assert_eq!(it.fill(&fill(&names, leader, b"v")).await, Filled::Stored);
}

pub async fn who_has_versions_alone_stores_nothing(it: Subject) {
    if !it.caps().lease {
        return;
    }
    let names = it.names("k", &["a"]);
    let alone = versions_of(&it, &names).await;
    assert_eq!(it.fill(&fill(&names, alone.clone(), b"v")).await, Filled::Lost);
    assert!(!it.renew(&names, &alone).await);
    let leader = it.lead(&names).await;
    assert_eq!(it.fill(&fill(&names, alone.clone(), b"v")).await, Filled::Lost);
    it.release(&names, &alone).await;
    assert_eq!(it.fill(&fill(&names, leader, b"v")).await, Filled::Stored);
}

pub async fn versions_alone_are_told_whatever_is_stored(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    let alone = versions_of(&it, &names).await;
    assert_eq!((alone.versions, alone.origin), (stored.versions, stored.grant.origin));
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"v"[..]), "nothing has changed");
}

pub async fn versions_alone_are_minted_where_they_are_missing(it: Subject) {
    let there = it.lead(&it.names("k", &["a"])).await.versions[0];
    let names = it.names("l", &["new", "a"]);
    let alone = versions_of(&it, &names).await;
    assert_eq!(alone.versions[1], there);
    assert_eq!(it.peek(&names).await.stamps, [Some(alone.versions[0]), Some(there)]);
    assert_eq!(versions_of(&it, &names).await.versions, alone.versions, "the second time they are there");
}

/// Who finds the first where it stood has the second from before its invalidation, also where it has minted it itself:
/// that is what makes tags of a result safe.
pub async fn versions_alone_are_told_and_minted_at_one_instant(it: Subject) {
    if !it.caps().ordered {
        return;
    }
    for round in 0..100 {
        let second = format!("second{round}");
        let names = it.names("k", &["first", &second]);
        let stood = versions_of(&it, &it.names("k", &["first"])).await.versions[0];
        let targets = ["first", &second].map(|stamp| Target::Stamp(it.stamp(stamp)));
        let start = Arc::new(Barrier::new(2));
        let invalidation = tokio::spawn({
            let (it, start) = (it.clone(), Arc::clone(&start));
            async move {
                start.wait().await;
                it.invalidate(&targets).await
            }
        });
        start.wait().await;
        let alone = versions_of(&it, &names).await.versions;
        invalidation.await.expect("an invalidation does not panic");
        let now = it.peek(&names).await.stamps[1];
        assert!(alone[0] != stood || now != Some(alone[1]), "its invalidation has come in between");
    }
}
