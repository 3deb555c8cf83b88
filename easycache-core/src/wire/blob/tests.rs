//! Whatever bytes there are: they are a value that was written, or none. Nothing panics, and nobody is believed who claims
//! to be large.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

/// Something of everything that a value can be made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sample {
    id: u64,
    name: String,
    list: Vec<u32>,
    bytes: Vec<u8>,
    by_name: BTreeMap<String, i64>,
    kind: Kind,
    next: Option<Box<Self>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Kind {
    #[default]
    Unit,
    With(f64),
    Named {
        at: i16,
    },
}

fn sample() -> Sample {
    let next = Sample { kind: Kind::With(0.5), name: "x".repeat(100), ..Sample::default() };
    Sample {
        id: u64::MAX,
        name: "name".to_owned(),
        list: vec![1, 2, u32::MAX],
        bytes: vec![0; 50],
        by_name: [("one".to_owned(), -1)].into(),
        kind: Kind::Named { at: -7 },
        next: Some(Box::new(next)),
    }
}

const CODECS: &[Codec] = &[
    Codec::MessagePack,
    #[cfg(feature = "json")]
    Codec::Json,
    #[cfg(feature = "postcard")]
    Codec::Postcard,
];

const COMPRESSIONS: &[Compression] = &[
    Compression::Off,
    #[cfg(feature = "lz4")]
    Compression::Lz4 { above: 0 },
    #[cfg(feature = "zstd")]
    Compression::Zstd { above: 0 },
];

/// What comes with the sample: one of them in a copy.
static EXTRAS: LazyLock<[Extra; 2]> = LazyLock::new(|| {
    let copy = Extra { space: Space::Prefix, name: "r".into(), copy: 3 };
    [Extra::tag("of result"), copy]
});

/// The sample, written in every way there is.
fn written() -> impl Iterator<Item = (Codec, Bytes)> {
    let names = [(Space::All, ""), (Space::Prefix, "p/q"), (Space::Tag, "a")];
    let stamps = |names: &[(Space, &'static str)]| {
        names.iter().map(|(space, name)| StampName { space: *space, name }).collect::<Vec<_>>()
    };
    let draft = Draft {
        schema: Schema { of_type: [1; 8], of_function: [2; 8] },
        digest: [3; 16],
        computed_ms: 4,
        ttl_ms: 5,
        window: None,
        declared: stamps(&names),
        extras: &*EXTRAS,
    };
    let ways = CODECS.iter().flat_map(|codec| COMPRESSIONS.iter().map(move |compression| (*codec, *compression)));
    ways.map(move |(codec, compression)| {
        let value = Form::new().encode(codec, &sample()).unwrap();
        (codec, draft.with_value(codec, compression, value).unwrap())
    })
}

/// Looks at all that can be looked at.
fn look(bytes: &[u8]) {
    let Some(blob) = Blob::parse(bytes) else { return };
    let _ = (blob.head().id(), blob.head().digest(), blob.head().schema(), blob.head().computed(), blob.has_value());
    let _ = (blob.declared().map(|stamp| stamp.name.len()).sum::<usize>(), blob.extras().count());
    for codec in CODECS {
        let _ = blob.value(*codec, Form::<Sample>::new());
        let _ = blob.value(*codec, Form::<Vec<Option<String>>>::new());
        let _ = blob.value(*codec, Form::<BTreeMap<u64, Vec<Kind>>>::new());
        let _ = blob.value(*codec, Form::<(u8, f32, char, [i64; 3])>::new());
    }
}

/// With a checksum that says that nothing is wrong.
fn sound(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= HEADER_LEN {
        (bytes[0], bytes[1]) = (MAGIC, LAYOUT);
        let crc = checksum(&bytes);
        bytes[CRC].copy_from_slice(&crc.to_le_bytes());
    }
    bytes
}

/// A blob with these parts, and a checksum that is right.
fn framed(flags: u8, codec: u8, names_len: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_LEN];
    bytes[2..4].copy_from_slice(&[flags, codec]);
    bytes[4..8].copy_from_slice(&names_len.to_le_bytes());
    bytes.extend(rest);
    sound(bytes)
}

#[test]
fn what_was_written_is_read() {
    for (codec, bytes) in written() {
        let blob = Blob::parse(&bytes).unwrap();
        assert_eq!(blob.value(codec, Form::<Sample>::new()).unwrap(), sample());
        assert_eq!(blob.declared().map(|stamp| stamp.name).collect::<Vec<_>>(), ["", "p/q", "a"]);
        assert_eq!(blob.extras().collect::<Vec<_>>(), *EXTRAS);
        assert_eq!((blob.head().digest(), blob.head().computed()), ([3; 16], Duration::from_millis(4)));
    }
}

#[test]
fn another_codec_is_no_value() {
    for (written, bytes) in written() {
        let blob = Blob::parse(&bytes).unwrap();
        for codec in CODECS.iter().filter(|codec| **codec != written) {
            assert_eq!(blob.value(*codec, Form::<Sample>::new()), None, "{written:?} as {codec:?}");
        }
    }
}

#[test]
fn every_part_of_a_value_is_damage_and_so_is_every_turned_bit() {
    for (codec, bytes) in written() {
        for len in 0..bytes.len() {
            assert!(Blob::parse(&bytes[..len]).is_none(), "cut off after {len} bytes");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut turned = bytes.to_vec();
                turned[at] ^= 1 << bit;
                // The flags may change where a blob lies; whatever they say, there is no other value in it.
                let read = Blob::parse(&turned).filter(|_| at == 2);
                assert_eq!(read.is_some(), Blob::parse(&turned).is_some(), "bit {bit} of byte {at}");
                let value = read.and_then(|blob| blob.value(codec, Form::<Sample>::new()));
                assert!(value.is_none_or(|value| value == sample()), "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn parts_of_a_value_with_a_checksum_that_is_right_are_no_value() {
    for (codec, bytes) in written() {
        for len in 0..bytes.len() {
            let part = sound(bytes[..len].to_vec());
            let value = Blob::parse(&part).and_then(|blob| blob.value(codec, Form::<Sample>::new()));
            assert_eq!(value, None, "{codec:?}, {len} of {} bytes", bytes.len());
        }
    }
}

/// How much memory this process has ever asked for, in KiB.
#[cfg(target_os = "linux")]
fn asked_for() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn who_claims_to_be_large_gets_no_memory_for_it() {
    let before = asked_for();
    for names_len in [1, 8, 1 << 20, u32::MAX] {
        assert!(Blob::parse(&framed(0, 1, names_len, b"")).is_none());
    }
    // MessagePack: an array, text, bytes and a map of 2³² - 1 elements; JSON has no lengths, postcard has them in front.
    let claims = [
        &b"\xdd\xff\xff\xff\xff\x01"[..],
        b"\xdb\xff\xff\xff\xffx",
        b"\xc6\xff\xff\xff\xffx",
        b"\xdf\xff\xff\xff\xff\x01",
    ];
    let claims = claims.into_iter().chain([&b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"[..]]);
    for claim in claims {
        for codec in CODECS {
            let bytes = framed(0, codec.id(), 0, claim);
            let blob = Blob::parse(&bytes).unwrap();
            assert_eq!(blob.value(*codec, Form::<Vec<u64>>::new()), None);
            assert_eq!(blob.value(*codec, Form::<String>::new()), None);
            assert_eq!(blob.value(*codec, Form::<BTreeMap<u64, u64>>::new()), None);
            look(&bytes);
        }
    }
    // Compressed: 4 GiB in LZ4, and a frame of Zstandard that says so and has no more to it.
    let frame = b"\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00";
    for payload in
        [&b"\x01\xff\xff\xff\xff\x00"[..], b"\x01\x00\x00\x00\x20\x00", &[b"\x02", &frame[..]].concat(), b"\x03", b""]
    {
        for codec in CODECS {
            let bytes = framed(COMPRESSED, codec.id(), 0, payload);
            assert_eq!(Blob::parse(&bytes).unwrap().value(*codec, Form::<Sample>::new()), None);
        }
    }
    assert!(asked_for() - before < 1 << 20, "no more than a GiB, which other tests may need meanwhile");
}

proptest! {
    #[test]
    fn any_bytes_are_looked_at_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        look(&bytes);
        look(&sound(bytes));
    }

    #[test]
    fn any_parts_in_a_sound_frame_are_looked_at_without_a_panic(
        flags in any::<u8>(),
        codec in 0..5_u8,
        names in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..60),
        payload in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..200),
        claimed in prop::option::of(any::<u32>()),
    ) {
        let names_len = claimed.unwrap_or_else(|| u32::try_from(names.len()).unwrap());
        look(&framed(flags, codec, names_len, &[names, payload].concat()));
    }

    #[test]
    fn values_with_some_bytes_changed_and_a_checksum_that_is_right_are_looked_at_without_a_panic(
        way in 0..CODECS.len() * COMPRESSIONS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        len in any::<prop::sample::Index>(),
    ) {
        let (_, bytes) = written().nth(way).unwrap();
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        look(&sound(bytes.clone()));
        bytes.truncate(len.index(bytes.len()));
        look(&sound(bytes));
    }
}
