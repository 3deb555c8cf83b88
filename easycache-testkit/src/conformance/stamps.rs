//! Versions never return.

use std::{collections::HashSet, time::Duration};

use easycache_core::{On, Target, Version};

use super::{
    stopwatch::{Stopwatch, short},
    subject::{LONG, Subject, granted},
};

/// Has a stamp held for so long.
async fn hold(it: &Subject, stamp: &str, life: Duration) {
    it.invalidate(&[Target::Hold { stamp: it.stamp(stamp), life }]).await;
}

pub async fn a_held_stamp_says_so_until_it_is_invalidated(it: Subject) {
    let names = it.names("k", &["a", "absent"]);
    let stored = it.store(&it.names("k", &["a"]), "v").await;
    assert!(stored.versions.iter().all(|version| !version.is_held()), "what is minted is not held");
    let mut former = HashSet::from([stored.versions[0]]);
    for _ in 0..20 {
        for stamp in ["a", "absent"] {
            hold(&it, stamp, LONG).await;
        }
        let held =
            it.peek(&names).await.stamps.into_iter().map(|version| version.expect("it is made")).collect::<Vec<_>>();
        assert!(held.iter().all(|version| version.is_held() && former.insert(*version)));
        let grant = granted(it.acquire(&names, On::Replace).await);
        assert_eq!(grant.versions, held, "who computes is told");
        it.release(&names, &grant).await;
        for stamp in ["a", "absent"] {
            it.invalidate_stamp(stamp).await;
        }
        assert!(it.peek(&names).await.stamps.into_iter().flatten().all(|version| !version.is_held()));
    }
}

pub async fn a_held_stamp_ends_by_itself_and_is_not_prolonged(it: Subject) {
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let stopwatch = Stopwatch::start();
    hold(&it, "a", span).await;
    let grant = granted(it.acquire(&names, On::Replace).await);
    assert!(grant.versions[0].is_held());
    let gone = async || it.peek(&names).await.stamps[0].is_none();
    stopwatch.gone_after(span, it.caps().ttl_grain, gone).await;
    assert!(!granted(it.acquire(&names, On::Replace).await).versions[0].is_held());
}

pub async fn versions_never_return(it: Subject) {
    let names = it.names("k", &["a"]);
    let mut former = HashSet::<Version>::new();
    for _ in 0..50 {
        let granted = it.grant(&names).await.versions[0];
        assert_eq!(it.peek(&names).await.stamps, [Some(granted)]);
        assert!(former.insert(granted), "{granted:?} was a version before");
        it.invalidate_stamp("a").await;
        // Invalidated anew, without anybody having seen it.
        it.invalidate_stamp("a").await;
        if let Some(version) = it.peek(&names).await.stamps[0] {
            assert!(former.insert(version), "{version:?} was a version before");
            it.invalidate_stamp("a").await;
        }
    }
}

pub async fn many_stamps_get_new_versions_at_once(it: Subject) {
    let stamps = (0..50).map(|number| format!("t{number}")).collect::<Vec<_>>();
    let names = it.names("k", &stamps.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let minted = it.lead(&names).await.versions;
    let targets = stamps.iter().map(|stamp| Target::Stamp(it.stamp(stamp))).collect::<Vec<_>>();
    it.invalidate(&targets).await;
    let renewed = it.grant(&names).await.versions;
    assert_eq!((minted.len(), renewed.len()), (50, 50));
    // Stamps that are minted by one call may have one version: it is new to each of them.
    assert!(minted.iter().all(|version| !renewed.contains(version)));
}
