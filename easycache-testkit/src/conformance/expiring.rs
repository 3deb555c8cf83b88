//! Expire. A backend that cannot is not asked to: of that its `caps` are all there is to see.

use easycache_core::{BLOB_EXPIRED, BLOB_FLAGS, Filled, On, Target};

use super::{
    stopwatch::{Stopwatch, short},
    subject::{Subject, fill, granted, id},
};

pub async fn an_expired_value_stays_and_is_marked(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let (names, other) = (it.names("k", &["a"]), it.names("l", &["a"]));
    let mut expected = it.store(&names, "v").await.blob.to_vec();
    let untouched = it.store(&other, "w").await.blob;
    assert!(it.expire(&names).await, "there was something");
    expected[BLOB_FLAGS] |= BLOB_EXPIRED;
    for _ in 0..2 {
        assert_eq!(it.peek(&names).await.blob.as_deref(), Some(&expected[..]));
        assert_eq!(it.served(&names).await.as_deref(), Some(&b"v"[..]), "the stamps are not its business");
        it.expire(&names).await;
    }
    assert_eq!(it.peek(&other).await.blob, Some(untouched));
}

pub async fn an_expired_value_has_lost_its_lease(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    let before = granted(it.acquire(&names, On::Miss(Some(id(&stored.blob)))).await);
    it.expire(&names).await;
    assert!(!it.renew(&names, &before).await);
    assert_eq!(it.fill(&fill(&names, before, b"computed before")).await, Filled::Lost);
    let after = granted(it.acquire(&names, On::Miss(Some(id(&stored.blob)))).await);
    assert!(after.leads);
    assert_eq!(it.fill(&fill(&names, after, b"w")).await, Filled::Stored);
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"w"[..]));
}

pub async fn an_expired_value_lives_no_longer_for_it(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let (names, span) = (it.names("k", &["a"]), short(it.caps().ttl_grain));
    let mut brief = fill(&names, it.lead(&names).await, b"v");
    brief.ttl = span;
    let stopwatch = Stopwatch::start();
    assert_eq!(it.fill(&brief).await, Filled::Stored);
    it.expire(&names).await;
    let gone = async || it.peek(&names).await.blob.is_none();
    stopwatch.gone_after(span, it.caps().ttl_grain, gone).await;
}

pub async fn what_takes_the_place_of_an_expired_value_is_fresh(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let names = it.names("k", &["a"]);
    it.store(&names, "v").await;
    it.expire(&names).await;
    let grant = granted(it.acquire(&names, On::Replace).await);
    let fill = fill(&names, grant, b"w");
    assert_eq!(it.fill(&fill).await, Filled::Stored);
    assert_eq!(it.peek(&names).await.blob, Some(fill.blob));
}

pub async fn expiring_what_is_not_there_makes_nothing(it: Subject) {
    if !it.caps().soft {
        return;
    }
    let names = it.names("k", &["a"]);
    assert!(!it.expire(&names).await);
    assert_eq!(it.peek(&names).await.blob, None);
    // A computation of what was not there does not become valid by it either.
    let grant = it.lead(&names).await;
    assert!(it.expire(&names).await, "there was a lease");
    assert_eq!(it.fill(&fill(&names, grant, b"v")).await, Filled::Lost);
    assert_eq!(it.peek(&names).await.blob, None);
    let gone = Target::Value { value: names.value.clone(), lease: names.lease.clone() };
    it.invalidate(&[gone]).await;
    assert_eq!(it.peek(&names).await.blob, None);
}
