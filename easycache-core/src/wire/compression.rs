//! Making large values smaller.

use std::borrow::Cow;

/// Whether large values are compressed before they are written to a backend. Whatever was compressed is read by every
/// cache that has the feature of its method; where it has not, it is a miss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    Off,
    /// LZ4, for values of at least that many bytes: fast, halves typical text.
    #[cfg(feature = "lz4")]
    Lz4 {
        /// From how many bytes on.
        above: usize,
    },
    /// Zstandard at its default level, for values of at least that many bytes: slower and smaller.
    #[cfg(feature = "zstd")]
    Zstd {
        /// From how many bytes on.
        above: usize,
    },
}

/// The first byte of a compressed payload: how it is compressed.
#[cfg(feature = "lz4")]
const LZ4: u8 = 1;
#[cfg(feature = "zstd")]
const ZSTD: u8 = 2;

/// What a compressed value may become at most, in bytes: more is taken for damage.
#[cfg(any(feature = "lz4", feature = "zstd"))]
const LIMIT: usize = 1 << 30;

impl Compression {
    /// The payload, and whether it is compressed: it is not where that would not make it smaller.
    pub(super) fn pack(self, plain: Vec<u8>) -> (Vec<u8>, bool) {
        let packed = match self {
            Self::Off => None,
            #[cfg(feature = "lz4")]
            Self::Lz4 { above } if plain.len() >= above => Some(lz4(&plain)),
            #[cfg(feature = "zstd")]
            Self::Zstd { above } if plain.len() >= above => zstd(&plain),
            #[cfg(any(feature = "lz4", feature = "zstd"))]
            _ => None,
        };
        match packed.filter(|packed: &Vec<u8>| packed.len() < plain.len()) {
            Some(packed) => (packed, true),
            None => (plain, false),
        }
    }

    /// The value that a payload is of. None: it is damaged, or of a method that is not built in.
    pub(super) fn unpack(payload: &[u8], compressed: bool) -> Option<Cow<'_, [u8]>> {
        if !compressed {
            return Some(Cow::Borrowed(payload));
        }
        match payload.split_first()? {
            #[cfg(feature = "lz4")]
            (&LZ4, rest) => unlz4(rest).map(Cow::Owned),
            #[cfg(feature = "zstd")]
            (&ZSTD, rest) => unzstd(rest).map(Cow::Owned),
            _ => None,
        }
    }
}

#[cfg(feature = "lz4")]
fn lz4(plain: &[u8]) -> Vec<u8> {
    let mut packed = vec![LZ4];
    packed.extend(lz4_flex::compress_prepend_size(plain));
    packed
}

#[cfg(feature = "lz4")]
fn unlz4(packed: &[u8]) -> Option<Vec<u8>> {
    let (size, rest) = lz4_flex::block::uncompressed_size(packed).ok()?;
    // No input grows more than that: who says so lies, and is given no memory for it.
    if size > LIMIT || size > rest.len().saturating_mul(256) {
        return None;
    }
    lz4_flex::decompress(rest, size).ok()
}

#[cfg(feature = "zstd")]
fn zstd(plain: &[u8]) -> Option<Vec<u8>> {
    let mut packed = vec![ZSTD];
    zstd::stream::copy_encode(plain, &mut packed, zstd::DEFAULT_COMPRESSION_LEVEL).ok()?;
    Some(packed)
}

#[cfg(feature = "zstd")]
fn unzstd(packed: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;

    let mut plain = Vec::new();
    let stream = zstd::stream::read::Decoder::new(packed).ok()?;
    let read = stream.take(LIMIT as u64 + 1).read_to_end(&mut plain).ok()?;
    (read <= LIMIT).then_some(plain)
}
