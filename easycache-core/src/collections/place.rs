//! Where a collection is, and what it is asked by.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{
    cache::{Cache, Core},
    error::{Error, ErrorKind, Result},
    identity::check_key,
    key::{CacheKey, KeyWriter},
    ttl::IntoTtl,
    value::CacheValue,
    wire::Codec,
};

use super::{
    command::{Command, Kind, Lifetime, Op, Page, Reply},
    element,
    elements::Elements,
    request::Request,
    waves::Order,
};

/// One collection: its name in one cache, and how it is kept.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) core: Arc<Core>,
    kind: Kind,
    name: Result<Box<str>>,
    lifetime: Result<Lifetime>,
    /// For one round trip.
    deadline: Result<Duration>,
    pub(super) codec: Codec,
}

impl Place {
    pub(super) fn new(cache: &Cache, kind: Kind, name: &str) -> Self {
        Self::named(cache, kind, check_key(name).map(|()| cache.core().collection(kind_word(kind), name)))
    }

    pub(super) fn sentinel(cache: &Cache, name: &str) -> Self {
        let name = check_key(name).map(|()| cache.core().collection("sentinel", name));
        Self::named(cache, Kind::Value, name)
    }

    fn named(cache: &Cache, kind: Kind, name: Result<Box<str>>) -> Self {
        let core = Arc::clone(cache.core());
        let lifetime = Ok(Lifetime { ttl: core.settings.default_ttl, renew: false });
        let settings = core.remote.as_ref().map(|remote| remote.settings());
        let codec = settings.map_or_else(Codec::default, |settings| settings.codec);
        // In process nobody waits.
        let deadline = Ok(settings.map_or(Duration::ZERO, |settings| settings.deadline));
        Self { core, kind, name, lifetime, deadline, codec }
    }

    pub(super) fn set_ttl(&mut self, ttl: impl IntoTtl) {
        let renew = self.lifetime.as_ref().is_ok_and(|lifetime| lifetime.renew);
        self.lifetime = ttl.into_ttl().and_then(|ttl| {
            if ttl.is_zero() {
                let message = "a collection cannot live for no time: give a ttl, or do not write to it";
                return Err(Error::new(ErrorKind::InvalidDuration, message));
            }
            Ok(Lifetime { ttl, renew })
        });
    }

    pub(super) fn set_deadline(&mut self, deadline: impl IntoTtl) {
        self.deadline = deadline.into_ttl().and_then(|deadline| {
            let message = "nothing is answered within a deadline of zero: give a longer one";
            let is_over = deadline.is_zero();
            if is_over { Err(Error::new(ErrorKind::InvalidDuration, message)) } else { Ok(deadline) }
        });
    }

    pub(super) fn renew(&mut self) {
        if let Ok(lifetime) = &mut self.lifetime {
            lifetime.renew = true;
        }
    }

    pub(super) fn name(&self) -> Result<Box<str>> {
        self.name.clone()
    }

    pub(super) fn order(&self, op: Op) -> Result<Order> {
        let command = Command { name: self.name.clone()?, kind: self.kind, op, lifetime: self.lifetime.clone()? };
        Ok(Order { command, deadline: self.deadline.clone()? })
    }

    pub(super) fn encode<T: CacheValue>(&self, value: &T) -> Result<Bytes> {
        element::encode(self.codec, value)
    }

    pub(super) fn encode_all<T: CacheValue>(&self, values: impl IntoIterator<Item = T>) -> Result<Elements> {
        let mut values = values.into_iter();
        let mut elements = Elements::with_capacity(values.size_hint().0);
        values.try_for_each(|value| elements.push(|bytes| element::append(self.codec, &value, bytes)))?;
        Ok(elements)
    }

    /// The same of pairs: each key is followed by its value.
    pub(super) fn encode_pairs<K: CacheValue, V: CacheValue>(
        &self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Elements> {
        let mut pairs = pairs.into_iter();
        let mut elements = Elements::with_capacity(2 * pairs.size_hint().0.min(1 << 16));
        pairs.try_for_each(|(key, value)| {
            elements.push(|bytes| element::append(self.codec, &key, bytes))?;
            elements.push(|bytes| element::append(self.codec, &value, bytes))
        })?;
        Ok(elements)
    }

    /// What decodes.
    pub(super) fn decoder<T: CacheValue>(&self) -> impl Fn(&[u8]) -> Result<T> + Send + Sync + Copy + 'static {
        let codec = self.codec;
        move |bytes| element::decode(codec, bytes)
    }

    pub(super) fn clear(&self) -> Request<bool> {
        Request::new(self, Ok(Op::Clear), Reply::flag)
    }

    pub(super) fn len(&self) -> Request<u64> {
        Request::new(self, Ok(Op::Len), Reply::count)
    }

    /// The same name with parts behind it, no two of which give one name.
    pub(super) fn join(name: &str, parts: &impl CacheKey) -> String {
        [name, ":", &KeyWriter::text_of(parts)].concat()
    }
}

/// What stands for the kind in a wire name, so that two of different kinds never have one name.
fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Value => "value",
        Kind::Map => "map",
        Kind::Set => "set",
        Kind::SortedSet => "sorted",
    }
}

impl Core {
    /// The wire name of a collection.
    fn collection(&self, kind: &str, key: &str) -> Box<str> {
        match &self.remote {
            Some(remote) => remote.layout().collection(kind, key),
            None => [kind, ":", key].concat().into(),
        }
    }
}

/// A reply of another kind than the operation has.
fn unexpected(reply: &Reply) -> Error {
    let message =
        format!("the backend answers {reply:?}, which is no answer to what it was asked: it breaks its contract");
    Error::new(ErrorKind::Refused, message)
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident: $variant:ident($type:ty)),* $(,)?) => {
        impl Reply {$(
            $(#[$doc])*
            pub(super) fn $name(self) -> Result<$type> {
                match self {
                    Self::$variant(it) => Ok(it),
                    other => Err(unexpected(&other)),
                }
            }
        )*}
    };
}

readers! {
    flag: Flag(bool),
    flags: Flags(Vec<bool>),
    int: Int(i64),
    bytes: Bytes(Option<Bytes>),
    many: Many(Vec<Option<Bytes>>),
    scores: Scores(Vec<Option<f64>>),
    rank: Rank(Option<u64>),
    page: Page(Page),
}

impl Reply {
    pub(super) fn count(self) -> Result<u64> {
        self.int().map(|count| u64::try_from(count).unwrap_or_default())
    }
}

/// What all collections have in common: how they are opened and set up.
macro_rules! settings {
    ($name:ident<$($param:ident),+>, $kind:expr) => {
        impl<$($param),+> $name<$($param),+> {
            /// The one of that name, which is escaped already: `cache_key!` does so. A prefix (`"tenant:7|name"`) is part of
            /// the name.
            ///
            /// A name that cannot be used is an error of each request.
            #[must_use]
            pub fn new(cache: &Cache, name: &str) -> Self {
                Self { place: Place::new(cache, $kind, name), holds: std::marker::PhantomData }
            }

            /// The one of that name and these parts, which are escaped here, each with its type: `("a.b",)` is not
            /// `("a", "b")`, and `0` is neither `"0"` nor `None`.
            #[must_use]
            pub fn of(cache: &Cache, name: &str, parts: &impl crate::key::CacheKey) -> Self {
                Self::new(cache, &Place::join(name, parts))
            }

            /// How long it lives: a `Duration`, seconds, or text such as `"10m"`, counted from the write that has made it.
            /// What changes it leaves it its time; a value that is put in its place, by `set` or `replace`, is a new one.
            /// Not given: as long as the cache keeps values.
            #[must_use]
            pub fn ttl(mut self, ttl: impl crate::ttl::IntoTtl) -> Self {
                self.place.set_ttl(ttl);
                self
            }

            /// Counts the time to live from the last write, of whatever kind.
            #[must_use]
            pub fn renewed_by_writes(mut self) -> Self {
                self.place.renew();
                self
            }

            /// How long a round trip may take: a `Duration`, seconds, or text such as `"5s"`; of several that are sent
            /// together the longest counts. Not given: as long as the cache waits for its backend. In process there is
            /// nothing to wait for.
            ///
            /// What writes or asks for many members takes as many round trips as it needs; what answers with all of them,
            /// or goes through them, takes one.
            #[must_use]
            pub fn deadline(mut self, deadline: impl crate::ttl::IntoTtl) -> Self {
                self.place.set_deadline(deadline);
                self
            }

            /// How what is not plain becomes bytes. Not given: as the cache has it.
            #[must_use]
            pub fn codec(mut self, codec: Codec) -> Self {
                self.place.codec = codec;
                self
            }
        }
    };
}
pub(super) use settings;
