//! Walking through the keys of a cache, a page at a time.

use std::{collections::HashSet, fmt};

use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    error::{Error, ErrorKind, Result},
    flight::{Caller, block_on},
};

use super::{Blocking, Cache, Core};

/// About how many keys a page has, where nothing else is said.
const PAGE: u32 = 100;
/// How many it has at most.
const LARGEST: u32 = 10_000;

/// Walks through the keys of a cache, a page at a time. From [`Cache::keys`].
///
/// One page is held, however many keys there are.
#[derive(Clone)]
#[must_use = "nothing is read before a page is asked for"]
pub struct Keys {
    cache: Cache,
    beginning: Box<str>,
    per_page: u32,
    next: Next,
}

/// Where the walk is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    From(Option<Bytes>),
    Over,
}

/// Some of the keys of a cache, from [`Keys::next_page`]. As data for other programs it is a map of `keys` and `next`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPage {
    /// In no order, each once. A page may be empty, and more may come.
    pub keys: Vec<ListedKey>,
    /// What [`Keys::after`] goes on from, also in another process; none at the end.
    pub next: Option<String>,
}

/// A key of an entry. As data for other programs it is a map of `key` and `hashed`; its `Display` is the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ListedKey {
    /// The full key, as [`Entry::key`](crate::Entry::key) prints it; or `#` and a hash.
    pub key: String,
    /// Whether it is the hash of a key that is too long for the backend: the key itself is kept nowhere. Who knows it can
    /// look up the entry, explain and invalidate it all the same.
    pub hashed: bool,
}

impl Cache {
    /// The full keys of its entries that begin with that text: `""` for all, `"tenant:7|"` for those below a prefix and no
    /// deeper, `"tenant:7"` for whatever begins so. Keys are escaped, as [`Entry::key`](crate::Entry::key) prints them.
    ///
    /// ```
    /// # use easycache_core::{Cache, Policy};
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// for id in 0..250 {
    ///     cache.set(&format!("user:{id}"), id, Policy::new()).await?;
    /// }
    /// let (mut keys, mut seen) = (cache.keys("user:1"), 0);
    /// while let Some(page) = keys.next_page().await? {
    ///     seen += page.keys.len();
    /// }
    /// assert_eq!(seen, 111);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// What is there all the time is seen; what is stored or goes meanwhile may or may not be. A key may be on two pages.
    /// On a server it is listed until its value goes, also if a tag or a prefix of it was invalidated:
    /// [`explain`](Self::explain) tells whether it would be served. Collections are not listed, they have names and no keys.
    /// Of keys that are too long for the backend just a hash is kept: they come with `""`, and are [marked](field@ListedKey::hashed).
    pub fn keys(&self, beginning: &str) -> Keys {
        Keys { cache: self.clone(), beginning: beginning.into(), per_page: PAGE, next: Next::From(None) }
    }
}

impl Blocking<'_> {
    /// See [`Cache::keys`].
    pub fn keys(&self, beginning: &str) -> BlockingKeys {
        BlockingKeys(self.cache().keys(beginning))
    }
}

impl Keys {
    /// About how many keys a page has: 100 if nothing is said, 10 000 at most. A page may have up to twice as many.
    pub fn per_page(mut self, keys: u32) -> Self {
        self.per_page = keys.clamp(1, LARGEST);
        self
    }

    /// Goes on behind a page that was read before, from its [`next`](KeyPage::next).
    ///
    /// # Errors
    ///
    /// If that is none.
    pub fn after(mut self, next: &str) -> Result<Self> {
        self.next = Next::From(Some(from_hex(next)?));
        Ok(self)
    }

    /// The next page; none at the end. On a server with many other names it takes half of the cache's deadline at most, and
    /// comes with what it has found by then.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) on a backend that cannot list what it keeps, such as memcached; and whatever
    /// goes wrong with the server. After an error the same page can be asked for once more.
    pub async fn next_page(&mut self) -> Result<Option<KeyPage>> {
        self.page(Caller::Async).await
    }

    /// The same for callers that are not async.
    pub fn blocking(self) -> BlockingKeys {
        BlockingKeys(self)
    }

    async fn page(&mut self, caller: Caller) -> Result<Option<KeyPage>> {
        let Next::From(from) = &self.next else { return Ok(None) };
        let (mut keys, next) = self.cache.core().keys(&self.beginning, from.clone(), self.per_page, caller).await?;
        let mut seen = HashSet::new();
        keys.retain(|listed| seen.insert(listed.key.clone()));
        let told = next.as_deref().map(to_hex);
        self.next = next.map_or(Next::Over, |next| Next::From(Some(next)));
        Ok(Some(KeyPage { keys, next: told }))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("beginning", &self.beginning).field("next", &self.next).finish_non_exhaustive()
    }
}

/// [`Keys`] for callers that are not async: an iterator over pages. An error does not end it.
#[derive(Clone, Debug)]
#[must_use = "nothing is read before a page is asked for"]
pub struct BlockingKeys(Keys);

impl BlockingKeys {
    /// See [`Keys::per_page`].
    pub fn per_page(self, keys: u32) -> Self {
        Self(self.0.per_page(keys))
    }

    /// See [`Keys::after`].
    pub fn after(self, next: &str) -> Result<Self> {
        self.0.after(next).map(Self)
    }
}

impl Iterator for BlockingKeys {
    type Item = Result<KeyPage>;

    fn next(&mut self) -> Option<Result<KeyPage>> {
        block_on(self.0.page(Caller::Sync)).transpose()
    }
}

impl Core {
    async fn keys(
        &self,
        beginning: &str,
        from: Option<Bytes>,
        count: u32,
        caller: Caller,
    ) -> Result<(Vec<ListedKey>, Option<Bytes>)> {
        if let Some(remote) = &self.remote {
            return remote.keys(beginning, from, count, caller).await;
        }
        let from = from.map_or(Ok(0), |from| <[u8; 8]>::try_from(&from[..]).map(u64::from_le_bytes));
        let from = from.ok().and_then(|from| usize::try_from(from).ok()).ok_or_else(no_cursor)?;
        let (keys, next) = self.tier.keys(beginning, from, count as usize, self.now());
        let keys = keys.into_iter().map(ListedKey::plain).collect();
        Ok((keys, next.map(|slot| Bytes::copy_from_slice(&(slot as u64).to_le_bytes()))))
    }
}

impl ListedKey {
    pub(crate) fn plain(key: String) -> Self {
        Self { key, hashed: false }
    }

    pub(crate) fn hashed(hash: String) -> Self {
        Self { key: hash, hashed: true }
    }
}

impl fmt::Display for ListedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

impl Serialize for ListedKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("hashed", &self.hashed)?;
        map.end()
    }
}

impl Serialize for KeyPage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("keys", &self.keys)?;
        map.serialize_entry("next", &self.next)?;
        map.end()
    }
}

fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;

    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

fn from_hex(text: &str) -> Result<Bytes> {
    let digits = text.as_bytes();
    let digit = |at: usize| char::from(digits[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = (0..digits.len() / 2).map(|at| Some(digit(2 * at)? << 4 | digit(2 * at + 1)?));
    let bytes = if digits.len().is_multiple_of(2) { bytes.collect::<Option<Vec<_>>>() } else { None };
    bytes.map(Into::into).ok_or_else(no_cursor)
}

fn no_cursor() -> Error {
    let message =
        "this is no place in a walk through the keys of this cache: take the `next` of a page of it, or begin anew";
    Error::new(ErrorKind::InvalidConfig, message)
}
