//! [`Stamped`]: everything is a stamp.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::Store;
use crate::{
    backend::{
        Acquire, Acquired, Backend, Caps, Deadline, Fill, Filled, Grant, Names, Read, Seen, Target, Token, Version,
    },
    error::{Error, ErrorKind, Result},
};

/// Makes a correct [`Backend`] of any [`Store`].
///
/// The promise on invalidations holds. What a store without compare-and-set cannot give is not held: a read may hit an
/// older value than an earlier one did (two computations that end out of order), and `coalesce = "cluster"` shares
/// computations in each process alone. A store tells nobody how much longer it keeps a value, nor marks one: expired values
/// are not served, and to expire a key is to invalidate it.
///
/// Besides the tags and prefixes each value has a stamp of its own, under the name that other backends use for its
/// lease. An invalidation deletes stamps; a stamp that is missing makes nothing valid, and its next version is a new
/// one. A stamp is not prolonged: when its time is over, what depends on it is computed anew.
///
/// An operation of the store that takes longer than its deadline is dropped, and is an error. That takes a tokio runtime
/// with time enabled, which a cache sees to.
#[derive(Debug)]
pub struct Stamped<S> {
    store: S,
}

impl<S: Store> Stamped<S> {
    /// Keeps values and stamps in `store`.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Reads everything at once; each answer takes its part.
    async fn read_all(&self, reads: &[Read], deadline: Deadline) -> Result<Vec<Seen>> {
        let keys = reads.iter().flat_map(wire_names).collect::<Vec<_>>();
        let mut found = deadline.bound(self.store.get_many(&keys, deadline)).await?.into_iter();
        if found.len() != keys.len() {
            return Err(short_answer(keys.len(), found.len()));
        }
        Ok(reads.iter().map(|read| seen(read, &mut found)).collect())
    }

    /// The versions of these stamps, minted where they are missing.
    async fn versions(&self, stamps: &[&str], keep: Duration, deadline: Deadline) -> Result<Vec<Version>> {
        let found = deadline.bound(self.store.get_many(stamps, deadline)).await?;
        if found.len() != stamps.len() {
            return Err(short_answer(stamps.len(), found.len()));
        }
        let mut versions = Vec::with_capacity(stamps.len());
        for (stamp, found) in stamps.iter().zip(found) {
            versions.push(match found.as_deref().and_then(Version::from_slice) {
                Some(version) => version,
                None => self.mint(stamp, found.is_some(), keep, deadline).await?,
            });
        }
        Ok(versions)
    }

    /// A stamp's first version, mine or that of whoever was quicker. What is no version is thrown out.
    async fn mint(&self, stamp: &str, occupied: bool, keep: Duration, deadline: Deadline) -> Result<Version> {
        if occupied {
            deadline.bound(self.store.delete_many(&[stamp], deadline)).await?;
        }
        let mine = Bytes::copy_from_slice(&Version::mint().0);
        let there = deadline.bound(self.store.add(stamp, mine, keep, deadline)).await?;
        Version::from_slice(&there).ok_or_else(|| {
            let message =
                format!("somebody else writes under {stamp:?} in the store: give the cache a namespace of its own");
            Error::new(ErrorKind::Refused, message)
        })
    }

    async fn grant(&self, acquire: &Acquire, deadline: Deadline) -> Result<Acquired> {
        let Names { lease: own, stamps, .. } = &acquire.names;
        let stamps = std::iter::once(own).chain(stamps).map(AsRef::as_ref).collect::<Vec<&str>>();
        let mut versions = self.versions(&stamps, acquire.keep, deadline).await?;
        let origin = versions.remove(0);
        let lease = acquire.lease;
        Ok(Acquired::Granted(Grant {
            token: Token(Bytes::copy_from_slice(&origin.0)),
            versions,
            origin,
            leads: true,
            lease,
            state: Bytes::new(),
        }))
    }
}

/// The names that a read asks for: value, its own stamp, the other stamps.
fn wire_names(read: &Read) -> impl Iterator<Item = &str> {
    let Names { value, lease, stamps } = &read.names;
    let own = read.want.has_value().then_some([&**value, &**lease]);
    own.into_iter().flatten().chain(stamps.iter().map(AsRef::as_ref))
}

fn seen(read: &Read, found: &mut impl Iterator<Item = Option<Bytes>>) -> Seen {
    let version = |found: Option<Option<Bytes>>| found.flatten().and_then(|bytes| Version::from_slice(&bytes));
    let (blob, origin) =
        if read.want.has_value() { (found.next().flatten(), version(found.next())) } else { (None, None) };
    let stamps = read.names.stamps.iter().map(|_| version(found.next())).collect();
    // Whoever computes under the same stamp of the value computes the same: it is as good as a lease for that.
    let lease = origin.map(|own| Token(Bytes::copy_from_slice(&own.0)));
    Seen { blob, stamps, origin, lease, ..Seen::default() }
}

fn short_answer(asked: usize, given: usize) -> Error {
    Error::new(ErrorKind::Refused, format!("the store was asked for {asked} names and answered {given}"))
}

/// The same answer for each of several.
fn each<T, R>(items: &[T], outcome: &Result<()>, answer: impl Fn(&T) -> R) -> Vec<Result<R>> {
    items.iter().map(|item| outcome.clone().map(|()| answer(item))).collect()
}

#[async_trait]
impl<S: Store> Backend for Stamped<S> {
    fn kind(&self) -> &'static str {
        "store"
    }

    fn caps(&self) -> Caps {
        Caps::new().without_leases().unordered().max_key(self.store.max_key())
    }

    async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        match self.read_all(reads, deadline).await {
            Ok(seen) => seen.into_iter().map(Ok).collect(),
            Err(error) => reads.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        let mut answers = Vec::with_capacity(acquires.len());
        for acquire in acquires {
            answers.push(self.grant(acquire, deadline).await);
        }
        answers
    }

    async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        let entries = fills.iter().map(|fill| (&*fill.names.value, fill.blob.clone(), fill.ttl)).collect::<Vec<_>>();
        let stored = deadline.bound(self.store.set_many(&entries, deadline)).await;
        each(fills, &stored, |_| Filled::Stored)
    }

    async fn renew(&self, _: &Names, _: &mut Grant, _: Deadline) -> Result<bool> {
        Ok(true)
    }

    async fn release(&self, _: &Names, _: &Grant, _: Deadline) -> Result<()> {
        Ok(())
    }

    async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        let holds = targets.iter().filter_map(|target| match target {
            Target::Hold { stamp, life } => Some((&**stamp, Bytes::copy_from_slice(&Version::mint_held().0), *life)),
            _ => None,
        });
        let holds = holds.collect::<Vec<_>>();
        if !holds.is_empty() {
            // In the place of whatever is there: who has minted a version meanwhile finds it gone.
            let held = deadline.bound(self.store.set_many(&holds, deadline)).await;
            if held.is_err() {
                return each(targets, &held, |_| true);
            }
        }
        // Stamps first: a value without its own stamp is no longer valid, one that is only deleted may be stored again.
        let stamps = targets.iter().filter_map(|target| match target {
            // What is kept cannot be marked: it has to go.
            Target::Value { lease, .. } | Target::Expire { lease, .. } => Some(&**lease),
            Target::Stamp(name) => Some(&**name),
            Target::Hold { .. } => None,
        });
        let values = targets.iter().filter_map(|target| match target {
            Target::Value { value, .. } | Target::Expire { value, .. } => Some(&**value),
            Target::Stamp(_) | Target::Hold { .. } => None,
        });
        let names = stamps.chain(values).collect::<Vec<_>>();
        let deleted = deadline.bound(self.store.delete_many(&names, deadline)).await;
        // Whether something was there a store does not tell: it may have been.
        each(targets, &deleted, |_| true)
    }
}
