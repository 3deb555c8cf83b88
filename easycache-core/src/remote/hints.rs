//! What results have depended on besides their arguments: a guess at what to read together with a value.

use std::sync::Arc;

use super::Remote;
use crate::{
    cache::Call,
    sync::{Map, Sharded},
    wire::Extra,
};

/// How many keys of one shard are remembered. When there are more, all of the shard are forgotten: a guess that is
/// missing costs a round trip.
const LIMIT: usize = 256;

/// The extras of the last result of a key, as far as this process has seen it.
#[derive(Debug)]
pub(super) struct Hints {
    by_key: Sharded<Map<Box<str>, Extras>>,
}

/// The extras of one result, sorted.
pub(super) type Extras = Arc<[Extra]>;

impl Hints {
    pub(super) fn new() -> Self {
        Self { by_key: Sharded::new(64) }
    }

    pub(super) fn of(&self, key: &str) -> Extras {
        self.by_key.of(key).get(key).map_or_else(|| Extras::from([]), Arc::clone)
    }

    pub(super) fn remember(&self, key: &str, extras: &Extras) {
        let mut by_key = self.by_key.of(key);
        match by_key.get_mut(key) {
            Some(known) => *known = Arc::clone(extras),
            None if extras.is_empty() => {}
            None => {
                if by_key.len() >= LIMIT {
                    by_key.clear();
                }
                by_key.insert(key.into(), Arc::clone(extras));
            }
        }
    }
}

impl Remote {
    /// The extras that the result of a call is likely to have.
    pub(super) fn guess(&self, call: &Call) -> Extras {
        if call.rules.open_tags { self.hints.of(call.identity.key()) } else { Extras::from([]) }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let hints = Hints::new();
        for key in 0..100_000 {
            hints.remember(&key.to_string(), &Extras::from([Extra::tag("tag")]));
        }
        let known = (0..100_000).filter(|key| !hints.of(&key.to_string()).is_empty()).count();
        assert!((1..=64 * LIMIT).contains(&known), "{known}");
        assert!(!hints.of("99999").is_empty());
    }
}
