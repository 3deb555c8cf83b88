//! Values as bytes.

use std::{any::type_name, error, fmt};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, ErrorKind, Result};

/// How values are written to a backend. Values written with another codec are misses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// `MessagePack` with the names of fields, which survives fields that are added or change places.
    #[default]
    MessagePack,
    /// JSON, which other programs read. Map keys must be text or numbers.
    #[cfg(feature = "json")]
    Json,
    /// postcard: the smallest and fastest, but every change of a type is another type. Give such a change a new `version`.
    #[cfg(feature = "postcard")]
    Postcard,
}

impl Codec {
    /// What stands for it in a blob.
    pub(super) const fn id(self) -> u8 {
        match self {
            Self::MessagePack => 1,
            #[cfg(feature = "json")]
            Self::Json => 2,
            #[cfg(feature = "postcard")]
            Self::Postcard => 3,
        }
    }

    fn encode<T: Serialize>(self, value: &T) -> Result<Vec<u8>> {
        match self {
            Self::MessagePack => rmp_serde::to_vec_named(value).map_err(failed::<T>),
            #[cfg(feature = "json")]
            Self::Json => serde_json::to_vec(value).map_err(failed::<T>),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::to_allocvec(value).map_err(failed::<T>),
        }
    }

    fn decode<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T> {
        match self {
            Self::MessagePack => rmp_serde::from_slice(bytes).map_err(failed::<T>),
            #[cfg(feature = "json")]
            Self::Json => serde_json::from_slice(bytes).map_err(failed::<T>),
            #[cfg(feature = "postcard")]
            Self::Postcard => postcard::from_bytes(bytes).map_err(failed::<T>),
        }
    }
}

fn failed<T>(source: impl error::Error + Send + Sync + 'static) -> Error {
    let message = format!("a value of type {} does not go through the codec: {source}", type_name::<T>());
    Error::new(ErrorKind::Encoding, message).with_source(source)
}

/// How values of a type become bytes: what is known of the type where its bounds are, for where they are not.
pub(crate) struct Form<V> {
    encode: fn(Codec, &V) -> Result<Vec<u8>>,
    decode: fn(Codec, &[u8]) -> Result<V>,
}

impl<V: Serialize + DeserializeOwned> Form<V> {
    pub(crate) const fn new() -> Self {
        Self { encode: |codec, value| codec.encode(value), decode: |codec, bytes| codec.decode(bytes) }
    }
}

impl<V> Form<V> {
    pub(crate) fn encode(self, codec: Codec, value: &V) -> Result<Vec<u8>> {
        (self.encode)(codec, value)
    }

    pub(crate) fn decode(self, codec: Codec, bytes: &[u8]) -> Result<V> {
        (self.decode)(codec, bytes)
    }
}

impl<V> Clone for Form<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Form<V> {}

impl<V> fmt::Debug for Form<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(type_name::<V>())
    }
}
