//! Values as bytes.

use std::{any::type_name, error, fmt};

use serde::{Serialize, de::DeserializeOwned};

use super::digest::type_mark;
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
    encode: fn(Codec, &V) -> Result<Encoded>,
    /// Of the bytes, and whether they are those of an error.
    decode: fn(Codec, &[u8], bool) -> Result<V>,
    /// The name of the type, as values of it are told from others.
    name: fn() -> &'static str,
}

/// A value as bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    /// Whether it is the error of a function, and not its value.
    pub(crate) failed: bool,
}

impl<V: Serialize + DeserializeOwned> Form<V> {
    pub(crate) const fn new() -> Self {
        Self {
            encode: |codec, value| Ok(Encoded { bytes: codec.encode(value)?, failed: false }),
            decode: |codec, bytes, failed| if failed { Err(no_value::<V>()) } else { codec.decode(bytes) },
            name: type_name::<V>,
        }
    }
}

impl<T: Serialize + DeserializeOwned, E: Serialize + DeserializeOwned> Form<std::result::Result<T, E>> {
    /// Of what a function returns whose errors are kept: a value is written as if they were not. In front of an error
    /// stands what tells its type.
    pub(crate) const fn with_errors() -> Self {
        Self { encode: encode_result, decode: decode_result, name: type_name::<T> }
    }
}

fn encode_result<T: Serialize, E: Serialize>(codec: Codec, result: &std::result::Result<T, E>) -> Result<Encoded> {
    Ok(match result {
        Ok(value) => Encoded { bytes: codec.encode(value)?, failed: false },
        Err(error) => {
            let bytes = [&type_mark::<E>()[..], &codec.encode(error)?].concat();
            Encoded { bytes, failed: true }
        }
    })
}

fn decode_result<T: DeserializeOwned, E: DeserializeOwned>(
    codec: Codec,
    bytes: &[u8],
    failed: bool,
) -> Result<std::result::Result<T, E>> {
    if !failed {
        return codec.decode(bytes).map(Ok);
    }
    match bytes.split_at_checked(8) {
        Some((mark, bytes)) if mark == type_mark::<E>() => codec.decode(bytes).map(Err),
        _ => Err(no_value::<E>()),
    }
}

fn no_value<V>() -> Error {
    Error::new(ErrorKind::Encoding, format!("what is stored is no {}", type_name::<V>()))
}

impl<V> Form<V> {
    pub(crate) fn encode(self, codec: Codec, value: &V) -> Result<Encoded> {
        (self.encode)(codec, value)
    }

    pub(crate) fn decode(self, codec: Codec, bytes: &[u8], failed: bool) -> Result<V> {
        (self.decode)(codec, bytes, failed)
    }

    pub(crate) fn type_name(self) -> &'static str {
        (self.name)()
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
