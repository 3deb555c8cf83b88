//! Reading values elsewhere than what they depend on: their heads and everything else from the master, in one wave, and
//! their bodies from a replica.

use std::time::Duration;

use bytes::Bytes;
use easycache_core::{HEADER_LEN, Read, Result, Seen, Version};

use super::{
    Lefts, is_asked,
    read::{Found, Plan, beginning, head, others, seen, value},
};
use crate::{config::Address, error, lane::Wave, reply::Reply};

/// Which names to ask whom for.
pub(crate) struct Split<'a> {
    reads: &'a [Read],
    values: Plan<'a>,
    others: Plan<'a>,
    lefts: Lefts<'a>,
}

/// What the master has told.
pub(crate) struct Heads {
    /// The heads of the values, in the order of the reads that ask for one.
    values: Vec<Option<Bytes>>,
    /// Leases and stamps.
    others: Vec<Found>,
    /// How much longer values are kept.
    lefts: Vec<Option<Duration>>,
    epoch: Version,
}

/// The bodies that a replica has told, if it has.
type Bodies = Option<Vec<Option<Bytes>>>;

impl<'a> Split<'a> {
    pub(crate) fn new(reads: &'a [Read]) -> Self {
        let distinct = reads.len() < 2;
        let values = Plan::of(reads.iter().filter_map(value).collect(), distinct);
        let others = Plan::of(reads.iter().flat_map(others).collect(), distinct);
        Self { reads, values, others, lefts: Lefts::of(reads) }
    }

    /// Which values to ask a replica for.
    pub(crate) fn values(&self) -> &Plan<'a> {
        &self.values
    }

    /// What to ask the master for.
    pub(crate) fn wave(&self) -> Wave {
        let names = self.values.names();
        let mut wave = self.others.wave(&self.lefts);
        for name in names {
            wave.push(head(name));
        }
        wave
    }

    /// What the master has told.
    pub(crate) fn heads(&self, address: &Address, mut replies: Vec<Reply>, epoch: Version) -> Result<Heads> {
        let lefts = self.lefts.take(address, &mut replies)?;
        let values = self.values.names().len();
        let Some(at) = replies.len().checked_sub(values) else {
            return Err(error::garbled(address, "answers are missing"));
        };
        let heads = replies.split_off(at).into_iter().map(|reply| beginning(address, reply)).collect::<Result<_>>()?;
        let others = self.others.found(address, replies, epoch)?;
        Ok(Heads { values: self.values.in_order(heads), others, lefts, epoch })
    }

    /// What was seen by each read; none where the body is not the one that the head belongs to.
    pub(crate) fn seen(&self, heads: Heads, bodies: Bodies) -> Vec<Option<Seen>> {
        let (epoch, mut lefts) = (heads.epoch, heads.lefts.into_iter());
        let mut bodies = bodies.into_iter().flatten();
        let (mut heads, mut others) = (heads.values.into_iter(), heads.others.into_iter());
        let seen = self.reads.iter().map(|read| {
            let whole = value(read).map(|_| whole(heads.next().flatten(), bodies.next().flatten()));
            let fits = !matches!(whole, Some(Whole::Unknown));
            let whole = whole.map(|whole| if let Whole::Known(value) = whole { value } else { None });
            let whole = whole.map(|bytes| Found { bytes, epoch });
            let mut seen = seen(read, &mut whole.into_iter().chain(&mut others));
            if is_asked(read) {
                seen.left = lefts.next().flatten().filter(|_| seen.blob.is_some());
            }
            fits.then_some(seen)
        });
        seen.collect()
    }
}

impl Heads {
    /// Whether there is a value at all.
    pub(crate) fn any(&self) -> bool {
        self.values.iter().any(Option::is_some)
    }
}

/// A value, from its head there and its body here.
enum Whole {
    Known(Option<Bytes>),
    /// The body is another one's.
    Unknown,
}

/// The head has in it what the value is told by from all others. What is too short to have one is not ours.
fn whole(head: Option<Bytes>, body: Option<Bytes>) -> Whole {
    match (head, body) {
        (None, _) => Whole::Known(None),
        (Some(head), Some(body)) if head.len() == HEADER_LEN && body.starts_with(&head) => Whole::Known(Some(body)),
        _ => Whole::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use easycache_core::{Names, Want};

    use super::*;

    fn read(value: &str, stamps: &[&str], want: Want) -> Read {
        let stamps = stamps.iter().map(|&stamp| stamp.into()).collect();
        Read {
            names: Names { value: value.into(), lease: format!("lease of {value}").into(), stamps },
            want,
            left: false,
        }
    }

    fn bytes(text: impl AsRef<[u8]>) -> Reply {
        Reply::Bytes(Bytes::copy_from_slice(text.as_ref()))
    }

    fn value_of(id: u8, body: &str) -> Bytes {
        [&[id; HEADER_LEN], body.as_bytes()].concat().into()
    }

    #[test]
    fn a_body_counts_only_with_the_head_that_the_master_has() {
        let reads = [
            read("same", &["x"], Want::Peek),
            read("stamps", &["x"], Want::Stamps),
            read("other", &[], Want::Peek),
            read("gone", &["x"], Want::Peek),
            read("absent there", &[], Want::Peek),
            read("short", &[], Want::Peek),
            read("of another type", &[], Want::Peek),
            read("same", &[], Want::Peek),
        ];
        let split = Split::new(&reads);
        assert_eq!(split.values().names(), ["same", "other", "gone", "absent there", "short", "of another type"]);
        assert_eq!(split.wave().len(), 7);
        let wrong = crate::reply::ServerError { code: "WRONGTYPE".into(), detail: "".into() };
        let heads = [bytes([1; HEADER_LEN]), bytes([2; HEADER_LEN]), bytes(""), bytes([4; HEADER_LEN]), bytes("short")];
        let replies = std::iter::once(Reply::List(vec![bytes([7; 16])])).chain(heads).chain([Reply::Error(wrong)]);
        let heads = split.heads(&Address::new("h", 1), replies.collect(), Version::NONE).unwrap();
        assert!(heads.any());
        let (same, short) = (value_of(1, "body"), Bytes::from("short"));
        let of_replica = [Some(&same), Some(&value_of(3, "body")), Some(&same), None, Some(&short), None, Some(&same)];
        let bodies = of_replica.into_iter().map(Option::<&Bytes>::cloned).collect();
        let seen = split.seen(heads, Some(bodies));
        let told = seen.iter().map(|seen| seen.as_ref().map(|seen| seen.blob.clone())).collect::<Vec<_>>();
        let there = Some(Some(same));
        assert_eq!(told, [there.clone(), Some(None), None, Some(None), None, None, Some(None), there]);
        let stamps = |at: usize| seen[at].as_ref().unwrap().stamps.clone();
        assert_eq!((stamps(0), stamps(1), stamps(3)), (vec![Some(Version([7; 16])); 1], stamps(0), stamps(0)));
    }

    #[test]
    fn without_a_replicas_answer_only_what_is_absent_is_known() {
        let reads = [read("there", &[], Want::Peek), read("absent", &[], Want::Peek)];
        let split = Split::new(&reads);
        let heads = split.heads(&Address::new("h", 1), vec![bytes([1; HEADER_LEN]), bytes("")], Version::NONE).unwrap();
        let seen = split.seen(heads, None);
        assert_eq!(seen.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn answers_that_are_missing_are_an_error() {
        let reads = [read("k", &["x"], Want::Peek)];
        assert!(Split::new(&reads).heads(&Address::new("h", 1), vec![bytes("")], Version::NONE).is_err());
        assert!(Split::new(&reads).heads(&Address::new("h", 1), Vec::new(), Version::NONE).is_err());
    }
}
