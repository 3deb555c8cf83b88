//! Members in the order of their scores.

use std::{
    borrow::Borrow,
    ops::{Bound, RangeBounds},
};

use bytes::Bytes;

use crate::{
    cache::Cache,
    error::{Error, ErrorKind, Result},
    value::CacheValue,
    wire::Codec,
};

use super::{
    command::{Kind, Op, Page, Range, Reply},
    elements::Elements,
    place::{Place, settings},
    request::Request,
    scan::Scan,
};

/// Members, each with a score, in the order of their scores. Those of equal scores are in the order of the bytes that they are
/// kept as.
///
/// In process, a rank takes as long as there are members before the one, and a count as long as those that it counts; so does a
/// range of ranks, or one that skips some, with those that it leaves out. On Redis ranks and counts take a few steps, however
/// many members there are.
///
/// ```
/// use easycache_core::{Cache, collections::CacheSortedSet};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let ranking = CacheSortedSet::<String>::new(&cache, "ranking");
/// ranking.extend([("Ann".to_owned(), 30.0), ("Bob".to_owned(), 10.0), ("Cid".to_owned(), 20.0)]).await?;
/// assert_eq!(ranking.score("Ann").await?, Some(30.0));
/// assert_eq!(ranking.rank_descending("Cid").await?, Some(1));
/// assert_eq!(ranking.by_rank_descending(..1).await?, [("Ann".to_owned(), 30.0)]);
/// assert_eq!(ranking.by_score(10.0..=20.0).await?.len(), 2);
/// assert_eq!(ranking.pop_lowest(1).await?, [("Bob".to_owned(), 10.0)]);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CacheSortedSet<T> {
    place: Place,
    holds: std::marker::PhantomData<fn() -> T>,
}

settings!(CacheSortedSet<T>, Kind::SortedSet);

/// Which members get their scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Insert {
    /// All of them.
    #[default]
    Always,
    /// Those that are new.
    New,
    /// Those that are there.
    Existing,
    /// Those that are new, and those whose score grows.
    Greater,
    /// Those that are new, and those whose score shrinks.
    Less,
}

/// Members with their scores.
type Pairs<T> = Vec<(T, f64)>;

impl<T: CacheValue> CacheSortedSet<T> {
    /// Gives a member its score. True: it is new, or had another one.
    pub fn insert<Q>(&self, member: &Q, score: f64) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        self.insert_if(Insert::Always, [(member.to_owned(), score)]).map(|changed| Ok(changed > 0))
    }

    /// Gives many members their scores, tens of thousands in each round trip, which has the [deadline](Self::deadline).
    /// Returns how many are new or had another one.
    pub fn extend(&self, members: impl IntoIterator<Item = (T, f64)>) -> Request<u64> {
        self.insert_if(Insert::Always, members)
    }

    /// Gives those members their scores that `which` says. Returns how many were added or got another one.
    pub fn insert_if(&self, which: Insert, members: impl IntoIterator<Item = (T, f64)>) -> Request<u64> {
        let mut scores = Vec::new();
        let members = self.place.encode_all(members.into_iter().map(|(member, score)| {
            scores.push(score);
            member
        }));
        let op = members.and_then(|members| {
            let scores = scores.into_iter().map(check_score).collect::<Result<_>>()?;
            Ok(Op::SortedInsert { members, scores, which })
        });
        Request::new(&self.place, op, Reply::count)
    }

    /// Adds to a member's score, in one step, and returns the sum. Where there is none it was 0.
    pub fn increment<Q>(&self, member: &Q, by: f64) -> Request<f64>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = check_score(by).and_then(|by| Ok(Op::SortedAdd(self.member(member)?, by)));
        Request::new(&self.place, op, Reply::scores)
            .map(move |scores| Ok(scores.into_iter().flatten().next().unwrap_or(by)))
    }

    /// Removes a member. True: it was one.
    pub fn remove<Q>(&self, member: &Q) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.place.encode_all([member.to_owned()]).map(Op::SortedRemove);
        Request::new(&self.place, op, Reply::int).map(|removed| Ok(removed > 0))
    }

    /// Removes many members together. Returns how many there were.
    pub fn remove_many(&self, members: impl IntoIterator<Item = T>) -> Request<u64> {
        Request::new(&self.place, self.place.encode_all(members).map(Op::SortedRemove), Reply::count)
    }

    /// The score of a member; none if it is no member.
    pub fn score<Q>(&self, member: &Q) -> Request<Option<f64>>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.place.encode_all([member.to_owned()]).map(Op::SortedScore);
        Request::new(&self.place, op, Reply::scores).map(|scores| Ok(scores.into_iter().flatten().next()))
    }

    /// The scores of many members, in their order, in one round trip; none of one that is no member.
    ///
    /// ```
    /// use easycache_core::{Cache, collections::CacheSortedSet};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let ranking = CacheSortedSet::<String>::new(&cache, "ranking");
    /// ranking.insert("Ann", 30.0).await?;
    /// assert_eq!(ranking.scores(["Ann", "Bob"].map(str::to_owned)).await?, [Some(30.0), None]);
    /// assert!(ranking.contains("Ann").await?);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    pub fn scores(&self, members: impl IntoIterator<Item = T>) -> Request<Vec<Option<f64>>> {
        Request::new(&self.place, self.place.encode_all(members).map(Op::SortedScore), Reply::scores)
    }

    /// Whether it is a member.
    pub fn contains<Q>(&self, member: &Q) -> Request<bool>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        self.score(member).map(|score| Ok(score.is_some()))
    }

    /// How many members come before this one, counted from the lowest score; none if it is no member.
    pub fn rank<Q>(&self, member: &Q) -> Request<Option<u64>>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        self.place_of(member, false)
    }

    /// The same, counted from the highest score.
    pub fn rank_descending<Q>(&self, member: &Q) -> Request<Option<u64>>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        self.place_of(member, true)
    }

    /// Those at these places, from the lowest score on: `by_rank(..10)` are the ten lowest. They are held in memory at once,
    /// and must fit into one [deadline](Self::deadline): of a million give it seconds, or take some at a time.
    pub fn by_rank(&self, places: impl RangeBounds<u64>) -> Request<Pairs<T>> {
        self.range(Ok(rank_range(&places)), false)
    }

    /// Those at these places, from the highest score on: `by_rank_descending(..10)` are the ten highest.
    pub fn by_rank_descending(&self, places: impl RangeBounds<u64>) -> Request<Pairs<T>> {
        self.range(Ok(rank_range(&places)), true)
    }

    /// Those with such a score, the lowest first.
    pub fn by_score(&self, scores: impl RangeBounds<f64>) -> Request<Pairs<T>> {
        self.chunk_by_score(scores, 0, u64::MAX)
    }

    /// Those with such a score, the highest first.
    pub fn by_score_descending(&self, scores: impl RangeBounds<f64>) -> Request<Pairs<T>> {
        self.chunk_by_score_descending(scores, 0, u64::MAX)
    }

    /// At most `limit` of those with such a score, after `skip` others, the lowest first.
    pub fn chunk_by_score(&self, scores: impl RangeBounds<f64>, skip: u64, limit: u64) -> Request<Pairs<T>> {
        self.range(score_range(&scores, skip, limit), false)
    }

    /// At most `limit` of those with such a score, after `skip` others, the highest first.
    pub fn chunk_by_score_descending(&self, scores: impl RangeBounds<f64>, skip: u64, limit: u64) -> Request<Pairs<T>> {
        self.range(score_range(&scores, skip, limit), true)
    }

    /// How many have such a score.
    pub fn count(&self, scores: impl RangeBounds<f64>) -> Request<u64> {
        let op = bounds(&scores).map(|(low, high)| Op::SortedCount(low, high));
        Request::new(&self.place, op, Reply::count)
    }

    /// Removes those with the lowest scores, at most that many, and returns them, the lowest first. If one of them cannot be
    /// read, all are [put back](crate::collections#what-is-taken-away).
    pub fn pop_lowest(&self, count: u32) -> Request<Pairs<T>> {
        self.pop(count, false)
    }

    /// Removes those with the highest scores, at most that many, and returns them, the highest first. If one of them cannot be
    /// read, all are [put back](crate::collections#what-is-taken-away).
    pub fn pop_highest(&self, count: u32) -> Request<Pairs<T>> {
        self.pop(count, true)
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

    /// All members with their scores, a page at a time, in no order. What of them is told while others come and go: see [`Scan`].
    /// For order: [`by_rank`](Self::by_rank), some at a time.
    pub fn stream(&self) -> Scan<(T, f64)> {
        Scan::new(&self.place, self.reader())
    }

    fn member<Q>(&self, member: &Q) -> Result<Bytes>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        self.place.encode(&member.to_owned())
    }

    fn place_of<Q>(&self, member: &Q, descending: bool) -> Request<Option<u64>>
    where
        T: Borrow<Q>,
        Q: ToOwned<Owned = T> + ?Sized,
    {
        let op = self.member(member).map(|member| Op::SortedRank { member, descending });
        Request::new(&self.place, op, Reply::rank)
    }

    fn range(&self, range: Result<Range>, descending: bool) -> Request<Pairs<T>> {
        let (read, op) = (self.reader(), range.map(|range| Op::SortedRange { range, descending }));
        Request::new(&self.place, op, Reply::page).map(move |page: Page| page.items.iter().map(read).collect())
    }

    fn pop(&self, count: u32, highest: bool) -> Request<Pairs<T>> {
        let read = self.reader();
        let read = move |page: &Page| page.items.iter().map(read).collect();
        Request::taking(&self.place, Ok(Op::SortedPop { count, highest }), Reply::page, read, put_back)
    }

    fn reader(&self) -> impl Fn(&(Bytes, Bytes)) -> Result<(T, f64)> + Send + Sync + 'static {
        let decode = self.place.decoder();
        move |(member, score)| Ok((decode(member)?, read_score(score)?))
    }
}

/// Those that were popped, unless they have got another score since.
fn put_back(popped: Page) -> Option<Op> {
    let pairs = popped.items.into_iter().filter_map(|(member, score)| Some((member, read_score(&score).ok()?)));
    let (members, scores) = pairs.unzip::<_, _, Vec<_>, Vec<_>>();
    let members = members.into_iter().collect::<Elements>();
    (!members.is_empty()).then_some(Op::SortedInsert { members, scores, which: Insert::New })
}

fn read_score(text: &[u8]) -> Result<f64> {
    let score = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    score.ok_or_else(|| {
        Error::new(ErrorKind::Refused, "the backend tells a score that is no number: it breaks its contract")
    })
}

fn check_score(score: f64) -> Result<f64> {
    if score.is_nan() {
        return Err(Error::new(ErrorKind::Encoding, "a score is not a number (NaN), and has no place in an order"));
    }
    Ok(score)
}

fn rank_range(places: &impl RangeBounds<u64>) -> Range {
    let from = match places.start_bound() {
        Bound::Included(&from) => from,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match places.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&end) => end,
        Bound::Unbounded => u64::MAX,
    };
    Range::Rank { from, count: end.saturating_sub(from) }
}

fn bounds(scores: &impl RangeBounds<f64>) -> Result<(Bound<f64>, Bound<f64>)> {
    let check = |bound: Bound<&f64>| match bound {
        Bound::Included(&score) => check_score(score).map(Bound::Included),
        Bound::Excluded(&score) => check_score(score).map(Bound::Excluded),
        Bound::Unbounded => Ok(Bound::Unbounded),
    };
    Ok((check(scores.start_bound())?, check(scores.end_bound())?))
}

fn score_range(scores: &impl RangeBounds<f64>, skip: u64, count: u64) -> Result<Range> {
    bounds(scores).map(|(low, high)| Range::Score { low, high, skip, count })
}
