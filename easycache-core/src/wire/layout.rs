//! What things are called in a backend.
//!
//! | name | is |
//! |---|---|
//! | `<ns>:v:{K}`, `<ns>:l:{K}` | the value of a key, and its lease |
//! | `<ns>:t:<tag>`, `<ns>:p:<prefix>` | a stamp |
//! | `<ns>:n` | the stamp of everything |
//! | `<ns>:T:<tag>`, `<ns>:P:<prefix>`, `<ns>:N` | their hard twins, which an invalidation moves and an expiry does not |
//! | `<ns>:c` | the clock of tags, which every invalidation of a tag moves |
//! | `<ns>:value:{K}`, `:map:`, `:set:`, `:sorted:`, `:sentinel:` | a collection |
//!
//! Keys, tags and prefixes are escaped when they come here: they have no braces, control characters or blanks of their
//! own accord. Where stamps are striped, a copy's number follows the name of a prefix and of everything.

use std::{borrow::Cow, time::Duration};

use blake3::hash;

use super::Extra;
use crate::{
    backend::{Caps, Names, Target},
    cache::{ListedKey, Targets, Verb},
    error::{Error, ErrorKind, Result},
    identity::{Identity, Space, StampName},
};

/// The names that a cache gives things in its backend.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    namespace: Box<str>,
    max_key: usize,
    stripes: u16,
    /// Whether tags have a clock.
    clock: bool,
    /// Whether the backend marks values as expired.
    soft: bool,
}

/// Which of two stamps of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The one that every call reads: where it has moved, a value is not fresh.
    Fresh,
    /// Its hard twin: where that has moved, a value is not served at all. Read by calls that serve expired values.
    Hard,
}

/// Where nothing else is said, names begin with that.
const NAMESPACE: &str = "ec";
/// What is between the namespace and the key of a value.
const VALUE: &str = ":v:{";

impl Layout {
    pub(crate) fn new(namespace: &str, caps: Caps) -> Result<Self> {
        check_namespace(namespace)?;
        let namespace = if namespace.is_empty() { NAMESPACE } else { namespace };
        let layout = Self {
            namespace: namespace.into(),
            max_key: caps.max_key,
            stripes: caps.stripes.max(1),
            clock: caps.ordered,
            soft: caps.soft,
        };
        if namespace.len() + 48 > caps.max_key {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                format!(
                    "the namespace {namespace:?} is too long for this backend, whose names have at most {} bytes: choose a shorter one",
                    caps.max_key
                ),
            ));
        }
        Ok(layout)
    }

    /// That of a cache without a backend, which has names of its own all the same: nobody else sees them.
    pub(crate) fn in_process() -> Self {
        Self { namespace: NAMESPACE.into(), max_key: usize::MAX, stripes: 1, clock: false, soft: false }
    }

    /// What all names begin with.
    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The names of a lookup.
    pub(crate) fn names(&self, identity: &Identity) -> Names {
        let mut names = self.of_key(identity.key());
        names.stamps = identity.stamps().map(|stamp| self.stamp(stamp, Kind::Fresh, identity.key())).collect();
        names
    }

    /// The names of the hard twins of a lookup's stamps, in their order.
    pub(crate) fn twins(&self, identity: &Identity) -> impl Iterator<Item = Box<str>> {
        identity.stamps().map(|stamp| self.stamp(stamp, Kind::Hard, identity.key()))
    }

    /// The names of a key's value and its lease, without stamps.
    pub(crate) fn of_key(&self, key: &str) -> Names {
        let inner = self.fitting(key, 5);
        let [value, lease] = [VALUE, ":l:{"].map(|kind| [&self.namespace, kind, &inner, "}"].concat().into());
        Names { value, lease, stamps: Vec::new() }
    }

    /// What the names of values begin with whose keys begin with that.
    pub(crate) fn values(&self, beginning: &str) -> Box<str> {
        [&self.namespace, VALUE, beginning].concat().into()
    }

    /// The key that is in the name of a value, or what stands for it there; none if it is no value's of this cache.
    pub(crate) fn key_of(&self, name: &str) -> Option<ListedKey> {
        let inner = name.strip_prefix(&*self.namespace)?.strip_prefix(VALUE)?.strip_suffix('}')?;
        let inner = inner.to_owned();
        Some(if is_hash(&inner) { ListedKey::hashed(inner) } else { ListedKey::plain(inner) })
    }

    /// The name of a collection, of a kind that is called so.
    pub(crate) fn collection(&self, kind: &str, key: &str) -> Box<str> {
        let inner = self.fitting(key, kind.len() + 4);
        [&self.namespace, ":", kind, ":{", &inner, "}"].concat().into()
    }

    /// The name of a stamp, as the value of `key` depends on it.
    fn stamp(&self, stamp: StampName<'_>, kind: Kind, key: &str) -> Box<str> {
        self.copy(stamp, kind, self.copy_for(stamp, key))
    }

    /// Which copy of a stamp the value of `key` depends on.
    fn copy_for(&self, stamp: StampName<'_>, key: &str) -> u16 {
        // Most have one: that is no question.
        let striped = self.stripes > 1 && stamp.space != Space::Tag;
        let copy = if striped { crc32c::crc32c(key.as_bytes()) % u32::from(self.stripes) } else { 0 };
        u16::try_from(copy).unwrap_or_default()
    }

    /// What the value of another key depends on that is made of the value of `key`: the copy that this one depends on.
    pub(crate) fn handed_up(&self, stamp: StampName<'_>, key: &str) -> Extra {
        Extra { space: stamp.space, name: stamp.name.into(), copy: self.copy_for(stamp, key) }
    }

    /// The name of a stamp that is known when the value is.
    pub(crate) fn extra(&self, extra: &Extra) -> Box<str> {
        self.copy(extra.stamp(), Kind::Fresh, extra.copy)
    }

    /// The name of its hard twin.
    pub(crate) fn twin_of(&self, extra: &Extra) -> Box<str> {
        self.copy(extra.stamp(), Kind::Hard, extra.copy)
    }

    /// The name of a stamp that has one copy.
    pub(crate) fn of_stamp(&self, stamp: StampName<'_>) -> Box<str> {
        self.copy(stamp, Kind::Fresh, 0)
    }

    /// The name of the clock of tags, if there is one.
    pub(crate) fn clock(&self) -> Option<Box<str>> {
        self.clock.then(|| format!("{}:c", self.namespace).into())
    }

    /// What to invalidate or expire, in this order, and which of the `targets` each belongs to, by number; the clock of tags
    /// belongs to none.
    pub(crate) fn targets(&self, targets: &Targets, verb: Verb) -> Vec<(Target, Option<usize>)> {
        // Before the tags themselves: who finds it unmoved knows that they have not moved either.
        let clock = self.clock().filter(|_| !targets.tags.is_empty()).map(|clock| (Target::Stamp(clock), None));
        let tags = targets.tags.iter().map(|name| StampName { space: Space::Tag, name });
        let prefixes = targets.prefixes.iter().map(|name| StampName { space: Space::Prefix, name });
        let stamps = tags.chain(prefixes).map(|stamp| self.copies(stamp, verb).collect::<Vec<_>>());
        let values = targets.keys.iter().map(|key| {
            let Names { value, lease, .. } = self.of_key(key);
            vec![match verb {
                Verb::Expire if self.soft => Target::Expire { value, lease },
                Verb::Expire | Verb::Invalidate => Target::Value { value, lease },
            }]
        });
        let each = stamps.chain(values).enumerate();
        let each = each.flat_map(|(number, targets)| targets.into_iter().map(move |target| (target, Some(number))));
        clock.into_iter().chain(each).collect()
    }

    /// What to hold for so long, after the clock of tags has moved: who has read it before finds it moved.
    pub(crate) fn holds(&self, targets: &Targets, life: Duration) -> Vec<Target> {
        let targets = self.targets(targets, Verb::Invalidate).into_iter();
        let held = targets.map(|(target, owner)| match (target, owner) {
            (Target::Stamp(stamp), Some(_)) => Target::Hold { stamp, life },
            (target, _) => target,
        });
        held.collect()
    }

    /// What to invalidate or expire for everything.
    pub(crate) fn everything(&self, verb: Verb) -> Vec<Target> {
        self.copies(StampName { space: Space::All, name: "" }, verb).collect()
    }

    /// All copies of a stamp; and of its twin, where that moves as well.
    fn copies(&self, stamp: StampName<'_>, verb: Verb) -> impl Iterator<Item = Target> {
        let copies = if stamp.space == Space::Tag { 1 } else { self.stripes };
        let kinds: &[Kind] = match verb {
            Verb::Invalidate => &[Kind::Fresh, Kind::Hard],
            Verb::Expire => &[Kind::Fresh],
        };
        kinds.iter().flat_map(move |kind| (0..copies).map(move |copy| Target::Stamp(self.copy(stamp, *kind, copy))))
    }

    fn copy(&self, StampName { space, name }: StampName<'_>, kind: Kind, copy: u16) -> Box<str> {
        let kind = match (space, kind) {
            (Space::All, Kind::Fresh) => ":n",
            (Space::All, Kind::Hard) => ":N",
            (Space::Prefix, Kind::Fresh) => ":p:",
            (Space::Prefix, Kind::Hard) => ":P:",
            (Space::Tag, Kind::Fresh) => ":t:",
            (Space::Tag, Kind::Hard) => ":T:",
        };
        let name = self.fitting(name, 10);
        // Put together by hand: it is done for every name of every call, and `format!` takes several times as long.
        if self.stripes == 1 || space == Space::Tag {
            return [&self.namespace, kind, &name].concat().into();
        }
        [&self.namespace, kind, &name, ":", &copy.to_string()].concat().into()
    }

    /// The text, or what stands for it if it has no place in a name beside the namespace and so many bytes more.
    fn fitting<'a>(&self, text: &'a str, more: usize) -> Cow<'a, str> {
        if self.namespace.len() + text.len() + more > self.max_key { hashed(text).into() } else { text.into() }
    }
}

/// What stands for text that is too long.
fn hashed(text: &str) -> String {
    let hash = hash(text.as_bytes()).to_hex();
    format!("#{}", &hash[..32])
}

/// Whether that stands for text that was too long.
fn is_hash(text: &str) -> bool {
    let is_digit = |c| matches!(c, '0'..='9' | 'a'..='f');
    text.strip_prefix('#').is_some_and(|hash| hash.len() == 32 && hash.chars().all(is_digit))
}

fn check_namespace(namespace: &str) -> Result<()> {
    match namespace.chars().find(|c| matches!(c, ':' | '{' | '}') || c.is_whitespace() || c.is_control()) {
        None => Ok(()),
        Some(c) => Err(Error::new(
            ErrorKind::InvalidConfig,
            format!(
                "the namespace {namespace:?} has {c:?} in it: choose one without colons, braces and blanks, such as \"shop-eu\""
            ),
        )),
    }
}
