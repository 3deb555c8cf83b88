//! Reading: one `MGET`, with each name once.

use std::collections::HashMap;

use bytes::Bytes;
use easycache_core::{Read, Result, Seen, Version, Want};

use super::{Lefts, odd, token, version};
use crate::{
    config::Address,
    error,
    lane::{Command, Wave},
    reply::Reply,
};

/// A server takes about a million arguments.
const PORTION: usize = 1 << 19;

/// What is under a name.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) bytes: Option<Bytes>,
    /// Of the server that has said so.
    pub(crate) epoch: Version,
}

/// Which names to ask for, and where each is in the answer.
pub(crate) struct Plan<'a> {
    names: Vec<&'a str>,
    /// The place in `names` of each name in the order of the reads; none if that is the order of `names`.
    places: Option<Vec<usize>>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(reads: &'a [Read]) -> Self {
        let mut all = Vec::with_capacity(reads.iter().map(|read| read.names.stamps.len() + 2).sum());
        for read in reads {
            all.extend(names(read));
        }
        Self::of(all, reads.len() < 2)
    }

    /// To ask for these names; `distinct` says that each is there just once.
    pub(super) fn of(all: Vec<&'a str>, distinct: bool) -> Self {
        if distinct {
            return Self { names: all, places: None };
        }
        let mut known = HashMap::with_capacity(all.len());
        let mut names = Vec::with_capacity(all.len());
        let place = |name| {
            *known.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() - 1
            })
        };
        let places = Some(all.into_iter().map(place).collect());
        Self { names, places }
    }

    /// Each name once.
    pub(crate) fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// The commands that ask one server for all of them, and before that how much longer values are kept.
    pub(crate) fn wave(&self, lefts: &Lefts<'_>) -> Wave {
        let mut wave = Wave::new(self.names.len().div_ceil(PORTION) + lefts.values().len());
        lefts.push(&mut wave);
        for names in self.names.chunks(PORTION) {
            wave.push(get(names));
        }
        wave
    }

    /// What one server has under each name, in the order of the reads.
    pub(crate) fn found(&self, address: &Address, replies: Vec<Reply>, epoch: Version) -> Result<Vec<Found>> {
        let mut found = Vec::with_capacity(self.names.len());
        let portions = self.names.chunks(PORTION).zip(replies);
        for (names, reply) in portions {
            found.extend(got(address, names.len(), reply, epoch)?);
        }
        if found.len() != self.names.len() {
            return Err(error::garbled(address, "answers are missing"));
        }
        Ok(self.in_order(found))
    }

    /// Takes what belongs to each name that is asked for, and returns it in the order that they were given in.
    pub(crate) fn in_order<T: Clone>(&self, found: Vec<T>) -> Vec<T> {
        match &self.places {
            None => found,
            Some(places) => places.iter().map(|&place| found[place].clone()).collect(),
        }
    }
}

/// The command that asks for those. What is under them and no string is absent to it.
pub(crate) fn get(names: &[impl AsRef<str>]) -> Command {
    let bytes = names.iter().map(|name| name.as_ref().len()).sum();
    Command::sized("MGET", names.len(), bytes).args(names.iter().map(|name| name.as_ref().as_bytes()))
}

/// What came of it, for that many names.
pub(crate) fn got(
    address: &Address,
    names: usize,
    reply: Reply,
    epoch: Version,
) -> Result<impl Iterator<Item = Found> + use<>> {
    match reply {
        Reply::List(values) if values.len() == names => {
            Ok(values.into_iter().map(move |value| Found { bytes: value.bytes(), epoch }))
        }
        Reply::List(_) => Err(error::garbled(address, "values are missing")),
        other => Err(odd(address, &other)),
    }
}

/// How many names a read asks for.
pub(crate) fn asked(read: &Read) -> usize {
    names(read).count()
}

/// The names that a read asks for: value, lease, stamps.
fn names(read: &Read) -> impl Iterator<Item = &str> {
    value(read).into_iter().chain(others(read))
}

/// The name of the value, if the read asks for it.
pub(super) fn value(read: &Read) -> Option<&str> {
    (read.want != Want::Stamps).then_some(&*read.names.value)
}

/// The names of whatever else it asks for: lease, stamps.
pub(super) fn others(read: &Read) -> impl Iterator<Item = &str> {
    let lease = !matches!(read.want, Want::Stamps | Want::Peek);
    lease.then_some(&*read.names.lease).into_iter().chain(read.names.stamps.iter().map(AsRef::as_ref))
}

/// What was seen, from what is under the names that [`Plan`] has asked for, in their order. The origin is the epoch of
/// the server that has the value; who asks for stamps alone learns nothing about that server.
pub(crate) fn seen(read: &Read, found: &mut impl Iterator<Item = Found>) -> Seen {
    let mut seen = Seen::default();
    if read.want != Want::Stamps {
        let value = found.next();
        seen.origin = value.as_ref().map(|value| value.epoch);
        seen.blob = value.and_then(|value| value.bytes);
        if read.want != Want::Peek {
            seen.lease = found.next().and_then(|lease| token(lease.bytes));
        }
    }
    let stamps = read.names.stamps.iter().map(|_| found.next());
    seen.stamps = stamps.map(|stamp| stamp.and_then(|stamp| version(stamp.bytes, stamp.epoch))).collect();
    seen
}

#[cfg(test)]
mod tests {
    use easycache_core::Names;

    use super::*;

    fn read(value: &str, stamps: &[&str], want: Want) -> Read {
        let stamps = stamps.iter().map(|&stamp| stamp.into()).collect();
        let names = Names { value: value.into(), lease: format!("lease of {value}").into(), stamps };
        Read { names, want, left: false }
    }

    fn bytes(text: &str) -> Reply {
        Reply::Bytes(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_batch_asks_for_each_name_once() {
        let reads =
            [read("a", &["x", "y"], Want::Peek), read("b", &["y", "z"], Want::Stamps), read("a", &["z"], Want::Peek)];
        let plan = Plan::new(&reads);
        assert_eq!(plan.names, ["a", "x", "y", "z"]);
        assert_eq!(plan.wave(&Lefts::of(&[])).len(), 1);

        let replies = vec![Reply::List(vec![bytes("A"), bytes("X"), Reply::Nil, bytes("Z")])];
        let found = plan.found(&Address::new("h", 1), replies, Version::NONE).unwrap();
        let texts = found.iter().map(|it| it.bytes.as_deref().map_or("-", |bytes| str::from_utf8(bytes).unwrap()));
        assert_eq!(texts.collect::<String>(), "AX--ZAZ");
    }

    #[test]
    fn an_answer_that_is_too_short_is_an_error() {
        let reads = [read("a", &["x"], Want::Peek)];
        let replies = vec![Reply::List(vec![bytes("A")])];
        assert!(Plan::new(&reads).found(&Address::new("h", 1), replies, Version::NONE).is_err());
    }

    #[test]
    fn what_is_not_16_bytes_long_is_neither_a_version_nor_a_token() {
        let read = read("a", &["x", "y"], Want::Full { lease: std::time::Duration::from_secs(1) });
        let found = [Some("blob"), Some("short"), Some("0123456789abcdef"), Some("0123456789abcdefg")];
        let bytes = found.into_iter().map(|found| found.map(|text| Bytes::from_static(text.as_bytes())));
        let seen = seen(&read, &mut bytes.map(|bytes| Found { bytes, epoch: Version::NONE }));
        assert_eq!(seen.blob.as_deref(), Some(&b"blob"[..]));
        assert_eq!(seen.lease, None);
        assert_eq!(seen.stamps, [Version::from_slice(b"0123456789abcdef"), None]);
        assert_eq!(seen.origin, Some(Version::NONE));
    }
}
