//! Acquire, renew, release.

use easycache_core::{Acquired, Filled, On};

use super::subject::{Subject, fill, foreign, granted, id};

pub async fn every_stamp_is_there_after_an_acquisition(it: Subject) {
    let names = it.names("k", &["a", "b", "c"]);
    let grant = it.lead(&names).await;
    assert_eq!(grant.versions.len(), 3);
    let seen = it.peek(&names).await;
    assert_eq!(seen.stamps, grant.versions.into_iter().map(Some).collect::<Vec<_>>());
}

pub async fn stamps_that_are_there_keep_their_versions(it: Subject) {
    let first = it.lead(&it.names("k", &["a", "b"])).await;
    let second = it.lead(&it.names("l", &["b", "new", "a"])).await;
    assert_eq!([second.versions[2], second.versions[0]], [first.versions[0], first.versions[1]]);
    let third = granted(it.acquire(&it.names("k", &["a", "b"]), On::Replace).await);
    assert_eq!(third.versions, first.versions);
}

pub async fn what_is_granted_is_what_reads_see(it: Subject) {
    let names = it.names("k", &["a", "b"]);
    let grant = it.lead(&names).await;
    let seen = it.peek(&names).await;
    assert_eq!(seen.origin, Some(grant.origin));
    assert_eq!(seen.stamps, grant.versions.into_iter().map(Some).collect::<Vec<_>>());
}

pub async fn there_is_one_lease_of_a_value_at_a_time(it: Subject) {
    let names = it.names("k", &["a"]);
    let leader = it.lead(&names).await;
    let other = it.grant(&names).await;
    if it.caps().lease {
        assert!(!other.leads);
        assert_eq!(other.token, leader.token);
    } else {
        assert!(other.leads, "without leases it is granted to everyone");
    }
    assert_eq!((other.versions, other.origin), (leader.versions, leader.origin));
}

pub async fn values_have_leases_of_their_own(it: Subject) {
    let one = it.lead(&it.names("k", &["a"])).await;
    let other = it.lead(&it.names("l", &["a"])).await;
    assert_ne!(one.token, other.token);
}

pub async fn who_replaces_takes_the_lease_over(it: Subject) {
    let names = it.names("k", &["a"]);
    let first = it.lead(&names).await;
    let second = granted(it.acquire(&names, On::Replace).await);
    assert!(second.leads);
    if it.caps().lease {
        assert_ne!(second.token, first.token);
        assert!(!it.renew(&names, &first).await);
        assert_eq!(it.fill(&fill(&names, first, b"first")).await, Filled::Lost);
        assert_eq!(it.grant(&names).await.token, second.token);
    }
    assert_eq!(it.fill(&fill(&names, second, b"second")).await, Filled::Stored);
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"second"[..]));
    assert!(granted(it.acquire(&names, On::Replace).await).leads, "whatever is stored");
}

pub async fn nothing_is_granted_for_another_value_than_the_one_seen(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    let seen = On::Miss(Some(id(&stored.blob)));
    if !it.caps().lease {
        assert!(it.grant(&names).await.leads, "without leases it is granted to everyone");
        return;
    }
    for other in [On::Miss(None), On::Miss(Some(*b"another!"))] {
        let Acquired::Changed(changed) = it.acquire(&names, other).await else { panic!("there is another value") };
        assert_eq!(changed.blob, Some(stored.blob.clone()));
        assert_eq!(changed.stamps, [Some(stored.versions[0])]);
        assert_eq!(changed.origin, Some(stored.grant.origin));
    }
    let grant = granted(it.acquire(&names, seen.clone()).await);
    assert!(grant.leads, "who has seen what is there gets the lease, and nobody has got it before");
    it.invalidate_value(&names).await;
    let Acquired::Changed(changed) = it.acquire(&names, seen).await else { panic!("there is no value any more") };
    assert_eq!(changed.blob, None);
}

pub async fn a_value_that_is_due_stays_while_one_computes_it_anew(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    if !it.caps().lease {
        return;
    }
    let due = On::Due(id(&stored.blob));
    for round in 0..2 {
        let first = granted(it.acquire(&names, due.clone()).await);
        let second = granted(it.acquire(&names, due.clone()).await);
        assert!(first.leads && !second.leads, "one of them, round {round}");
        assert_eq!(first.token, second.token);
        assert!(it.renew(&names, &first).await);
        assert_eq!(it.peek(&names).await.blob.as_ref(), Some(&stored.blob));
        it.release(&names, &first).await;
        assert_eq!(it.peek(&names).await.blob.as_ref(), Some(&stored.blob));
    }
    let grant = granted(it.acquire(&names, due.clone()).await);
    assert_eq!(it.fill(&fill(&names, grant, b"w")).await, Filled::Stored);
    assert_eq!(it.served(&names).await.as_deref(), Some(&b"w"[..]));
    let Acquired::Changed(changed) = it.acquire(&names, due.clone()).await else { panic!("there is another value") };
    let due = On::Due(id(&changed.blob.expect("it was stored")));
    let late = granted(it.acquire(&names, due.clone()).await);
    assert!(late.leads, "the lease has ended with what was stored");
    it.invalidate_value(&names).await;
    assert_eq!(it.fill(&fill(&names, late, b"x")).await, Filled::Lost);
    let Acquired::Changed(changed) = it.acquire(&names, due).await else { panic!("there is no value any more") };
    assert_eq!(changed.blob, None);
}

pub async fn only_the_lease_with_that_token_is_renewed(it: Subject) {
    let names = it.names("k", &["a"]);
    let leader = it.lead(&names).await;
    assert!(it.renew(&names, &leader).await);
    if it.caps().lease {
        assert!(!it.renew(&names, &foreign(&leader)).await);
        assert!(it.renew(&names, &leader).await, "another's attempt has changed nothing");
        it.release(&names, &leader).await;
        assert!(!it.renew(&names, &leader).await, "it is ended");
    }
}

pub async fn only_the_lease_with_that_token_is_ended(it: Subject) {
    let names = it.names("k", &["a"]);
    let leader = it.lead(&names).await;
    it.release(&names, &foreign(&leader)).await;
    if it.caps().lease {
        assert_eq!(it.grant(&names).await.token, leader.token);
    }
    assert_eq!(it.fill(&fill(&names, leader, b"v")).await, Filled::Stored);
}

pub async fn after_a_release_another_leads(it: Subject) {
    let names = it.names("k", &["a"]);
    let first = it.lead(&names).await;
    it.release(&names, &first).await;
    let second = it.lead(&names).await;
    if it.caps().lease {
        assert_ne!(second.token, first.token);
    }
    assert_eq!(second.versions, first.versions, "a release moves no stamp");
    it.release(&names, &first).await;
    assert_eq!(it.fill(&fill(&names, second, b"v")).await, Filled::Stored, "a second release ends nobody's lease");
}
