//! Fill.

use easycache_core::{Fill, Filled, On};

use super::subject::{Subject, all, fill, foreign, granted, id};

pub async fn a_fill_ends_its_lease(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    if it.caps().lease {
        assert!(!it.renew(&names, &stored.grant).await);
        assert_eq!(it.fill(&fill(&names, stored.grant.clone(), b"again")).await, Filled::Lost);
        assert_eq!(it.served(&names).await.as_deref(), Some(&b"v"[..]));
    }
    let next = granted(it.acquire(&names, On::Miss(Some(id(&stored.blob)))).await);
    assert!(next.leads);
}

pub async fn a_fill_without_its_lease_stores_nothing(it: Subject) {
    if !it.caps().lease {
        // Then a fill is always stored, and others see to it that it is not served.
        it.store(&it.names("k", &["a"]), "v").await;
        return;
    }
    let released = it.names("released", &["a"]);
    let grant = it.lead(&released).await;
    it.release(&released, &grant).await;
    assert_lost(&it, fill(&released, grant, b"late")).await;

    let others = it.names("foreign", &["a"]);
    let grant = it.lead(&others).await;
    assert_lost(&it, fill(&others, foreign(&grant), b"stranger's")).await;
    assert!(it.renew(&others, &grant).await, "the lease of its holder stays");

    let invalidated = it.names("invalidated", &["a"]);
    let grant = it.lead(&invalidated).await;
    it.invalidate_value(&invalidated).await;
    it.lead(&invalidated).await;
    assert_lost(&it, fill(&invalidated, grant, b"late")).await;
}

async fn assert_lost(it: &Subject, fill: Fill) {
    assert_eq!(it.fill(&fill).await, Filled::Lost);
    assert_eq!(it.peek(&fill.names).await.blob, None);
}

pub async fn who_fills_first_wins(it: Subject) {
    let names = it.names("k", &["a"]);
    let leader = it.lead(&names).await;
    let follower = it.grant(&names).await;
    assert_eq!(it.fill(&fill(&names, follower, b"follower's")).await, Filled::Stored);
    if it.caps().lease {
        assert_eq!(it.fill(&fill(&names, leader, b"leader's")).await, Filled::Lost);
    }
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"follower's"[..]));
}

pub async fn a_fill_takes_the_place_of_what_was_there(it: Subject) {
    let names = it.names("k", &["a"]);
    let old = it.store(&names, "old and longer").await;
    let grant = granted(it.acquire(&names, On::Miss(Some(id(&old.blob)))).await);
    let new = fill(&names, grant, b"new");
    assert_eq!(it.fill(&new).await, Filled::Stored);
    assert_eq!(it.peek(&names).await.blob, Some(new.blob));
}

pub async fn a_fill_after_an_invalidation_of_its_value_is_never_served(it: Subject) {
    let names = it.names("k", &["a"]);
    let grant = it.lead(&names).await;
    it.invalidate_value(&names).await;
    let filled = it.fill(&fill(&names, grant.clone(), b"late")).await;
    assert!(filled == Filled::Lost || !it.caps().lease, "{filled:?}");
    assert_eq!(it.served(&names).await, None);
    // Nor when somebody else has begun to compute meanwhile.
    it.acquire(&names, On::Replace).await;
    it.fill(&fill(&names, grant, b"later")).await;
    assert_eq!(it.served(&names).await, None);
}

pub async fn a_fill_after_an_invalidation_of_a_stamp_is_never_served(it: Subject) {
    for stamp in ["a", "b"] {
        let names = it.names(&format!("of-{stamp}"), &["a", "b"]);
        let grant = it.lead(&names).await;
        it.invalidate_stamp(stamp).await;
        let late = fill(&names, grant.clone(), b"late");
        match it.fill(&late).await {
            // It could look: nothing is stored, and the lease is ended, so that nobody waits for it.
            Filled::Doomed => {
                assert_eq!(it.peek(&names).await.blob, None);
                let next = it.lead(&names).await;
                assert_ne!(next.versions, grant.versions);
            }
            Filled::Stored => {
                assert!(!it.caps().ordered || !it.caps().lease, "it could look");
                assert_eq!(it.served(&names).await, None);
            }
            other => panic!("{other:?}: its lease was there"),
        }
    }
}

/// Beyond that a test would need too much memory.
const SMALL: usize = 64 << 20;

pub async fn a_value_that_is_too_large_is_refused(it: Subject) {
    let largest = it.caps().max_value;
    if largest > SMALL {
        return;
    }
    let (names, other) = (it.names("k", &["a"]), it.names("l", &["a"]));
    let mut large = fill(&names, it.lead(&names).await, b"");
    large.blob = [large.blob, vec![7; largest].into()].concat().into();
    let small = fill(&other, it.lead(&other).await, b"v");
    let answers = it.backend().fill(&[large, small], Subject::deadline()).await;
    assert_eq!(all(answers), [Filled::TooLarge, Filled::Stored]);
    assert_eq!(it.peek(&names).await.blob, None);
    it.lead(&names).await;
}

pub async fn a_value_of_the_largest_size_is_stored(it: Subject) {
    let largest = it.caps().max_value;
    if largest > SMALL {
        return;
    }
    let names = it.names("k", &["a"]);
    let mut large = fill(&names, it.lead(&names).await, b"");
    let rest = largest - large.blob.len();
    large.blob = [large.blob, vec![7; rest].into()].concat().into();
    assert_eq!(it.fill(&large).await, Filled::Stored);
    assert!(it.peek(&names).await.blob == Some(large.blob));
}
