//! One look at the backend.

use std::{sync::Arc, time::Duration};

use super::{
    hints::Extras,
    lease::{Held, LeaseSought},
    near::{Known, Place, Query, Sighting, Trove, is_cut},
    trip::Trip,
    verdict::{Confirmed, Judged, Last, Lateness, Missing, Sight, Sought},
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

/// How long stamps live on for a value that lives that long.
pub(super) fn keep(life: Duration) -> Duration {
    life.saturating_mul(KEEP.0).max(KEEP.1)
}

/// What a look has shown.
pub(super) enum Look<V> {
    Value(V),
    /// A value that may be served, though not without a second thought.
    Late(Late<V>),
    Miss(Missed),
}

/// A value, and what is known for who computes the next.
#[derive(Debug)]
pub(super) struct Late<V> {
    pub(super) value: V,
    pub(super) lateness: Lateness,
    pub(super) missed: Missed,
}

impl<V> Look<V> {
    /// What it is for who has no use for values that have expired.
    pub(super) fn strictly(self) -> Self {
        match self {
            Self::Late(Late { value, lateness: Lateness::Due(_), .. }) => Self::Value(value),
            Self::Late(Late { missed, .. }) => Self::Miss(missed),
            other => other,
        }
    }
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
    /// What the result will depend on besides, as far as one can guess.
    extras: Extras,
    /// Whether somebody has the lease.
    pub(super) is_taken: bool,
}

impl Missed {
    /// For a caller that computes whatever is there.
    pub(super) fn of_refresh(extras: Extras) -> Self {
        Self { on: On::Replace, computed: Duration::ZERO, grounds: None, held: None, extras, is_taken: false }
    }

    /// What is there may still be served to others.
    fn keep(&mut self) {
        if let On::Miss(Some(id)) = self.on {
            self.on = On::Due(id);
        }
    }

    fn of(seen: &Seen, last: Option<Last>, declared: usize, guessed: Extras) -> Self {
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
        Self { on, computed, grounds, held: None, extras, is_taken: seen.lease.is_some() }
    }
}

impl<V: LocalValue> Trip<'_, V> {
    /// The wire names of what the call depends on, as far as that follows from its arguments.
    pub(super) fn names(&self) -> Names {
        self.remote.layout.names(&self.call.identity)
    }

    /// The extras that the result is likely to have.
    pub(super) fn hints(&self) -> Extras {
        self.remote.guess(self.call)
    }

    /// Looks, and counts what it has found.
    pub(super) async fn look(&mut self, names: Names) -> Result<Look<V>> {
        match self.remote.known(self.core, Query::Call(self.call)) {
            None => self.look_at_all(names).await,
            Some(known) => Box::pin(self.look_at_header(names, known)).await,
        }
    }

    async fn look_at_all(&mut self, mut names: Names) -> Result<Look<V>> {
        let extras = self.hints();
        names.stamps.extend(self.remote.stamps_of(&extras));
        if self.grace.is_lenient() {
            names.stamps.extend(self.twins(&extras));
        }
        let mut sighting = self.remote.sighting(self.core);
        let left = self.grace.minds_age() || sighting.is_some();
        let read = Read { names, want: Want::Full { lease: LEASE.0 }, left };
        let seen = self.remote.read(&mut self.asker, &mut sighting, read).await?;
        self.conclude(seen, extras, sighting).await
    }

    /// The hard twins of the stamps of the call and of `extras`.
    fn twins(&self, extras: &Extras) -> impl Iterator<Item = Box<str>> {
        let layout = &self.remote.layout;
        layout.twins(&self.call.identity).chain(extras.iter().map(|extra| layout.twin_of(extra)))
    }

    /// Looks whether the value that is kept is still the one that is stored.
    async fn look_at_header(&mut self, names: Names, known: Known<V>) -> Result<Look<V>> {
        let (read, extras) = (self.remote.header(&known, Some(LEASE.0)), Extras::clone(known.extras()));
        let mut sighting = self.remote.sighting(self.core);
        let seen = self.remote.read(&mut self.asker, &mut sighting, read).await?;
        match known.confirm(&seen) {
            Confirmed::Valid => {
                self.count(Ok(Place::Near));
                Ok(Look::Value(self.remote.confirmed(self.core, Query::Call(self.call), &known)))
            }
            // It may be served all the same, but for that there is more to know.
            Confirmed::Invalid(_) if self.grace.is_lenient() => self.look_at_all(names).await,
            Confirmed::Invalid(Missing { reason, last }) => {
                self.count(Err(reason));
                Ok(Look::Miss(self.missed(seen, last, extras)))
            }
            Confirmed::Gone if is_cut(&seen) || self.grace.is_lenient() => self.look_at_all(names).await,
            Confirmed::Gone => self.conclude(seen, extras, sighting).await,
        }
    }

    /// What follows from what was seen: of the stamps of the call, behind them of the `extras`, and behind those of the
    /// twins of all, where the call has read them. Counts a hit and a miss, and nothing of what is late.
    pub(super) async fn conclude(
        &mut self,
        seen: Seen,
        extras: Extras,
        mut sighting: Option<Sighting>,
    ) -> Result<Look<V>> {
        let mut sight = Sight::new(seen, extras, self.grace);
        let (identity, grace) = (&self.call.identity, self.grace);
        let sought = Sought { identity, schema: self.schema, any_of_type: false, form: self.form, grace };
        let settled = self.remote.settle(&mut self.asker, &mut sighting, sought, &mut sight).await?;
        let Sight { seen, extras, .. } = sight;
        match settled {
            Ok(Judged::Fresh(value)) => {
                self.count(Ok(Place::Far));
                let (rules, arguments) = (&self.call.rules, self.call.arguments.as_ref());
                let trove = Trove { identity, schema: rules.schema, arguments, extras: &extras, grace: rules.grace };
                self.remote.keep(self.core, sighting, trove, &seen, &value);
                Ok(Look::Value(self.settle(&extras, value)))
            }
            // It is not kept in the near tier: whoever comes next is to see what has become of it.
            Ok(Judged::Late(value, lateness, last)) => {
                let is_fresh = matches!(lateness, Lateness::Due(_));
                let value = if is_fresh { self.settle(&extras, value) } else { value };
                let mut missed = self.missed(seen, Some(last), extras);
                missed.keep();
                Ok(Look::Late(Late { value, lateness, missed }))
            }
            Err(Missing { reason, last }) => {
                self.count(Err(reason));
                Ok(Look::Miss(self.missed(seen, last, extras)))
            }
        }
    }

    /// What the request around is answered with that has found a value with these extras.
    fn settle(&self, extras: &Extras, value: V) -> V {
        let names = || self.remote.stamps_of(extras).collect::<Vec<_>>();
        Query::Call(self.call).settle(self.core, &self.call.identity, names, value)
    }

    fn missed(&self, seen: Seen, mut last: Option<Last>, extras: Extras) -> Missed {
        let declared = seen.stamps.len() - extras.len();
        if let (Some(last), false) = (&mut last, self.call.rules.open_tags) {
            // Those of another function: the result of this one has no tags of its own.
            last.extras = Extras::from([]);
        }
        // The names that the last result had are the best guess for the next.
        let mut missed = Missed::of(&seen, last, declared, extras);
        if let Some(grant) = seen.grant {
            missed.held = Held::new(Arc::clone(self.remote), self.lease_of(&missed), grant).ok();
        }
        missed
    }

    /// The lease that a call wants which has missed so.
    pub(super) fn lease_of(&self, missed: &Missed) -> LeaseSought {
        let mut names = self.names();
        let declared = names.stamps.len();
        names.stamps.extend(self.remote.stamps_of(&missed.extras));
        let clock = if self.call.rules.open_tags { self.remote.layout.clock() } else { None };
        let has_clock = clock.is_some();
        let twins = if self.grace.is_lenient() { names.stamps.len() } else { 0 };
        if twins > 0 {
            names.stamps.extend(self.twins(&missed.extras));
        }
        names.stamps.extend(clock);
        let ttl = self.call.ttl.unwrap_or(self.core.settings.default_ttl);
        LeaseSought {
            names,
            declared,
            extras: Extras::clone(&missed.extras),
            twins,
            has_clock,
            on: missed.on.clone(),
            lease: (3 * missed.computed).clamp(LEASE.0, LEASE.1),
            keep: keep(ttl.saturating_add(self.grace.window())),
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
