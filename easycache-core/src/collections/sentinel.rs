//! Exactly one of many.

use bytes::Bytes;

use crate::{cache::Cache, error::Result, key::CacheKey, ttl::IntoTtl};

use super::{
    command::{Op, Reply, When},
    place::Place,
    request::Request,
};

/// Lets exactly one of many callers pass, in all processes, until its time is over: who sends the mail, who runs the nightly
/// job.
///
/// ```
/// use easycache_core::{Cache, collections::Sentinel};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let newsletter = Sentinel::new(&cache, "newsletter:2026-11", "30d");
/// assert!(newsletter.pass().await?, "the first one");
/// assert!(!newsletter.pass().await?, "and nobody else");
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
///
/// A call that fails with [`Unavailable`](crate::ErrorKind::Unavailable) may have been the one that passed: then nobody does
/// until the time is over.
#[derive(Clone, Debug)]
pub struct Sentinel {
    place: Place,
}

impl Sentinel {
    /// The one of that name. Who passes closes it for that long.
    #[must_use]
    pub fn new(cache: &Cache, name: &str, closed_for: impl IntoTtl) -> Self {
        let mut place = Place::sentinel(cache, name);
        place.set_ttl(closed_for);
        Self { place }
    }

    /// The one of that name and these parts, which are escaped here, each with its type: `("a.b",)` is not `("a", "b")`, and
    /// `0` is neither `"0"` nor `None`. Who passes closes it for that long.
    ///
    /// ```
    /// use easycache_core::{Cache, collections::Sentinel};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let reminder = |user: &str| Sentinel::of(&cache, "reminder", &(user, 7), "1d");
    /// assert!(reminder("Ann").pass().await? && reminder("Bob").pass().await?);
    /// assert!(!reminder("Ann").pass().await?);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn of(cache: &Cache, name: &str, parts: &impl CacheKey, closed_for: impl IntoTtl) -> Self {
        Self::new(cache, &Place::join(name, parts), closed_for)
    }

    /// Whether this caller is the one. True: it is, and everybody else gets false for that long.
    pub fn pass(&self) -> Request<bool> {
        self.request(Ok(Op::Set(Bytes::from_static(b"1"), When::Absent)))
    }

    /// Whether somebody has passed.
    pub fn is_closed(&self) -> Request<bool> {
        Request::new(&self.place, Ok(Op::Get), Reply::bytes).map(|value| Ok(value.is_some()))
    }

    /// Lets the next caller pass. True: it was closed.
    pub fn open(&self) -> Request<bool> {
        self.request(Ok(Op::Clear))
    }

    fn request(&self, op: Result<Op>) -> Request<bool> {
        Request::new(&self.place, op, Reply::flag)
    }
}
