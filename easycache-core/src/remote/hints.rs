//! Tags that results have had: a guess at what to read together with a value.

use std::sync::Arc;

use super::Remote;
use crate::{
    cache::Call,
    sync::{Map, Sharded},
};

/// How many keys of one shard are remembered. When there are more, all of the shard are forgotten: a guess that is
/// missing costs a round trip.
const LIMIT: usize = 256;

/// The tags that came with the last result of a key, as far as this process has seen it.
#[derive(Debug)]
pub(super) struct Hints {
    by_key: Sharded<Map<Box<str>, Tags>>,
}

/// The tags of one result, sorted.
pub(super) type Tags = Arc<[Box<str>]>;

impl Hints {
    pub(super) fn new() -> Self {
        Self { by_key: Sharded::new(64) }
    }

    pub(super) fn of(&self, key: &str) -> Tags {
        self.by_key.of(key).get(key).map_or_else(|| Tags::from([]), Arc::clone)
    }

    pub(super) fn remember(&self, key: &str, tags: &Tags) {
        let mut by_key = self.by_key.of(key);
        match by_key.get_mut(key) {
            Some(known) => *known = Arc::clone(tags),
            None if tags.is_empty() => {}
            None => {
                if by_key.len() >= LIMIT {
                    by_key.clear();
                }
                by_key.insert(key.into(), Arc::clone(tags));
            }
        }
    }
}

impl Remote {
    /// The tags that the result of a call is likely to have.
    pub(super) fn guess(&self, call: &Call) -> Tags {
        if call.rules.open_tags { self.hints.of(call.identity.key()) } else { Tags::from([]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let hints = Hints::new();
        for key in 0..100_000 {
            hints.remember(&key.to_string(), &Tags::from(["tag".into()]));
        }
        let known = (0..100_000).filter(|key| !hints.of(&key.to_string()).is_empty()).count();
        assert!((1..=64 * LIMIT).contains(&known), "{known}");
        assert!(!hints.of("99999").is_empty());
    }
}
