//! One value.

use bytes::Bytes;

use crate::{cache::Cache, value, wire::Codec};

use super::{
    command::{Kind, Op, Reply, When},
    place::{Place, settings},
    request::Request,
};

/// One value under a name, or a counter.
///
/// The trait [`easycache::CacheValue`](crate::CacheValue) has the same name and is something else: it says what can be kept,
/// here and by cached functions. To use both in one file, import that one, and this one by its module:
/// `use easycache::collections;`, and then `collections::CacheValue::<u32>::new(&cache, "limit")`.
///
/// ```
/// use easycache_core::{Cache, collections::CacheValue};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let motto = CacheValue::<String>::new(&cache, "motto").ttl("1h");
/// assert_eq!(motto.get().await?, None);
/// motto.set(&"Measure.".to_owned()).await?;
/// assert_eq!(motto.get().await?.as_deref(), Some("Measure."));
///
/// // One for each user, and the name of one user is never that of another.
/// let visits = CacheValue::<i64>::of(&cache, "visits", &("Ann", 7));
/// visits.increment(2).await?;
/// assert_eq!(visits.decrement(5).await?, -3);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CacheValue<T> {
    place: Place,
    holds: std::marker::PhantomData<fn() -> T>,
}

settings!(CacheValue<T>, Kind::Value);

impl<T: value::CacheValue> CacheValue<T> {
    /// The value, if there is one.
    pub fn get(&self) -> Request<Option<T>> {
        let decode = self.place.decoder();
        Request::new(&self.place, Ok(Op::Get), Reply::bytes).map(move |bytes| bytes.map(|it| decode(&it)).transpose())
    }

    /// Writes the value, whatever was there. Its time to live counts from now.
    pub fn set(&self, value: &T) -> Request<()> {
        self.write(value, When::Always).map(|_| Ok(()))
    }

    /// Writes the value if there is none. True: it was written.
    pub fn set_if_absent(&self, value: &T) -> Request<bool> {
        self.write(value, When::Absent)
    }

    /// Writes the value if there is one, and leaves it the time that it has. True: it was written.
    pub fn set_if_present(&self, value: &T) -> Request<bool> {
        self.write(value, When::Present)
    }

    /// Writes the value, and returns the one before. If that cannot be read, it is an error, and written over all the same. Its
    /// time to live counts from now.
    pub fn replace(&self, value: &T) -> Request<Option<T>> {
        let decode = self.place.decoder();
        let op = self.place.encode(value).map(|value| Op::Swap(Some(value)));
        Request::new(&self.place, op, Reply::bytes).map(move |bytes| bytes.map(|it| decode(&it)).transpose())
    }

    /// Removes the value, and returns it; if it cannot be read, it is [put back](crate::collections#what-is-taken-away).
    pub fn take(&self) -> Request<Option<T>> {
        let decode = self.place.decoder();
        let read = move |value: &Option<Bytes>| value.as_ref().map(|value| decode(value)).transpose();
        let back = |value: Option<Bytes>| value.map(|value| Op::Set(value, When::Absent));
        Request::taking(&self.place, Ok(Op::Swap(None)), Reply::bytes, read, back)
    }

    /// Writes `new` (`None`: removes the value) if the value is `expected` now (`None`: if there is none), in one step. True: it
    /// was. A value that is there keeps its time.
    ///
    /// Values are compared as they are kept: two that are equal and do not print alike, as maps may, are not the same. What
    /// another program has written in another spelling (`1.50` of an `f64`, say, which is kept as `1.5` here) is never
    /// `expected`, although [`get`](Self::get) reads it: write it anew, by [`set`](Self::set), before it is compared, or let
    /// that program write what is kept here.
    pub fn compare_and_set(&self, expected: Option<&T>, new: Option<&T>) -> Request<bool> {
        let encode = |value: Option<&T>| value.map(|value| self.place.encode(value)).transpose();
        let op = encode(expected).and_then(|expected| Ok(Op::CompareAndSwap(expected, encode(new)?)));
        Request::new(&self.place, op, Reply::flag)
    }

    /// Removes the value. True: there was one.
    pub fn clear(&self) -> Request<bool> {
        self.place.clear()
    }

    fn write(&self, value: &T, when: When) -> Request<bool> {
        Request::new(&self.place, self.place.encode(value).map(|value| Op::Set(value, when)), Reply::flag)
    }
}

impl CacheValue<i64> {
    /// Adds to the number, in one step, and returns the sum. Where there is none it was 0. A sum that is no `i64` is an error,
    /// and leaves the number as it was.
    pub fn increment(&self, by: i64) -> Request<i64> {
        Request::new(&self.place, Ok(Op::Add(by)), Reply::int)
    }

    /// Subtracts from the number, in one step, and returns the difference.
    pub fn decrement(&self, by: i64) -> Request<i64> {
        let op = by.checked_neg().map(Op::Add).ok_or_else(too_low);
        Request::new(&self.place, op, Reply::int)
    }
}

fn too_low() -> crate::error::Error {
    crate::error::Error::new(crate::error::ErrorKind::Encoding, "the lowest number cannot be subtracted: add instead")
}
