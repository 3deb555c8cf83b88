//! What is sent.

use std::{sync::Arc, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use easycache_core::Version;

use super::Facts;
use crate::{grant::Permit, key::Key};

/// A command for the server.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) key: Key,
    pub(crate) verb: Verb,
    /// It is about a lease that was granted before: only where the server cannot be another since.
    pub(crate) permit: Option<Permit>,
}

/// What is done under a key.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    /// Tells of an item what these flags ask for.
    Look(&'static str),
    /// The same; and if there is no item, makes an empty one for so many seconds, and tells who has made it.
    LookOrLease(&'static str, u64),
    /// Stores a fresh version where there is nothing.
    Mint,
    /// Stores a fresh version where there is something.
    Bump,
    /// Stores a fresh version that says that the stamp is held, wherever it is, for so long.
    HoldBack { life: Duration },
    /// Marks an item as outdated, so that the next who looks is told to compute; only in that state, if one is named. It
    /// lives for so many seconds then, if that is said.
    Outdate { cas: Option<u64>, seconds: Option<u64> },
    /// Stores what says that somebody computes, where there is nothing.
    Claim { first: u64, seconds: u64 },
    /// Prolongs the life of an item.
    Prolong { seconds: u64 },
    /// Stores what says that somebody computes, in the place of the item in that state.
    Hold { cas: u64, seconds: u64, first: u64 },
    /// Stores a value in the place of the item in that state.
    Store { cas: u64, ttl: Duration, blob: Bytes },
    /// The same, of a value that lives until that date, which is noted beside it.
    Keep { cas: u64, until: u64, blob: Bytes },
    /// Stores a value in a mode: whatever is there (`MS`), where there is nothing (`ME`), or where there is something (`MR`).
    Write { mode: &'static str, ttl: Duration, blob: Bytes },
    /// Asks the server about itself.
    Stats,
    /// Deletes an item; only in that state, if one is named.
    Delete { cas: Option<u64> },
}

/// Commands that are sent together, and answered in one round trip.
pub(crate) type Wave = Arc<[Command]>;

impl Command {
    pub(crate) fn new(key: Key, verb: Verb) -> Self {
        Self { key, verb, permit: None }
    }

    pub(crate) fn under(self, permit: Permit) -> Self {
        Self { permit: Some(permit), ..self }
    }

    /// The bytes of the request. The version in it is a fresh one each time: written a second time it would revive what
    /// others have invalidated in between.
    pub(super) fn write(&self, to: &mut BytesMut, facts: &Facts) {
        let key = self.key.as_bytes();
        match &self.verb {
            Verb::Look(flags) => line(to, &[b"mg", key, flags.as_bytes()]),
            Verb::LookOrLease(flags, seconds) => {
                line(to, &[b"mg", key, flags.as_bytes(), flag('N', *seconds).as_bytes()]);
            }
            Verb::Mint => data(to, key, &Version::mint().0, &["ME"]),
            Verb::HoldBack { life } => data(to, key, &Version::mint_held().0, &[&flag('T', facts.life(*life))]),
            Verb::Bump => data(to, key, &Version::mint().0, &["MR"]),
            Verb::Outdate { cas, seconds } => {
                let (cas, seconds) = (cas.map(|cas| flag('C', cas)), seconds.map(|seconds| flag('T', seconds)));
                let [cas, seconds] = [&cas, &seconds].map(|flag| flag.as_deref().unwrap_or_default().as_bytes());
                line(to, &[b"md", key, b"I", cas, seconds]);
            }
            Verb::Claim { first, seconds } => data(to, key, &first.to_be_bytes(), &["ME", &flag('T', *seconds)]),
            Verb::Prolong { seconds } => line(to, &[b"mg", key, flag('T', *seconds).as_bytes()]),
            Verb::Hold { cas, seconds, first } => {
                data(to, key, &first.to_be_bytes(), &["c", &flag('C', *cas), &flag('T', *seconds)]);
            }
            Verb::Store { cas, ttl, blob } => data(to, key, blob, &[&flag('C', *cas), &flag('T', facts.life(*ttl))]),
            Verb::Keep { cas, until, blob } => {
                data(to, key, blob, &[&flag('C', *cas), &flag('T', *until), &flag('F', *until)]);
            }
            Verb::Write { mode, ttl, blob } => data(to, key, blob, &[mode, &flag('T', facts.life(*ttl))]),
            Verb::Stats => line(to, &[b"stats"]),
            Verb::Delete { cas } => {
                line(to, &[b"md", key, cas.map(|cas| flag('C', cas)).unwrap_or_default().as_bytes()]);
            }
        }
    }

    /// How many bytes that are about.
    pub(super) fn size(&self) -> usize {
        self.key.as_bytes().len()
            + match &self.verb {
                Verb::Store { blob, .. } | Verb::Keep { blob, .. } | Verb::Write { blob, .. } => blob.len() + 64,
                _ => 48,
            }
    }
}

/// A command that does nothing.
pub(super) const NOTHING: &[u8] = b"mn\r\n";

fn line(to: &mut BytesMut, words: &[&[u8]]) {
    for word in words.iter().filter(|word| !word.is_empty()) {
        to.put_slice(word);
        to.put_u8(b' ');
    }
    let end = to.len() - 1;
    to.truncate(end);
    to.put_slice(b"\r\n");
}

fn data(to: &mut BytesMut, key: &[u8], data: &[u8], flags: &[&str]) {
    let length = data.len().to_string();
    let mut words = vec![&b"ms"[..], key, length.as_bytes()];
    words.extend(flags.iter().map(|flag| flag.as_bytes()));
    line(to, &words);
    to.put_slice(data);
    to.put_slice(b"\r\n");
}

fn flag(name: char, value: u64) -> String {
    format!("{name}{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(verb: Verb) -> String {
        let mut bytes = BytesMut::new();
        Command::new(Key::of("k"), verb).write(&mut bytes, &Facts::of_test());
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn commands_are_written_as_the_protocol_has_them() {
        for (verb, expected) in [
            (Verb::Look("v"), "mg k v\r\n"),
            (Verb::LookOrLease("v c t", 3), "mg k v c t N3\r\n"),
            (Verb::Outdate { cas: None, seconds: None }, "md k I\r\n"),
            (Verb::Outdate { cas: Some(7), seconds: Some(3) }, "md k I C7 T3\r\n"),
            (Verb::Hold { cas: 7, seconds: 3, first: 0x4142_4344_4546_4748 }, "ms k 8 c C7 T3\r\nABCDEFGH\r\n"),
            (Verb::Claim { first: 0x4142_4344_4546_4748, seconds: 3 }, "ms k 8 ME T3\r\nABCDEFGH\r\n"),
            (Verb::Prolong { seconds: 3 }, "mg k T3\r\n"),
            (Verb::Stats, "stats\r\n"),
            (Verb::Delete { cas: None }, "md k\r\n"),
            (Verb::Delete { cas: Some(7) }, "md k C7\r\n"),
        ] {
            assert_eq!(written(verb), expected);
        }
        let (blob, ttl) = (Bytes::from_static(b"blob"), Duration::from_secs(60));
        assert_eq!(written(Verb::Store { cas: 7, ttl, blob: blob.clone() }), "ms k 4 C7 T60\r\nblob\r\n");
        let keep = Verb::Keep { cas: 7, until: 2_000_000_000, blob: blob.clone() };
        assert_eq!(written(keep), "ms k 4 C7 T2000000000 F2000000000\r\nblob\r\n");
        assert_eq!(written(Verb::Write { mode: "ME", ttl, blob }), "ms k 4 ME T60\r\nblob\r\n");
    }

    #[test]
    fn each_writing_has_a_version_of_its_own() {
        for (verb, mode) in [(Verb::Mint, "ME"), (Verb::Bump, "MR")] {
            let command = Command::new(Key::of("k"), verb);
            let [one, other] = [(); 2].map(|()| {
                let mut bytes = BytesMut::new();
                command.write(&mut bytes, &Facts::of_test());
                bytes
            });
            assert!(one.starts_with(format!("ms k 16 {mode}\r\n").as_bytes()));
            assert_eq!(one.len(), 12 + 16 + 2);
            assert_ne!(one, other);
        }
    }
}
