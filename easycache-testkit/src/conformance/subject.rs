//! [`Subject`].

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use easycache_core::{
    Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, HEADER_LEN, Names, On, Read, Seen, Target, Token,
    Version, Want,
};

/// A backend that is tested, and names on it that nobody else uses.
#[derive(Clone, Debug)]
pub struct Subject {
    backend: Arc<dyn Backend>,
    prefix: Arc<str>,
}

/// Longer than any test takes.
pub(super) const LONG: Duration = Duration::from_secs(600);

/// How long a call may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const FULL: Want = Want::Full { lease: LONG };
pub(super) const HEADER: Want = Want::Header { lease: Some(LONG) };

impl Subject {
    /// That backend, under a prefix of its own.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, prefix: format!("conformance-{:016x}", fastrand::u64(..)).into() }
    }

    /// The backend.
    #[must_use]
    pub fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    pub(super) fn caps(&self) -> Caps {
        self.backend.caps()
    }

    /// As the cache names things: value and lease share what is in braces.
    pub(super) fn names(&self, key: &str, stamps: &[&str]) -> Names {
        let prefix = &self.prefix;
        Names {
            value: format!("{prefix}:v:{{{key}}}").into(),
            lease: format!("{prefix}:l:{{{key}}}").into(),
            stamps: stamps.iter().map(|stamp| self.stamp(stamp)).collect(),
        }
    }

    pub(super) fn stamp(&self, name: &str) -> Box<str> {
        format!("{}:t:{name}", self.prefix).into()
    }

    pub(super) fn deadline() -> Deadline {
        Deadline::after(PATIENCE)
    }

    pub(super) async fn see(&self, names: &Names, want: Want) -> Seen {
        one(self.backend.read(&[Read { names: names.clone(), want, left: false }], Self::deadline()).await)
    }

    /// What is seen by who asks for the time that is left as well.
    pub(super) async fn see_left(&self, names: &Names) -> Seen {
        one(self.backend.read(&[Read { names: names.clone(), want: Want::Peek, left: true }], Self::deadline()).await)
    }

    pub(super) async fn peek(&self, names: &Names) -> Seen {
        self.see(names, Want::Peek).await
    }

    pub(super) async fn acquire(&self, names: &Names, on: On) -> Acquired {
        self.acquire_for(names, on, LONG, LONG).await
    }

    pub(super) async fn acquire_for(&self, names: &Names, on: On, lease: Duration, keep: Duration) -> Acquired {
        one(self.backend.acquire(&[Acquire { names: names.clone(), on, lease, keep }], Self::deadline()).await)
    }

    /// A grant for a value that is not there.
    pub(super) async fn grant(&self, names: &Names) -> Grant {
        granted(self.acquire(names, On::Miss(None)).await)
    }

    /// The same, with a lease of its own.
    pub(super) async fn lead(&self, names: &Names) -> Grant {
        let grant = self.grant(names).await;
        assert!(grant.leads, "there is no lease of {}, who acquires one leads", names.value);
        grant
    }

    pub(super) async fn fill(&self, fill: &Fill) -> Filled {
        one(self.backend.fill(std::slice::from_ref(fill), Self::deadline()).await)
    }

    /// Computes and stores a value that is not there.
    pub(super) async fn store(&self, names: &Names, payload: &str) -> Fill {
        let fill = fill(names, self.lead(names).await, payload.as_bytes());
        assert_eq!(self.fill(&fill).await, Filled::Stored);
        fill
    }

    /// What a cache would serve: the payload, if the value is valid.
    pub(super) async fn served(&self, names: &Names) -> Option<Bytes> {
        served(&self.peek(names).await)
    }

    pub(super) async fn renew(&self, names: &Names, grant: &Grant) -> bool {
        self.backend.renew(names, &mut grant.clone(), Self::deadline()).await.expect("the backend answers")
    }

    pub(super) async fn release(&self, names: &Names, grant: &Grant) {
        self.backend.release(names, grant, Self::deadline()).await.expect("the backend answers");
    }

    pub(super) async fn invalidate(&self, targets: &[Target]) -> Vec<bool> {
        all(self.backend.invalidate(targets, Self::deadline()).await)
    }

    pub(super) async fn invalidate_value(&self, names: &Names) -> bool {
        self.invalidate(&[value(names)]).await[0]
    }

    pub(super) async fn expire(&self, names: &Names) -> bool {
        let target = Target::Expire { value: names.value.clone(), lease: names.lease.clone() };
        self.invalidate(&[target]).await[0]
    }

    pub(super) async fn invalidate_stamp(&self, stamp: &str) -> bool {
        self.invalidate(&[Target::Stamp(self.stamp(stamp))]).await[0]
    }
}

/// The only answer.
pub(super) fn one<T: std::fmt::Debug>(answers: Vec<easycache_core::Result<T>>) -> T {
    let [answer] = <[_; 1]>::try_from(all(answers)).expect("one item has one answer");
    answer
}

pub(super) fn all<T>(answers: Vec<easycache_core::Result<T>>) -> Vec<T> {
    answers.into_iter().map(|answer| answer.expect("the backend answers")).collect()
}

#[track_caller]
pub(super) fn granted(acquired: Acquired) -> Grant {
    match acquired {
        Acquired::Granted(grant) => grant,
        Acquired::Changed(seen) => panic!("not granted: {seen:?}"),
    }
}

pub(super) fn value(names: &Names) -> Target {
    Target::Value { value: names.value.clone(), lease: names.lease.clone() }
}

/// A grant for a lease that nobody has.
pub(super) fn foreign(grant: &Grant) -> Grant {
    Grant { token: Token::mint(), ..grant.clone() }
}

pub(super) fn fill(names: &Names, grant: Grant, payload: &[u8]) -> Fill {
    let blob = encode(&grant, payload);
    Fill { names: names.clone(), versions: grant.versions.clone(), grant, blob, ttl: LONG }
}

/// A blob as the cache makes them: a header with a random id, and the versions that the value was computed under.
pub(super) fn encode(grant: &Grant, payload: &[u8]) -> Bytes {
    let mut blob = BytesMut::zeroed(HEADER_LEN);
    blob[0] = 0xEC;
    blob[8..16].copy_from_slice(&Version::mint().0[..8]);
    let count = u8::try_from(grant.versions.len()).expect("a test has few stamps");
    blob.extend_from_slice(&[count]);
    for version in std::iter::once(&grant.origin).chain(&grant.versions) {
        blob.extend_from_slice(&version.0);
    }
    blob.extend_from_slice(payload);
    blob.freeze()
}

pub(super) fn id(blob: &Bytes) -> [u8; 8] {
    blob[8..16].try_into().expect("eight bytes are eight bytes")
}

/// The payload, if origin and stamps are those that the value was computed under. That is the cache's whole decision.
pub(super) fn served(seen: &Seen) -> Option<Bytes> {
    let blob = seen.blob.as_ref()?;
    let count = usize::from(blob[HEADER_LEN]);
    let payload = HEADER_LEN + 1 + 16 * (count + 1);
    let mut kept = blob[HEADER_LEN + 1..payload].chunks(16).map(Version::from_slice);
    let valid = kept.next() == Some(seen.origin) && seen.origin.is_some() && kept.eq(seen.stamps.iter().copied());
    valid.then(|| blob.slice(payload..))
}
