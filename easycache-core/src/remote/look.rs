//! One look at the backend.

use std::{sync::Arc, time::Duration};

use super::{
    hints::Tags,
    lease::{Held, LeaseSought},
    trip::Trip,
    verdict::{Last, Missing, Sought},
};
use crate::{
    backend::{Names, On, Read, Seen, Want},
    error::Result,
    flight::{Basis, Grounds},
    value::LocalValue,
};

/// The shortest and the longest lease: three times what the last computation took lies in between.
const LEASE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// A stamp lives that much longer than the value, and that long at least.
const KEEP: (u32, Duration) = (4, Duration::from_secs(24 * 60 * 60));

/// What a look has shown.
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is there")]
pub(super) enum Look<V> {
    Value(V),
    Miss(Missed),
}

/// What there was instead of a value that may be served.
#[derive(Debug)]
pub(super) struct Missed {
    /// When a lease is to be granted.
    on: On,
    /// How long the last computation took.
    computed: Duration,
    /// What the caller could share a computation on.
    pub(super) grounds: Option<Grounds>,
    /// A lease that came with the look.
    pub(super) held: Option<Held>,
    /// Tags that the result will have, as far as one can guess.
    extras: Tags,
}

impl Missed {
    /// For a caller that computes whatever is there.
    pub(super) fn of_refresh(extras: Tags) -> Self {
        Self { on: On::Replace, computed: Duration::ZERO, grounds: None, held: None, extras }
    }

    fn of(seen: &Seen, last: Option<Last>, declared: usize, guessed: Tags) -> Self {
        let on = match (&seen.blob, &last) {
            (None, _) => On::Miss(None),
            (Some(_), Some(last)) => On::Miss(Some(last.id)),
            // It has no id that it could be told by: it has to go, whoever computes.
            (Some(_), None) => On::Replace,
        };
        let versions = seen.stamps.iter().take(declared).copied().collect::<Option<Vec<_>>>();
        let grounds = match (seen.lease.clone(), seen.origin, versions) {
            (Some(lease), Some(origin), Some(versions)) => Some(Grounds { lease, origin, versions }),
            _ => None,
        };
        let (computed, extras) = last.map_or((Duration::ZERO, guessed), |last| (last.computed, last.extras));
        Self { on, computed, grounds, held: None, extras }
    }
}

impl<V: LocalValue> Trip<'_, V> {
    /// The wire names of what the call depends on, as far as that follows from its arguments.
    pub(super) fn names(&self) -> Names {
        self.remote.layout.names(&self.call.identity)
    }

    /// The tags that the result is likely to have.
    pub(super) fn hints(&self) -> Tags {
        self.remote.guess(self.call)
    }

    /// Looks, and counts what it has found.
    pub(super) async fn look(&mut self, mut names: Names) -> Result<Look<V>> {
        let extras = self.hints();
        names.stamps.extend(self.remote.stamps_of(&extras));
        let read = Read { names, want: Want::Full { lease: LEASE.0 }, left: false };
        let seen = self.remote.read(&mut self.asker, read).await?;
        self.conclude(seen, extras).await
    }

    /// What follows from what was seen: of the stamps of the call, and behind them of the `extras`.
    pub(super) async fn conclude(&mut self, mut seen: Seen, mut extras: Tags) -> Result<Look<V>> {
        let declared = seen.stamps.len() - extras.len();
        let sought = Sought { identity: &self.call.identity, schema: self.schema, any_of_type: false, form: self.form };
        match self.remote.settle(&mut self.asker, sought, &mut seen, &mut extras).await? {
            Ok(value) => {
                self.count(None);
                Ok(Look::Value(value))
            }
            Err(Missing { reason, mut last }) => {
                self.count(Some(reason));
                if let (Some(last), false) = (&mut last, self.call.rules.open_tags) {
                    // Those of another function: the result of this one has no tags of its own.
                    last.extras = Tags::from([]);
                }
                // The names that the last result had are the best guess for the next.
                let mut missed = Missed::of(&seen, last, declared, extras);
                if let Some(grant) = seen.grant {
                    missed.held = Held::new(Arc::clone(self.remote), self.lease_of(&missed), grant).ok();
                }
                Ok(Look::Miss(missed))
            }
        }
    }

    /// The lease that a call wants which has missed so.
    pub(super) fn lease_of(&self, missed: &Missed) -> LeaseSought {
        let mut names = self.names();
        let declared = names.stamps.len();
        names.stamps.extend(self.remote.stamps_of(&missed.extras));
        let clock = if self.call.rules.open_tags { self.remote.layout.clock() } else { None };
        let has_clock = clock.is_some();
        names.stamps.extend(clock);
        let ttl = self.call.ttl.unwrap_or(self.core.settings.default_ttl);
        LeaseSought {
            names,
            declared,
            extras: Tags::clone(&missed.extras),
            has_clock,
            on: missed.on.clone(),
            lease: (3 * missed.computed).clamp(LEASE.0, LEASE.1),
            keep: ttl.saturating_mul(KEEP.0).max(KEEP.1),
        }
    }

    /// What a computation would be shared on: nothing, where it takes the tags of its result to know.
    pub(super) fn basis<'m>(&self, missed: &'m Missed) -> Basis<'m> {
        match &missed.grounds {
            _ if self.call.rules.open_tags => Basis::None,
            // Whether the commit that somebody holds these names for was made since, nobody can tell.
            Some(grounds) if grounds.is_held() => Basis::None,
            Some(grounds) => Basis::Known(grounds),
            None => Basis::Unknown,
        }
    }
}
