//! A value as it lies in a backend: a header of fixed length, the names of its stamps, the payload.
//!
//! ```text
//!  0  magic 0xEC      8  id of the blob, random   32  u32 how long it was computed, ms   48  schema
//!  1  layout         16  digest                   36  u32 soft time to live, ms          64  names
//!  2  flags                                       40  u32 hard time to live, ms              hard digest
//!  3  codec                                       44  crc32c of all but this and the flags
//!  4  u32 length of the names                                                                payload
//! ```
//!
//! A value that may be served when it has expired has a soft time to live: after that it is expired, after the hard one it
//! is gone. It alone has a hard digest, of 16 bytes: that of the stamps that an invalidation moves and an expiry does not.
//!
//! Numbers are little endian. Each name is its space in a byte, its length in two, and its text; the number of a copy,
//! where it is of one, stands in two bytes behind the space.

#[cfg(all(test, not(shuttle)))]
mod tests;

use std::{ops::Range, time::Duration};

use bytes::Bytes;

use super::{
    Codec, Compression, Encoded, Form,
    digest::{Digest, Schema, space},
    extra::Extra,
};
use crate::{
    backend::Version,
    error::{Error, ErrorKind, Result},
    identity::{Space, StampName},
};

/// Where in a blob the 8 bytes are that tell it from all others.
pub const BLOB_ID: Range<usize> = 8..16;
/// How long a blob's header is, in bytes. Two blobs with the same header are the same.
pub const HEADER_LEN: usize = 64;

/// Where in a blob its flags are.
pub const BLOB_FLAGS: usize = 2;
/// The bit of the flags that says: it was expired, whatever its time to live is. Its checksum leaves the flags out.
pub const BLOB_EXPIRED: u8 = 4;

pub(super) const LAYOUT: u8 = 1;
const MAGIC: u8 = 0xEC;

const COMPRESSED: u8 = 1;
/// There is no value: just the names of tags that a result had, so that they are known before the next computation.
const NAMES_ONLY: u8 = 2;
/// It is the error of a function that keeps its errors.
const FAILED: u8 = 0x10;
/// The last of the declared names; those behind it came with the result.
const FROM_RESULT: u8 = 0x80;
/// Which copy of a stamp it is stands in front of its name, in two bytes.
const COPY: u8 = 0x40;

/// A blob to be written.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) schema: Schema,
    pub(crate) digest: Digest,
    /// How long the computation took, in milliseconds.
    pub(crate) computed_ms: u32,
    /// How long the value lives, in milliseconds.
    pub(crate) ttl_ms: u32,
    /// Where it may be served when it has expired.
    pub(crate) window: Option<Window>,
    pub(crate) declared: Vec<StampName<'a>>,
    /// What came with the result.
    pub(crate) extras: &'a [Extra],
}

/// What there is to know of a value that may be served when it has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// How long it is fresh, in milliseconds; not 0.
    pub(crate) soft_ms: u32,
    /// Of the stamps that only an invalidation moves.
    pub(crate) digest: Digest,
}

impl Draft<'_> {
    /// With the value.
    pub(crate) fn with_value(&self, codec: Codec, compression: Compression, value: Encoded) -> Result<Bytes> {
        let (payload, compressed) = compression.pack(value.bytes);
        let flags = [(compressed, COMPRESSED), (value.failed, FAILED)];
        let flags = flags.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag);
        self.assemble(codec, flags, &payload)
    }

    /// Without one.
    pub(crate) fn names_only(&self, codec: Codec) -> Result<Bytes> {
        self.assemble(codec, NAMES_ONLY, &[])
    }

    fn assemble(&self, codec: Codec, flags: u8, payload: &[u8]) -> Result<Bytes> {
        let names = self.names()?;
        let names_len = u32::try_from(names.len())
            .map_err(|source| too_long("all names of a call together").with_source(source))?;
        let digest = if self.window.is_some() { DIGEST_LEN } else { 0 };
        let mut blob = Vec::with_capacity(HEADER_LEN + names.len() + digest + payload.len());
        blob.extend([MAGIC, LAYOUT, flags, codec.id()]);
        blob.extend(names_len.to_le_bytes());
        blob.extend(&Version::mint().0[..8]);
        blob.extend(self.digest);
        blob.extend(self.computed_ms.to_le_bytes());
        blob.extend(self.window.map_or(0, |window| window.soft_ms).to_le_bytes());
        blob.extend(self.ttl_ms.to_le_bytes());
        blob.extend([0; 4]);
        blob.extend(self.schema.bytes());
        blob.extend(names);
        if let Some(window) = &self.window {
            blob.extend(window.digest);
        }
        blob.extend(payload);
        let crc = checksum(&blob);
        blob[CRC].copy_from_slice(&crc.to_le_bytes());
        Ok(blob.into())
    }

    fn names(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let declared = self.declared.iter().map(|name| (*name, 0, 0));
        let extras = self.extras.iter().map(|extra| (extra.stamp(), extra.copy, FROM_RESULT));
        for (StampName { space: of, name }, copy, mark) in declared.chain(extras) {
            let len = u16::try_from(name.len()).map_err(|source| too_long(name).with_source(source))?;
            bytes.push(space(of) | mark | if copy == 0 { 0 } else { COPY });
            if copy != 0 {
                bytes.extend(copy.to_le_bytes());
            }
            bytes.extend(len.to_le_bytes());
            bytes.extend(name.as_bytes());
        }
        Ok(bytes)
    }
}

fn too_long(name: &str) -> Error {
    let start = name.chars().take(40).collect::<String>();
    Error::new(ErrorKind::InvalidName, format!("{start:?}… is too long: tags and prefixes have at most 65535 bytes"))
}

const CRC: Range<usize> = 44..48;
const SOFT: usize = 36;
const DIGEST_LEN: usize = 16;

/// Of everything but the flags, which may change where it lies, and the place of the sum itself.
fn checksum(blob: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&blob[..BLOB_FLAGS]);
    let crc = crc32c::crc32c_append(crc, &blob[BLOB_FLAGS + 1..CRC.start]);
    crc32c::crc32c_append(crc, &blob[CRC.end..])
}

/// The header of a blob that is sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a>(&'a [u8; HEADER_LEN]);

impl<'a> Head<'a> {
    pub(crate) fn new(bytes: &'a [u8; HEADER_LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn id(self) -> [u8; 8] {
        array(&self.0[BLOB_ID])
    }

    pub(crate) fn digest(self) -> Digest {
        array(&self.0[16..32])
    }

    pub(crate) fn schema(self) -> Schema {
        Schema { of_type: array(&self.0[48..56]), of_function: array(&self.0[56..64]) }
    }

    /// How long the computation took.
    pub(crate) fn computed(self) -> Duration {
        Duration::from_millis(number(self.0, 32).into())
    }

    /// How long it is fresh, from when it was stored, if it may be served longer than that.
    pub(crate) fn soft(self) -> Option<Duration> {
        let soft = Duration::from_millis(number(self.0, SOFT).into());
        (!soft.is_zero()).then_some(soft)
    }

    /// How long the value lives, from when it was stored.
    pub(crate) fn ttl(self) -> Duration {
        Duration::from_millis(number(self.0, 40).into())
    }

    /// How long of that it is fresh.
    pub(crate) fn fresh(self) -> Duration {
        self.soft().unwrap_or_else(|| self.ttl()).min(self.ttl())
    }

    /// Whether it was expired, whatever its time to live is.
    pub(crate) fn is_marked(self) -> bool {
        self.0[BLOB_FLAGS] & BLOB_EXPIRED != 0
    }
}

/// A blob that was read, and is sound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blob<'a> {
    head: Head<'a>,
    names: &'a [u8],
    window: Option<Window>,
    payload: &'a [u8],
}

impl<'a> Blob<'a> {
    /// None: it is none of ours, of another layout, or damaged.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk()?;
        if header[0] != MAGIC || header[1] != LAYOUT {
            return None;
        }
        let names_len = usize::try_from(number(header, 4)).ok()?;
        let (names, payload) = rest.split_at_checked(names_len)?;
        if number(header, CRC.start) != checksum(bytes) {
            return None;
        }
        let (window, payload) = match number(header, SOFT) {
            0 => (None, payload),
            soft_ms => {
                let (digest, payload) = payload.split_first_chunk()?;
                (Some(Window { soft_ms, digest: *digest }), payload)
            }
        };
        let blob = Self { head: Head(header), names, window, payload };
        blob.checked_names().all(|name| name.is_some()).then_some(blob)
    }

    pub(crate) fn head(&self) -> Head<'a> {
        self.head
    }

    /// How long it lives in all, in milliseconds from when it was stored.
    pub(crate) fn ttl_ms(&self) -> u32 {
        number(self.head.0, 40)
    }

    /// Where it may be served when it has expired.
    pub(crate) fn window(&self) -> Option<Window> {
        self.window
    }

    pub(crate) fn has_value(&self) -> bool {
        self.head.0[BLOB_FLAGS] & NAMES_ONLY == 0
    }

    /// The stamps that follow from the arguments.
    pub(crate) fn declared(&self) -> impl Iterator<Item = StampName<'a>> {
        self.names().filter(|name| !name.from_result).map(|name| name.stamp)
    }

    /// The stamps that came with the result.
    pub(crate) fn extras(&self) -> impl Iterator<Item = Extra> {
        let extra = |Name { stamp, copy, .. }: Name<'_>| Extra { space: stamp.space, name: stamp.name.into(), copy };
        self.names().filter(|name| name.from_result).map(extra)
    }

    /// The value; none where it was written by another codec, or cannot be decoded as a `V`.
    pub(crate) fn value<V>(&self, codec: Codec, form: Form<V>) -> Option<V> {
        if self.head.0[3] != codec.id() || !self.has_value() {
            return None;
        }
        let flags = self.head.0[BLOB_FLAGS];
        let plain = Compression::unpack(self.payload, flags & COMPRESSED != 0)?;
        form.decode(codec, &plain, flags & FAILED != 0).ok()
    }

    fn names(&self) -> impl Iterator<Item = Name<'a>> {
        self.checked_names().flatten()
    }

    /// Each name. None where the bytes are no name; then nothing follows.
    fn checked_names(&self) -> impl Iterator<Item = Option<Name<'a>>> {
        let mut rest = Some(self.names);
        std::iter::from_fn(move || {
            let bytes = rest.filter(|bytes| !bytes.is_empty())?;
            let name = name(bytes);
            rest = name.map(|(_, after)| after);
            Some(name.map(|(name, _)| name))
        })
    }
}

/// One name of a blob.
#[derive(Clone, Copy, Debug)]
struct Name<'a> {
    stamp: StampName<'a>,
    copy: u16,
    /// Whether it came with the result.
    from_result: bool,
}

/// The first name of `bytes`, and what follows it.
fn name(bytes: &[u8]) -> Option<(Name<'_>, &[u8])> {
    let (&mark, rest) = bytes.split_first()?;
    let (copy, rest) = if mark & COPY == 0 { (0, rest) } else { two_bytes(rest)? };
    let (len, rest) = two_bytes(rest)?;
    let (text, rest) = rest.split_at_checked(usize::from(len))?;
    let name = std::str::from_utf8(text).ok()?;
    let mark_of = mark & !(FROM_RESULT | COPY);
    let of = [Space::All, Space::Prefix, Space::Tag].into_iter().find(|of| space(*of) == mark_of)?;
    Some((Name { stamp: StampName { space: of, name }, copy, from_result: mark & FROM_RESULT != 0 }, rest))
}

fn two_bytes(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_le_bytes(*number), rest))
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(&bytes[at..at + 4]))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}
