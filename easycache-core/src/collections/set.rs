//! Members, each once.

use std::borrow::Borrow;

use bytes::Bytes;

use crate::{cache::Cache, error::Result, value::CacheValue, wire::Codec};

use super::{
    algebra::Algebra,
    command::{Kind, Op, Reply},
    elements::Elements,
    place::{Place, settings},
    request::Request,
    scan::Scan,
};

/// Members, each once.
///
/// ```
/// use easycache_core::{Cache, collections::CacheSet};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let [ours, theirs] = ["ours", "theirs"].map(|name| CacheSet::<u32>::new(&cache, name));
/// ours.extend([1, 2, 3]).await?;
/// theirs.extend([3, 4]).await?;
/// assert!(ours.contains(&2).await?);
///
/// let mut all = ours.union(&[&theirs]).await?;
/// all.sort();
/// assert_eq!(all, [1, 2, 3, 4]);
/// assert!(!ours.is_superset(&theirs).await?);
///
/// assert_eq!(ours.difference_in_place(&[&theirs]).await?, 2, "members are left");
/// assert!(!ours.contains(&3).await?);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CacheSet<T> {
    place: Place,
    holds: std::marker::PhantomData<fn() -> T>,
}

settings!(CacheSet<T>, Kind::Set);

impl<T: CacheValue> CacheSet<T> {
    /// Adds a member. True: it is new.
    pub fn insert<Q>(&self, member: &Q) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.place.encode_all([member.to_owned()]).map(Op::SetInsert);
        Request::new(&self.place, op, Reply::int).map(|new| Ok(new > 0))
    }

    /// Adds many members, tens of thousands in each round trip, which has the [deadline](Self::deadline). Returns how
    /// many are new.
    pub fn extend(&self, members: impl IntoIterator<Item = T>) -> Request<u64> {
        Request::new(&self.place, self.place.encode_all(members).map(Op::SetInsert), Reply::count)
    }

    /// Removes a member. True: it was one.
    pub fn remove<Q>(&self, member: &Q) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.place.encode_all([member.to_owned()]).map(Op::SetRemove);
        Request::new(&self.place, op, Reply::int).map(|removed| Ok(removed > 0))
    }

    /// Removes many members together. Returns how many there were.
    pub fn remove_many(&self, members: impl IntoIterator<Item = T>) -> Request<u64> {
        Request::new(&self.place, self.place.encode_all(members).map(Op::SetRemove), Reply::count)
    }

    /// Whether it is a member.
    pub fn contains<Q>(&self, member: &Q) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.place.encode_all([member.to_owned()]).map(Op::SetContains);
        Request::new(&self.place, op, Reply::flags).map(|flags| Ok(flags.contains(&true)))
    }

    /// Which of these are members, in their order, asked for together.
    pub fn contains_many(&self, members: impl IntoIterator<Item = T>) -> Request<Vec<bool>> {
        Request::new(&self.place, self.place.encode_all(members).map(Op::SetContains), Reply::flags)
    }

    /// Removes some member, and returns it. None: the set is empty.
    pub fn pop(&self) -> Request<Option<T>> {
        self.pop_many(1).map(|mut members| Ok(members.pop()))
    }

    /// Removes some members, at most that many, and returns them. If one of them cannot be read, all are
    /// [put back](crate::collections#what-is-taken-away).
    pub fn pop_many(&self, count: u32) -> Request<Vec<T>> {
        let decode = self.place.decoder();
        let read = move |members: &Vec<Option<Bytes>>| members.iter().flatten().map(|member| decode(member)).collect();
        let back = |members: Vec<Option<Bytes>>| {
            let members = members.into_iter().flatten().collect::<Elements>();
            (!members.is_empty()).then_some(Op::SetInsert(members))
        };
        Request::taking(&self.place, Ok(Op::SetPop(count)), Reply::many, read, back)
    }

    /// How many members there are.
    pub fn len(&self) -> Request<u64> {
        self.place.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> Request<bool> {
        self.len().map(|len| Ok(len == 0))
    }

    /// Removes everything. True: something was there.
    pub fn clear(&self) -> Request<bool> {
        self.place.clear()
    }

    /// All members, a page at a time, in no order. What of them is told while others come and go: see [`Scan`].
    pub fn stream(&self) -> Scan<T> {
        let decode = self.place.decoder();
        Scan::new(&self.place, move |(member, _)| decode(member))
    }

    fn request(&self, op: Result<Op>) -> Request<Vec<T>> {
        let decode = self.place.decoder();
        Request::new(&self.place, op, Reply::many)
            .map(move |members| members.into_iter().flatten().map(|member| decode(&member)).collect())
    }

    fn names(others: &[&Self]) -> Result<Vec<Box<str>>> {
        others.iter().map(|other| other.place.name()).collect()
    }

    fn combined(&self, how: Algebra, others: &[&Self]) -> Request<Vec<T>> {
        self.request(Self::names(others).map(|names| Op::SetCombine(how, names)))
    }

    fn combined_in_place(&self, how: Algebra, others: &[&Self]) -> Request<u64> {
        let op = Self::names(others).map(|names| Op::SetCombineInto(how, names));
        Request::new(&self.place, op, Reply::count)
    }
}

/// Two sets compared, in one step; sets on several nodes of a cluster are read one by one. Both must be of one cache. What
/// tells against it is read: of large sets that differ in much, that is much. All of it must fit into one
/// [deadline](Self::deadline).
impl<T: CacheValue> CacheSet<T> {
    /// Whether all members of this set are members of the other one, too.
    pub fn is_subset(&self, other: &Self) -> Request<bool> {
        self.is_empty_with(Algebra::Difference, other)
    }

    /// Whether all members of the other set are members of this one, too.
    pub fn is_superset(&self, other: &Self) -> Request<bool> {
        other.is_subset(self)
    }

    /// Whether the sets have no member in common.
    pub fn is_disjoint(&self, other: &Self) -> Request<bool> {
        self.is_empty_with(Algebra::Intersection, other)
    }

    /// Whether the sets have the same members.
    pub fn is_equal(&self, other: &Self) -> Request<bool> {
        self.is_empty_with(Algebra::SymmetricDifference, other)
    }

    fn is_empty_with(&self, how: Algebra, other: &Self) -> Request<bool> {
        let op = Self::names(&[other]).map(|names| Op::SetCombine(how, names));
        Request::new(&self.place, op, Reply::many).map(|members| Ok(members.is_empty()))
    }
}

macro_rules! algebra {
    ($($(#[$doc:meta])* $name:ident, $in_place:ident: $how:ident;)*) => {
        /// Several sets put together, in one step; sets on several nodes of a cluster are read one by one, and cannot be
        /// written in place. All must be of one cache. What comes of it is held in memory at once, and must fit into one
        /// [deadline](Self::deadline): of a million members give it seconds.
        impl<T: CacheValue> CacheSet<T> {$(
            $(#[$doc])*
            pub fn $name(&self, others: &[&Self]) -> Request<Vec<T>> {
                self.combined(Algebra::$how, others)
            }

            $(#[$doc])*
            /// Written in the place of this set; returns how many members it has then.
            pub fn $in_place(&self, others: &[&Self]) -> Request<u64> {
                self.combined_in_place(Algebra::$how, others)
            }
        )*}
    };
}

algebra! {
    /// What is in this set or in any of the others.
    union, union_in_place: Union;
    /// What is in this set and in all of the others.
    intersection, intersection_in_place: Intersection;
    /// What is in this set and in none of the others.
    difference, difference_in_place: Difference;
    /// What is in one of two sets and not in the other. Of more than two: what is in an odd number of them.
    symmetric_difference, symmetric_difference_in_place: SymmetricDifference;
}
