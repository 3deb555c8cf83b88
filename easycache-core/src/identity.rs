//! What a lookup is about: the one place that knows how a key is laid out.
//!
//! A full key is `key`, or `prefix|key`; `/` makes levels of a prefix. All text here is already escaped.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::error::{Error, ErrorKind, Result};

/// Joins a prefix to a key.
pub(crate) const JOINT: char = '|';
/// Separates the levels of a prefix.
const LEVEL: char = '/';

/// The name of a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct StampName<'a> {
    pub(crate) space: Space,
    pub(crate) name: &'a str,
}

/// The separate worlds that names live in: a tag is never a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Space {
    /// Everything in the cache; has one stamp, with an empty name.
    All,
    Tag,
    Prefix,
}

/// The identity of a lookup: its full key and the names of its tags. Two lookups meet only if both are the same.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    key: Box<str>,
    /// Sorted, each once.
    tags: Box<[Box<str>]>,
}

impl Identity {
    /// The identity made of a full key and tags, after a look at each.
    pub(crate) fn new(key: String, mut tags: Vec<Box<str>>) -> Result<Arc<Self>> {
        check_key(&key)?;
        tags.iter().try_for_each(|tag| check_tag(tag))?;
        tags.sort_unstable();
        tags.dedup();
        Ok(Arc::new(Self { key: key.into(), tags: tags.into() }))
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn tags(&self) -> &[Box<str>] {
        &self.tags
    }

    /// Every stamp that an entry of this identity depends on: all, each level of the prefix, each tag.
    pub(crate) fn stamps(&self) -> impl Iterator<Item = StampName<'_>> {
        let all = StampName { space: Space::All, name: "" };
        let levels = prefix_of(&self.key).into_iter().flat_map(levels);
        std::iter::once(all)
            .chain(levels.map(|name| StampName { space: Space::Prefix, name }))
            .chain(self.tags.iter().map(|name| StampName { space: Space::Tag, name }))
    }
}

/// `prefix|key`, or the key alone where there is no prefix.
pub(crate) fn join(prefix: Option<&str>, key: &str) -> String {
    match prefix {
        Some(prefix) => [prefix, key].join("|"),
        None => key.to_owned(),
    }
}

/// `tenant:7/shop:3` is gone with `tenant:7` and with `tenant:7/shop:3`.
fn levels(prefix: &str) -> impl Iterator<Item = &str> {
    prefix.match_indices(LEVEL).map(|(at, _)| &prefix[..at]).chain(std::iter::once(prefix))
}

/// The prefix in a full key.
pub(crate) fn prefix_of(key: &str) -> Option<&str> {
    key.split_once(JOINT).map(|(prefix, _)| prefix)
}

/// Whether a full key can be used.
pub(crate) fn check_key(key: &str) -> Result<()> {
    let own = match key.split_once(JOINT) {
        Some((prefix, own)) => {
            check_prefix(prefix)?;
            own
        }
        None => key,
    };
    if own.contains(JOINT) {
        return Err(invalid(format!(
            "the key {key:?} has more than one `|`: one `|` joins the prefix to the key, any other is written `%7C` (`cache_key!` does so)"
        )));
    }
    check_text("key", own)
}

/// Whether a tag can be used.
pub(crate) fn check_tag(tag: &str) -> Result<()> {
    check_text("tag", tag)
}

/// Whether a prefix can be used.
pub(crate) fn check_prefix(prefix: &str) -> Result<()> {
    if prefix.contains(JOINT) {
        return Err(invalid(format!("the prefix {prefix:?} has a `|` in it: write it as `%7C` (`tag!` does so)")));
    }
    if !prefix.is_empty() && prefix.split(LEVEL).any(str::is_empty) {
        return Err(invalid(format!(
            "the prefix {prefix:?} has an empty level: every `/` separates two levels, a `/` in a level is written `%2F` (`tag!` does so)"
        )));
    }
    check_text("prefix", prefix)
}

fn check_text(what: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(invalid(format!("the {what} is empty: give it at least one character")));
    }
    match text.chars().find(|c| matches!(c, '{' | '}') || c.is_control()) {
        Some(c) => Err(invalid(format!(
            "the {what} {text:?} has {c:?} in it, which must be percent-escaped: `cache_key!` and `tag!` do so"
        ))),
        None => Ok(()),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidName, message)
}

/// An identity in the place of a key of a map, found there by its full key alone.
#[derive(Clone, Debug)]
pub(crate) struct ByKey(pub(crate) Arc<Identity>);

impl Borrow<str> for ByKey {
    fn borrow(&self) -> &str {
        self.0.key()
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key().hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl Eq for ByKey {}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamps(key: &str, tags: &[&str]) -> Vec<String> {
        let identity = Identity::new(key.to_owned(), tags.iter().map(|&tag| tag.into()).collect()).unwrap();
        identity.stamps().map(|stamp| format!("{:?} {}", stamp.space, stamp.name)).collect()
    }

    #[test]
    fn an_entry_depends_on_every_level_of_its_prefix_and_on_each_tag_once() {
        assert_eq!(stamps("user:1", &[]), ["All "]);
        assert_eq!(
            stamps("tenant:7/shop:3|goods:1", &["b", "a", "b"]),
            ["All ", "Prefix tenant:7", "Prefix tenant:7/shop:3", "Tag a", "Tag b"]
        );
    }

    #[test]
    fn names_that_would_be_misread_are_refused_with_advice() {
        for (key, advice) in [
            ("", "the key is empty"),
            ("a|b|c", "more than one `|`"),
            ("|a", "the prefix is empty"),
            ("a//b|c", "an empty level"),
            ("a/|c", "an empty level"),
            ("a|", "the key is empty"),
            ("a{b", "must be percent-escaped"),
            ("a\nb", "must be percent-escaped"),
        ] {
            let error = check_key(key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidName);
            assert!(error.to_string().contains(advice), "{key:?}: {error}");
        }
    }
}
