//! Read.

use bytes::Bytes;
use easycache_core::{Filled, HEADER_LEN, On, Seen, Want};

use super::subject::{FULL, HEADER, Subject, fill, granted, served};

pub async fn what_was_filled_is_read_back_byte_by_byte(it: Subject) {
    let every_byte = (0..=u8::MAX).collect::<Vec<_>>();
    let large = (0..300_000.min(it.caps().max_value / 2)).map(|_| fastrand::u8(..)).collect::<Vec<_>>();
    for (number, payload) in [&b""[..], b"\r\nEN\r\n", &every_byte, &large].into_iter().enumerate() {
        let names = it.names(&format!("k{number}"), &["t"]);
        let filled = fill(&names, it.lead(&names).await, payload);
        assert_eq!(it.fill(&filled).await, Filled::Stored);
        for want in [Want::Peek, FULL] {
            let seen = it.see(&names, want).await;
            assert!(seen.blob.as_ref() == Some(&filled.blob), "a value of {} bytes", payload.len());
            assert!(served(&seen).is_some());
        }
    }
}

pub async fn what_is_absent_is_absent(it: Subject) {
    for (key, want) in [("k", Want::Peek), ("k", Want::Stamps), ("k", FULL), ("l", HEADER)] {
        // A read that grants a lease mints what is missing, and shows what was there before.
        let names = it.names(key, &[&format!("a{key}"), &format!("b{key}")]);
        let Seen { blob, stamps, .. } = it.see(&names, want).await;
        assert_eq!((blob, stamps), (None, vec![None, None]), "{want:?}");
    }
}

pub async fn stamps_are_seen_in_the_order_of_their_names(it: Subject) {
    let grant = it.lead(&it.names("k", &["a", "b", "c"])).await;
    let [a, b, c] = <[_; 3]>::try_from(grant.versions).expect("three stamps have three versions").map(Some);
    let names = it.names("k", &["c", "absent", "a", "b"]);
    for want in [Want::Peek, Want::Stamps, FULL, HEADER] {
        assert_eq!(it.see(&names, want).await.stamps, [c, None, a, b], "{want:?}");
    }
    assert_eq!(it.peek(&it.names("k", &[])).await.stamps, []);
}

pub async fn a_read_of_stamps_alone_has_no_value(it: Subject) {
    let names = it.names("k", &["a"]);
    let stored = it.store(&names, "v").await;
    let Seen { blob, stamps, lease, grant, .. } = it.see(&names, Want::Stamps).await;
    assert_eq!((blob, lease, grant), (None, None, None));
    assert_eq!(stamps, [Some(stored.versions[0])]);
}

pub async fn a_read_of_a_header_tells_all_that_a_full_read_does_but_the_body(it: Subject) {
    let names = it.names("k", &["a", "b"]);
    let stored = it.store(&names, &"v".repeat(1000)).await;
    let (whole, head) = (it.see(&names, FULL).await, it.see(&names, HEADER).await);
    let blob = head.blob.expect("the value is there");
    assert!(blob == stored.blob || blob == stored.blob[..HEADER_LEN], "{} bytes, and not a header", blob.len());
    assert_eq!((head.stamps, head.origin, head.lease), (whole.stamps, whole.origin, whole.lease));
    let leased = it.names("leased", &[]);
    let leader = it.lead(&leased).await;
    let seen = it.see(&leased, HEADER).await;
    assert_eq!(seen.blob, None);
    assert!(seen.lease.is_none_or(|lease| lease == leader.token));
}

pub async fn a_peek_takes_no_lease(it: Subject) {
    let names = it.names("k", &["a"]);
    for want in [Want::Peek, Want::Stamps, Want::Header { lease: None }] {
        assert_eq!(it.see(&names, want).await.grant, None, "{want:?}");
    }
    it.lead(&names).await;
}

pub async fn a_full_read_tells_the_lease_that_there_is(it: Subject) {
    let names = it.names("k", &["a"]);
    let leader = it.lead(&names).await;
    let seen = it.see(&names, FULL).await;
    if let Some(lease) = seen.lease {
        assert_eq!(lease, leader.token);
    }
    if it.caps().lease {
        assert_eq!(seen.grant, None, "there is a lease already");
        it.release(&names, &leader).await;
        let after = it.see(&names, FULL).await;
        assert!(after.lease.is_none_or(|lease| lease != leader.token), "the lease is ended");
    }
}

pub async fn a_lease_that_a_read_grants_is_a_lease(it: Subject) {
    for (key, want) in [("k", FULL), ("h", HEADER)] {
        let names = it.names(key, &[]);
        let Some(own) = it.see(&names, want).await.grant else {
            // Most do not: then the lease is there to be acquired.
            it.lead(&names).await;
            continue;
        };
        assert!(own.leads);
        let other = it.acquire(&names, On::Miss(None)).await;
        assert!(!granted(other).leads);
        let filled = fill(&names, own, b"v");
        assert_eq!(it.fill(&filled).await, Filled::Stored);
        assert_eq!(it.served(&names).await, Some(Bytes::from_static(b"v")));
    }
}
