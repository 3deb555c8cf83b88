//! A value for each key.

use std::borrow::Borrow;

use bytes::Bytes;

use crate::{
    cache::Cache,
    error::{Error, Result},
    value::CacheValue,
    wire::Codec,
};

use super::{
    command::{Kind, Op, Page, Reply},
    place::{Place, settings},
    request::Request,
    scan::Scan,
};

/// A value for each key, each of which can be read and written by itself.
///
/// ```
/// use easycache_core::{Cache, collections::CacheMap};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let stock = CacheMap::<String, i64>::new(&cache, "stock");
/// stock.extend([("tea".to_owned(), 3), ("coffee".to_owned(), 0)]).await?;
/// assert_eq!(stock.get("coffee").await?, Some(0));
/// assert_eq!(stock.get("cocoa").await?, None);
/// assert_eq!(stock.increment("tea", 2).await?, 5);
/// assert_eq!(stock.get_or_insert_with("cocoa", async || 8).await?, 8);
///
/// let mut pairs = stock.stream();
/// let mut sum = 0;
/// while let Some(pair) = pairs.next().await {
///     sum += pair?.1;
/// }
/// assert_eq!(sum, 13);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct CacheMap<K, V> {
    place: Place,
    holds: std::marker::PhantomData<fn() -> (K, V)>,
}

settings!(CacheMap<K, V>, Kind::Map);

impl<K: CacheValue, V: CacheValue> CacheMap<K, V> {
    /// The value of a key.
    pub fn get<Q>(&self, key: &Q) -> Request<Option<V>>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let op = self.place.encode_all([key.to_owned()]).map(Op::MapGet);
        self.found(op).map(|mut values| Ok(values.pop().flatten()))
    }

    /// The values of many keys, in their order, asked for together.
    pub fn get_many(&self, keys: impl IntoIterator<Item = K>) -> Request<Vec<Option<V>>> {
        self.found(self.place.encode_all(keys).map(Op::MapGet))
    }

    /// Writes the value of a key. True: the key is new.
    pub fn insert<Q>(&self, key: &Q, value: &V) -> Request<bool>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let op = self.pair(key, value).map(|(key, value)| Op::MapInsert([key, value].into_iter().collect()));
        Request::new(&self.place, op, Reply::int).map(|new| Ok(new > 0))
    }

    /// Writes many values. Returns how many keys are new. On a server, thousands at a time are written in one step, and tens of
    /// thousands in one round trip; more than that in several, each of which has the [deadline](Self::deadline).
    pub fn extend(&self, pairs: impl IntoIterator<Item = (K, V)>) -> Request<u64> {
        Request::new(&self.place, self.place.encode_pairs(pairs).map(Op::MapInsert), Reply::count)
    }

    /// Writes the value of a key that has none, in one step. Returns the value that the key has afterwards: this one, or that
    /// which was there.
    pub fn get_or_insert<Q>(&self, key: &Q, value: &V) -> Request<V>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        self.insert_new(self.key(key), value)
    }

    /// The value of a key, computed and written if there is none. Of several callers who compute at the same time, one has
    /// its value written, and all of them get that one.
    pub fn get_or_insert_with<Q, Fut>(&self, key: &Q, compute: impl FnOnce() -> Fut) -> impl Future<Output = Result<V>>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
        Fut: Future<Output = V>,
    {
        self.get_or_try_insert_with(key, || {
            let computing = compute();
            async move { Ok(computing.await) }
        })
    }

    /// [`get_or_insert_with`](Self::get_or_insert_with) for callers that are not async.
    pub fn get_or_insert_with_blocking<Q>(&self, key: &Q, compute: impl FnOnce() -> V) -> Result<V>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        self.get_or_try_insert_with_blocking(key, || Ok(compute()))
    }

    /// [`get_or_insert_with`](Self::get_or_insert_with) for computations that can fail: then the error is returned as it is, and
    /// nothing is written.
    ///
    /// ```
    /// use easycache_core::{Cache, Error, collections::CacheMap};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let rates = CacheMap::<String, f64>::new(&cache, "rates");
    /// let rate = rates.get_or_try_insert_with("euro", async || "1.08".parse().map_err(|_| Failed)).await;
    /// assert_eq!(rate, Ok(1.08));
    /// let rate = rates.get_or_try_insert_with("yen", async || "soon".parse().map_err(|_| Failed)).await;
    /// assert_eq!((rate, rates.get("yen").await?), (Err(Failed), None));
    /// # Ok::<_, Error>(()) }).unwrap();
    ///
    /// #[derive(Debug, PartialEq)]
    /// struct Failed;
    ///
    /// impl From<Error> for Failed {
    ///     fn from(_of_the_cache: Error) -> Self {
    ///         Self
    ///     }
    /// }
    /// ```
    pub fn get_or_try_insert_with<Q, Fut, E>(
        &self,
        key: &Q,
        compute: impl FnOnce() -> Fut,
    ) -> impl Future<Output = Result<V, E>>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
        Fut: Future<Output = Result<V, E>>,
        E: From<Error>,
    {
        let (found, key) = (self.get(key), self.key(key));
        async move {
            match found.await? {
                Some(value) => Ok(value),
                None => Ok(self.insert_new(key, &compute().await?).await?),
            }
        }
    }

    /// [`get_or_try_insert_with`](Self::get_or_try_insert_with) for callers that are not async.
    pub fn get_or_try_insert_with_blocking<Q, E>(&self, key: &Q, compute: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
        E: From<Error>,
    {
        match self.get(key).blocking()? {
            Some(value) => Ok(value),
            None => Ok(self.get_or_insert(key, &compute()?).blocking()?),
        }
    }

    /// Whether a key has a value.
    pub fn contains<Q>(&self, key: &Q) -> Request<bool>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let op = self.place.encode_all([key.to_owned()]).map(Op::MapGet);
        Request::new(&self.place, op, Reply::many).map(|values| Ok(values.iter().any(Option::is_some)))
    }

    /// Which of these keys have a value, in their order, in one round trip. A server sends the values, too, which are not looked
    /// at.
    ///
    /// ```
    /// use easycache_core::{Cache, collections::CacheMap};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let prices = CacheMap::<String, f64>::new(&cache, "prices");
    /// prices.insert("tea", &3.5).await?;
    /// assert_eq!(prices.contains_many(["tea", "cocoa"].map(str::to_owned)).await?, [true, false]);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    pub fn contains_many(&self, keys: impl IntoIterator<Item = K>) -> Request<Vec<bool>> {
        Request::new(&self.place, self.place.encode_all(keys).map(Op::MapGet), Reply::many)
            .map(|values| Ok(values.iter().map(Option::is_some).collect()))
    }

    /// Removes a key. True: it was there.
    pub fn remove<Q>(&self, key: &Q) -> Request<bool>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let op = self.place.encode_all([key.to_owned()]).map(Op::MapRemove);
        Request::new(&self.place, op, Reply::int).map(|removed| Ok(removed > 0))
    }

    /// Removes many keys together. Returns how many were there.
    pub fn remove_many(&self, keys: impl IntoIterator<Item = K>) -> Request<u64> {
        Request::new(&self.place, self.place.encode_all(keys).map(Op::MapRemove), Reply::count)
    }

    /// Removes a key, and returns its value; if that cannot be read, it is [put back](crate::collections#what-is-taken-away).
    pub fn take<Q>(&self, key: &Q) -> Request<Option<V>>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let (decode, key) = (self.place.decoder(), self.key(key));
        let name = key.clone().unwrap_or_default();
        let read = move |value: &Option<Bytes>| value.as_ref().map(|value| decode(value)).transpose();
        let back = |value: Option<Bytes>| value.map(|value| Op::MapInsertNew(name, value));
        Request::taking(&self.place, key.map(Op::MapTake), Reply::bytes, read, back)
    }

    /// Removes some key, and returns it with its value. None: the map is empty. If they cannot be read, they are
    /// [put back](crate::collections#what-is-taken-away).
    pub fn pop(&self) -> Request<Option<(K, V)>> {
        let read = pair_reader(&self.place);
        let read = move |page: &Page| page.items.first().map(read).transpose();
        let back = |page: Page| page.items.into_iter().next().map(|(key, value)| Op::MapInsertNew(key, value));
        Request::taking(&self.place, Ok(Op::MapPop), Reply::page, read, back)
    }

    /// How many keys there are.
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

    /// All keys with their values, a page at a time, in no order. What of them is told while others come and go: see [`Scan`].
    pub fn stream(&self) -> Scan<(K, V)> {
        Scan::new(&self.place, pair_reader(&self.place))
    }

    /// All keys, as [`stream`](Self::stream) tells them.
    pub fn keys(&self) -> Scan<K> {
        let decode = self.place.decoder();
        Scan::new(&self.place, move |(key, _)| decode(key))
    }

    /// All values, as [`stream`](Self::stream) tells them.
    pub fn values(&self) -> Scan<V> {
        let decode = self.place.decoder();
        Scan::new(&self.place, move |(_, value)| decode(value))
    }

    fn insert_new(&self, key: Result<Bytes>, value: &V) -> Request<V> {
        let decode = self.place.decoder();
        let op = key.and_then(|key| Ok(Op::MapInsertNew(key, self.place.encode(value)?)));
        Request::new(&self.place, op, Reply::bytes)
            .map(move |there| there.map_or_else(|| Err(nothing_there()), |value| decode(&value)))
    }

    fn found(&self, op: Result<Op>) -> Request<Vec<Option<V>>> {
        let decode = self.place.decoder();
        Request::new(&self.place, op, Reply::many)
            .map(move |values| values.into_iter().map(|value| value.map(|value| decode(&value)).transpose()).collect())
    }

    fn key<Q>(&self, key: &Q) -> Result<Bytes>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        self.place.encode(&key.to_owned())
    }

    fn pair<Q>(&self, key: &Q, value: &V) -> Result<(Bytes, Bytes)>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        Ok((self.key(key)?, self.place.encode(value)?))
    }
}

impl<K: CacheValue> CacheMap<K, i64> {
    /// Adds to the value of a key, in one step, and returns the sum. Where there is none it was 0.
    pub fn increment<Q>(&self, key: &Q, by: i64) -> Request<i64>
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        Request::new(&self.place, self.key(key).map(|key| Op::MapAdd(key, by)), Reply::int)
    }
}

fn pair_reader<K: CacheValue, V: CacheValue>(
    place: &Place,
) -> impl Fn(&(Bytes, Bytes)) -> Result<(K, V)> + Send + Sync + 'static {
    let (key_of, value_of) = (place.decoder(), place.decoder());
    move |(key, value)| Ok((key_of(key)?, value_of(value)?))
}

fn nothing_there() -> Error {
    let message = "the backend tells of no value after it has written one: it breaks its contract";
    Error::new(crate::error::ErrorKind::Refused, message)
}
