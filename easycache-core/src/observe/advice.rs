//! Settings that contradict each other: each is named once, with the remedy.

use std::{collections::HashSet, fmt, time::Duration};

use super::Who;
use crate::{
    cache::{Call, Core},
    policy::Grace,
    sync::{Mutex, lock},
};

/// A contradiction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Advice {
    /// A function inherits from one whose values are in another cache.
    InheritsFromAnotherCache,
    /// A value lives longer than it is meant to: the backend counts in longer spans.
    TtlBelowGrain { ttl: Duration, grain: Duration },
    /// An audit passes over what cannot be compared.
    NotAudited,
    /// What is to be done with values that are not fresh.
    Late(&'static str),
    /// The backend cannot tell an expired value from one that was invalidated.
    NeverLate,
    /// A timeout of a call whose computation cannot be left.
    NotTimed,
}

/// What was said already, by function and advice.
#[derive(Debug, Default)]
pub(crate) struct Said(Mutex<HashSet<(&'static str, &'static str)>>);

impl Advice {
    /// What tells it from others.
    const fn name(self) -> &'static str {
        match self {
            Self::InheritsFromAnotherCache => "inherit",
            Self::TtlBelowGrain { .. } => "ttl",
            Self::NotAudited => "audit",
            Self::Late(_) => "late",
            Self::NeverLate => "never late",
            Self::NotTimed => "timeout",
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InheritsFromAnotherCache => f.write_str(
                "it says `inherit` and calls a function that is cached elsewhere, so that nothing of it is stored: give both \
                 one cache by `alias` or `cache`, or leave `inherit` out and name the tags it depends on",
            ),
            Self::TtlBelowGrain { ttl, grain } => write!(
                f,
                "a ttl of {ttl:?} is rounded up to {grain:?}, the shortest that the backend of its cache knows: give a longer \
                 one, or a cache in process by another `alias`",
            ),
            Self::NotAudited => f.write_str(
                "its cache is audited, and it says `local`: its values have no form that could be compared; leave `local` \
                 out, or `audit`",
            ),
            Self::Late(advice) => f.write_str(advice),
            Self::NeverLate => f.write_str(
                "the backend of its cache cannot tell an expired value from an invalidated one: nothing is served expired or \
                 refreshed early; give it a cache in process, on Redis or on memcached, or leave these policies out",
            ),
            Self::NotTimed => f.write_str(
                "its timeout has no effect: what `get_or_compute` computes borrows from its caller, who cannot leave it; ask by \
                 `get_or_refresh`",
            ),
        }
    }
}

impl Core {
    /// Looks for contradictions in the policy of a call that is not answered at once.
    pub(crate) fn advise_on(&self, call: &Call) {
        let grace = call.rules.grace;
        if grace == Grace::NONE {
            return;
        }
        if let Some(advice) = grace.advice() {
            self.advise(call.who(), Advice::Late(advice));
        }
        if grace.minds_age() && self.remote.as_ref().is_some_and(|remote| !remote.knows_expired()) {
            self.advise(call.who(), Advice::NeverLate);
        }
    }

    /// Says it once for each function, aloud. For the plain API, once for the cache.
    #[cold]
    pub(crate) fn advise(&self, who: Who<'_>, advice: Advice) {
        let is_new = lock(&self.said.0).insert((who.function(), advice.name()));
        // Not before the lock is free: what takes the log may call cached functions.
        if is_new {
            let (cache, function, key) = (self.name(who), who.function(), who.key);
            tracing::warn!(target: "easycache", cache, function, key, %advice, "settings contradict each other");
        }
    }
}
