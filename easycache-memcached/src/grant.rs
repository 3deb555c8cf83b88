//! What a lease is made of.
//!
//! A value that is computed has an item in its place: an empty one, as the server makes it for the read that misses, or
//! one of eight bytes, as it is made when the lease is prolonged. The state of that item is the right to replace it.
//! An outdated value that is computed anew stays where it is, marked. Of one that others are still served nothing is
//! changed: its lease is an item of its own.

use bytes::{BufMut, Bytes, BytesMut};
use easycache_core::{BLOB_ID, Grant, Token, Version};

use crate::reply::Item;

/// As many bytes say that somebody computes, and which lease it was at first.
pub(crate) const HOLDER: usize = 8;

/// Where a lease may be used. The states of items are numbered anew when a server is restarted: what was granted by one
/// run must not be taken for what another grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Permit {
    /// When it was asked for: connections that were made before are to the run that has granted it.
    pub(crate) sent: u64,
    /// That run.
    pub(crate) boot: u64,
    /// Whether no later run can have the same number.
    pub(crate) is_settled: bool,
}

/// What is in the place of the value while it is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing that anybody could be served.
    Empty,
    /// A value that is not valid for whoever has the lease.
    Outdated,
    /// A value that may be valid.
    Kept,
    /// The same, and what stands for the lease is an item of its own, under the name of the lease: it ends by itself, and
    /// the value does not with it.
    Apart,
}

/// A lease, as its holder knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) permit: Permit,
    pub(crate) place: Place,
    /// The state of the item at first: what the lease is told by.
    pub(crate) first: u64,
    /// The state of the item now: the right to replace it.
    pub(crate) cas: u64,
}

impl Lease {
    /// What everybody tells it by: the run of the server, and the first state of the item.
    pub(crate) fn token(&self) -> Token {
        token(self.permit.boot, self.first)
    }

    /// A grant of it.
    pub(crate) fn grant(&self, versions: Vec<Version>, leads: bool, lease: std::time::Duration) -> Grant {
        Grant { token: self.token(), versions, origin: Version::NONE, leads, lease, state: self.state() }
    }

    /// The lease that `grant` is of. If that is not ours, it is none that there is.
    pub(crate) fn of(grant: &Grant) -> Self {
        let state = Self::parse(&grant.state).filter(|lease| lease.token() == grant.token);
        state.unwrap_or_else(|| {
            let bits = |at: usize| grant.token.0.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
            let [boot, first] = [0, 8].map(|at| bits(at).map_or(0, u64::from_be_bytes));
            let sent = Self::parse(&grant.state).map_or(0, |lease| lease.permit.sent);
            let permit = Permit { sent, boot, is_settled: false };
            Self { permit, place: Place::Empty, first, cas: first }
        })
    }

    /// If the item stands for this lease all the same, its state is the one to go by: the lease was prolonged, by
    /// somebody else or without anybody having heard of it.
    pub(crate) fn follow(&mut self, item: &Item) -> bool {
        let is_same = matches!(Content::of(item), Content::Lease(first) if first == self.first) && item.cas != self.cas;
        if is_same {
            (self.cas, self.place) = (item.cas, Place::Empty);
        }
        is_same
    }

    pub(crate) fn state(&self) -> Bytes {
        let mut state = BytesMut::with_capacity(34);
        let Permit { sent, boot, is_settled } = self.permit;
        for number in [sent, boot, self.first, self.cas] {
            state.put_u64(number);
        }
        state.put_u8(is_settled.into());
        state.put_u8(match self.place {
            Place::Empty => 0,
            Place::Outdated => 1,
            Place::Kept => 2,
            Place::Apart => 3,
        });
        state.freeze()
    }

    fn parse(state: &[u8]) -> Option<Self> {
        let (numbers, [is_settled, place]) = state.split_last_chunk()?;
        let numbers = <[u8; 32]>::try_from(numbers).ok()?;
        let number = |at: usize| numbers[8 * at..].first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let place = match place {
            0 => Place::Empty,
            1 => Place::Outdated,
            2 => Place::Kept,
            _ => Place::Apart,
        };
        let permit = Permit { sent: number(0), boot: number(1), is_settled: *is_settled == 1 };
        Some(Self { permit, place, first: number(2), cas: number(3) })
    }
}

/// What a lease is told by.
pub(crate) fn token(boot: u64, first: u64) -> Token {
    let mut token = [0; 16];
    token[..8].copy_from_slice(&boot.to_be_bytes());
    token[8..].copy_from_slice(&first.to_be_bytes());
    Token(Bytes::copy_from_slice(&token))
}

/// What is under the name of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Somebody computes; the first state of the item.
    Lease(u64),
    /// A value.
    Blob(Bytes),
}

impl Content {
    pub(crate) fn of(item: &Item) -> Self {
        match &item.value {
            Some(blob) if blob.len() > HOLDER => Self::Blob(blob.clone()),
            Some(holder) => {
                let first = <[u8; HOLDER]>::try_from(&holder[..]).map_or(item.cas, u64::from_be_bytes);
                Self::Lease(first)
            }
            None => Self::Lease(item.cas),
        }
    }

    pub(crate) fn blob(self) -> Option<Bytes> {
        match self {
            Self::Lease(_) => None,
            Self::Blob(blob) => Some(blob),
        }
    }
}

/// The first state of the value that a lease is of, if that item stands for one.
pub(crate) fn claimed(item: &Item) -> Option<u64> {
    item.value.as_deref()?.try_into().ok().map(u64::from_be_bytes)
}

/// Whether a value is so short that it would be taken for none.
pub(crate) fn is_too_short(blob: &[u8]) -> bool {
    blob.len() <= HOLDER
}

/// What a value is told by.
pub(crate) fn id(blob: &[u8]) -> Option<[u8; 8]> {
    blob.get(BLOB_ID)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lease() -> Lease {
        let permit = Permit { sent: 3, boot: 7, is_settled: true };
        Lease { permit, place: Place::Kept, first: 10, cas: 12 }
    }

    fn item(value: &'static [u8], cas: u64) -> Item {
        Item { value: Some(Bytes::from_static(value)), cas, ..Item::default() }
    }

    #[test]
    fn a_grant_says_all_that_its_holder_has_to_know() {
        for place in [Place::Empty, Place::Outdated, Place::Kept, Place::Apart] {
            let lease = Lease { place, ..lease() };
            let grant = lease.grant(Vec::new(), true, Duration::from_secs(1));
            assert_eq!(Lease::of(&grant), lease);
            assert_eq!(grant.token, token(7, 10), "whatever the state of the item");
        }
    }

    #[test]
    fn a_grant_with_another_token_is_of_another_lease() {
        let grant = lease().grant(Vec::new(), true, Duration::from_secs(1));
        let other = Lease::of(&Grant { token: token(7, 99), ..grant.clone() });
        assert_eq!((other.first, other.cas, other.permit.is_settled), (99, 99, false));
        for token in [Token::default(), Token(Bytes::from_static(b"short"))] {
            assert_eq!(Lease::of(&Grant { token, state: Bytes::new(), ..grant.clone() }).cas, 0);
        }
    }

    #[test]
    fn a_prolonged_lease_is_told_by_its_first_state() {
        let holder = item(&[0, 0, 0, 0, 0, 0, 0, 10], 20);
        let mut mine = lease();
        assert!(mine.follow(&holder));
        assert_eq!((mine.cas, mine.first, mine.place), (20, 10, Place::Empty));
        assert!(!mine.follow(&holder), "it is known");
        for other in [item(&[0, 0, 0, 0, 0, 0, 0, 11], 20), item(b"", 20), item(b"some value", 20)] {
            assert!(!lease().follow(&other), "{other:?}");
        }
    }

    #[test]
    fn what_is_longer_than_a_lease_is_a_value() {
        assert_eq!(Content::of(&item(b"", 7)), Content::Lease(7));
        assert_eq!(Content::of(&item(b"\0\0\0\0\0\0\0\x09", 7)), Content::Lease(9));
        assert_eq!(Content::of(&item(b"123456789", 7)).blob().as_deref(), Some(&b"123456789"[..]));
        assert!(is_too_short(b"12345678") && !is_too_short(b"123456789"));
        assert_eq!(id(b"headheadblob-id1"), Some(*b"blob-id1"));
        assert_eq!(id(b"short"), None);
    }
}
