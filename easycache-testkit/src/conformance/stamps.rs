//! Versions never return.

use std::collections::HashSet;

use easycache_core::{Target, Version};

use super::subject::Subject;

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
