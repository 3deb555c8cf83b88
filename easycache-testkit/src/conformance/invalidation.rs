//! Invalidate.

use easycache_core::{Filled, On, Target};

use super::subject::{Subject, fill, granted, id, value};

pub async fn an_invalidated_value_is_gone_with_its_lease(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    let lease = granted(it.acquire(&names, On::Miss(Some(id(&stored.blob)))).await);
    it.invalidate_value(&names).await;
    assert_eq!(it.peek(&names).await.blob, None);
    if it.caps().lease {
        assert!(!it.renew(&names, &lease).await);
    }
    let next = it.lead(&names).await;
    assert_ne!((next.token, next.origin), (lease.token, lease.origin));
    assert_eq!(next.versions, lease.versions, "the stamps are not its business");
}

pub async fn an_invalidated_stamp_has_a_new_version_or_none(it: Subject) {
    let names = it.names("k", &["a"]);
    let before = it.lead(&names).await.versions[0];
    it.invalidate_stamp("a").await;
    let after = it.peek(&names).await.stamps[0];
    assert_ne!(after, Some(before));
    let minted = it.grant(&names).await.versions[0];
    assert_ne!(minted, before);
    if let Some(after) = after {
        assert_eq!(minted, after);
    }
}

pub async fn an_invalidated_stamp_takes_every_value_with_it(it: Subject) {
    let all = ["a", "b", "c"].map(|key| it.names(key, &["shared", key]));
    for names in &all {
        it.store(names, "old").await;
        assert!(it.served(names).await.is_some());
    }
    it.invalidate_stamp("shared").await;
    for names in &all {
        assert_eq!(it.served(names).await, None);
    }
}

pub async fn what_was_there_is_told(it: Subject) {
    let names = it.names("k", &["a"]);
    it.store(&names, "v").await;
    let targets = [value(&names), Target::Stamp(it.stamp("a")), Target::Stamp(it.stamp("absent"))];
    let told = it.invalidate(&targets).await;
    assert_eq!(told[..2], [true, true]);
    // Without leases it may not be able to tell, and then says that something was there.
    assert!(!told[2] || !it.caps().lease);
    assert!(!it.invalidate_value(&names).await || !it.caps().lease, "nothing is left");
}

pub async fn invalidating_what_is_not_there_succeeds(it: Subject) {
    let names = it.names("k", &["a"]);
    it.invalidate(&[value(&names), Target::Stamp(it.stamp("a"))]).await;
    let seen = it.peek(&names).await;
    assert_eq!(seen.blob, None);
    it.store(&names, "v").await;
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"v"[..]));
}

pub async fn what_was_not_invalidated_stays(it: Subject) {
    let (gone, stays) = (it.names("gone", &["a", "shared"]), it.names("stays", &["b", "shared"]));
    it.store(&gone, "v").await;
    it.store(&stays, "v").await;
    let computing = it.names("computing", &["b"]);
    let grant = it.lead(&computing).await;
    it.invalidate(&[value(&gone), Target::Stamp(it.stamp("a"))]).await;
    assert_eq!(it.served(&stays).await.as_deref(), Some(&b"v"[..]));
    assert_eq!(it.fill(&fill(&computing, grant, b"w")).await, Filled::Stored);
    assert_eq!(it.served(&computing).await.as_deref(), Some(&b"w"[..]));
}

pub async fn several_targets_are_all_invalidated(it: Subject) {
    let keys = ["k", "l", "m"].map(|key| it.names(key, &[key]));
    for names in &keys {
        it.store(names, "v").await;
    }
    let versions = it.peek(&it.names("k", &["k", "l", "m"])).await.stamps;
    let stamps = ["k", "l", "m"].map(|name| Target::Stamp(it.stamp(name)));
    let targets = keys.iter().map(value).zip(stamps).flat_map(<[_; 2]>::from).collect::<Vec<_>>();
    assert_eq!(it.invalidate(&targets).await, [true; 6]);
    for names in &keys {
        assert_eq!(it.peek(names).await.blob, None);
    }
    for (before, after) in versions.iter().zip(it.peek(&it.names("k", &["k", "l", "m"])).await.stamps) {
        assert!(before.is_some() && *before != after);
    }
}

pub async fn an_invalidation_can_be_repeated(it: Subject) {
    let names = it.names("k", &["a"]);
    it.store(&names, "v").await;
    let targets = [value(&names), Target::Stamp(it.stamp("a"))];
    for _ in 0..3 {
        it.invalidate(&targets).await;
        assert_eq!(it.served(&names).await, None);
    }
    it.store(&names, "w").await;
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"w"[..]));
}
