//! Reading: one `MGET`, with each name once, and the heads of values that the caller may have.

use std::collections::HashMap;

use bytes::Bytes;
use easycache_core::{HEADER_LEN, Read, Result, Seen, Version, Want};

use super::{Lefts, odd, token, version};
use crate::{
    config::Address,
    error,
    lane::{Command, Wave},
    reply::Reply,
};

/// How many names one command asks for: a server takes about a million arguments.
pub(crate) const PORTION: usize = 1 << 19;

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
    /// How many of them are asked for as they are; of those behind them the first bytes are enough.
    whole: usize,
    /// The place in `names` of each name in the order of the reads; none if that is the order of `names`.
    places: Option<Vec<usize>>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(reads: &'a [Read]) -> Self {
        if reads.iter().any(is_head) {
            return Self::with_heads(reads);
        }
        let mut all = Vec::with_capacity(reads.iter().map(|read| read.names.stamps.len() + 2).sum());
        for read in reads {
            all.extend(names(read));
        }
        Self::of(all, reads.len() < 2)
    }

    /// To ask for these names; `distinct` says that each is there just once.
    pub(super) fn of(all: Vec<&'a str>, distinct: bool) -> Self {
        if distinct {
            return Self { whole: all.len(), names: all, places: None };
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
        Self { whole: names.len(), names, places }
    }

    fn with_heads(reads: &'a [Read]) -> Self {
        let wanted = |read: &'a Read| {
            let value = value(read).map(|name| (name, is_head(read)));
            value.into_iter().chain(others(read).map(|name| (name, false)))
        };
        let wanted = reads.iter().flat_map(wanted).collect::<Vec<_>>();
        let of_kind = |head: bool| {
            let names = wanted.iter().filter(|(_, is_head)| *is_head == head).map(|(name, _)| *name);
            Self::of(names.collect(), false)
        };
        let (wholes, heads) = (of_kind(false), of_kind(true));
        let whole = wholes.names.len();
        let mut of_wholes = wholes.places.into_iter().flatten();
        let mut of_heads = heads.places.into_iter().flatten();
        let place = |(_, is_head): &(&str, bool)| {
            if *is_head { of_heads.next().map(|place| whole + place) } else { of_wholes.next() }
        };
        let places = Some(wanted.iter().filter_map(place).collect());
        Self { names: [wholes.names, heads.names].concat(), whole, places }
    }

    /// Each name once.
    pub(crate) fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// How many of the names are asked for as they are. The others are values of which [`head`] is asked for.
    pub(crate) fn whole(&self) -> usize {
        self.whole
    }

    /// The commands that ask one server for all of them, and before that how much longer values are kept.
    pub(crate) fn wave(&self, lefts: &Lefts<'_>) -> Wave {
        let (whole, heads) = self.names.split_at(self.whole);
        let mut wave = Wave::new(whole.len().div_ceil(PORTION) + heads.len() + lefts.values().len());
        lefts.push(&mut wave);
        for names in whole.chunks(PORTION) {
            wave.push(get(names));
        }
        for value in heads {
            wave.push(head(value));
        }
        wave
    }

    /// What one server has under each name, in the order of the reads.
    pub(crate) fn found(&self, address: &Address, replies: Vec<Reply>, epoch: Version) -> Result<Vec<Found>> {
        let mut found = Vec::with_capacity(self.names.len());
        let mut replies = replies.into_iter();
        for (names, reply) in self.names[..self.whole].chunks(PORTION).zip(&mut replies) {
            found.extend(got(address, names.len(), reply, epoch)?);
        }
        for reply in replies {
            found.push(Found { bytes: beginning(address, reply)?, epoch });
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

/// The command that asks for the beginning of a value.
pub(crate) fn head(value: &str) -> Command {
    Command::new("GETRANGE").arg(value).int(0).int(HEADER_LEN as u64 - 1)
}

/// The first bytes of a value; none if there is none, or one of another type, as in an answer to `MGET`.
pub(crate) fn beginning(address: &Address, reply: Reply) -> Result<Option<Bytes>> {
    match reply {
        Reply::Bytes(head) if head.is_empty() => Ok(None),
        Reply::Bytes(head) => Ok(Some(head)),
        Reply::Nil => Ok(None),
        Reply::Error(refusal) if &*refusal.code == "WRONGTYPE" => Ok(None),
        other => Err(odd(address, &other)),
    }
}

/// Whether the beginning of the value is all that is asked for of it.
fn is_head(read: &Read) -> bool {
    matches!(read.want, Want::Header { .. })
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
pub(crate) fn value(read: &Read) -> Option<&str> {
    read.want.has_value().then_some(&*read.names.value)
}

/// The names of whatever else it asks for: lease, stamps.
pub(super) fn others(read: &Read) -> impl Iterator<Item = &str> {
    read.want.lease().map(|_| &*read.names.lease).into_iter().chain(read.names.stamps.iter().map(AsRef::as_ref))
}

/// What was seen, from what is under the names that [`Plan`] has asked for, in their order. The origin is the epoch of
/// the server that has the value; who asks for stamps alone learns nothing about that server.
pub(crate) fn seen(read: &Read, found: &mut impl Iterator<Item = Found>) -> Seen {
    let mut seen = Seen::default();
    if read.want.has_value() {
        let value = found.next();
        seen.origin = value.as_ref().map(|value| value.epoch);
        seen.blob = value.and_then(|value| value.bytes);
        if read.want.lease().is_some() {
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
    fn of_values_that_the_caller_may_have_the_beginning_is_asked_for() {
        let header = Want::Header { lease: Some(std::time::Duration::from_secs(1)) };
        let reads = [
            read("a", &["x"], header),
            read("b", &["x"], Want::Peek),
            read("a", &[], header),
            read("a", &[], Want::Peek),
        ];
        let plan = Plan::new(&reads);
        assert_eq!((plan.names(), plan.whole()), (&["lease of a", "x", "b", "a", "a"][..], 4));
        assert_eq!(plan.wave(&Lefts::of(&reads)).len(), 2);
        let replies = || vec![Reply::List(vec![bytes("L"), bytes("X"), bytes("B"), bytes("A")]), bytes("head")];
        let found = plan.found(&Address::new("h", 1), replies(), Version::NONE).unwrap();
        let texts = found.iter().map(|it| it.bytes.as_deref().map_or("-", |bytes| str::from_utf8(bytes).unwrap()));
        assert_eq!(texts.collect::<Vec<_>>(), ["head", "L", "X", "B", "X", "head", "L", "A"]);
        assert!(plan.found(&Address::new("h", 1), replies()[..1].to_vec(), Version::NONE).is_err());

        let reads = [read("a", &["x"], header)];
        let plan = Plan::new(&reads);
        let replies = vec![Reply::List(vec![Reply::Nil, bytes("X")]), bytes("")];
        let found = plan.found(&Address::new("h", 1), replies, Version::NONE).unwrap();
        assert_eq!(found.iter().map(|it| it.bytes.is_some()).collect::<Vec<_>>(), [false, false, true]);
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
