//! Whether what was read may be served.

use std::time::Duration;

use super::{Remote, ask::Asker, hints::Extras, near::Sighting};
use crate::{
    backend::{Names, Read, Seen, Version, Want},
    identity::{Identity, Space},
    inside,
    policy::Grace,
    stats::Reason,
    wire::{Blob, Digest, Extra, Form, Head, Schema, Stamped, digest},
};

/// What a caller looks for.
#[derive(Debug)]
pub(super) struct Sought<'a, V> {
    pub(super) identity: &'a Identity,
    pub(super) schema: Schema,
    /// Any value of that type will do, whatever function it is of.
    pub(super) any_of_type: bool,
    pub(super) form: Form<V>,
    /// What may be done with a value that is not fresh.
    pub(super) grace: Grace,
}

impl<V> Clone for Sought<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Sought<'_, V> {}

/// What was read of it.
#[derive(Debug)]
pub(super) struct Sight {
    /// Stamps: of the identity, and behind them of the `extras`.
    pub(super) seen: Seen,
    /// Tags of the result, as far as they were guessed.
    pub(super) extras: Extras,
    /// The hard twins of the stamps, if they were read.
    twins: Vec<Option<Version>>,
    /// Whether it was asked how much longer the value is kept.
    is_aged: bool,
}

impl Sight {
    /// What was seen by a call of that grace, which has asked for everything that its grace takes.
    pub(super) fn new(mut seen: Seen, extras: Extras, grace: Grace) -> Self {
        let is_aged = seen.left.is_some();
        let twins = if grace.is_lenient() { seen.stamps.split_off(seen.stamps.len() / 2) } else { Vec::new() };
        Self { seen, extras, twins, is_aged }
    }

    fn declared(&self) -> usize {
        self.seen.stamps.len() - self.extras.len()
    }

    /// Whether somebody holds what it depends on.
    fn is_held(&self) -> bool {
        self.seen.stamps.iter().flatten().any(Version::is_held)
    }
}

/// What may be served.
#[derive(Debug)]
pub(super) enum Judged<V> {
    Fresh(V),
    /// Not without a second thought.
    Late(V, Lateness, Last),
}

impl<V> Judged<V> {
    /// The value, if it is fresh.
    pub(super) fn fresh(self) -> Result<V, Reason> {
        match self {
            Self::Fresh(value) | Self::Late(value, Lateness::Due(_), _) => Ok(value),
            Self::Late(_, Lateness::Overdue(_, reason), _) => Err(reason),
        }
    }
}

/// How late a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lateness {
    /// It is fresh for so much longer, and to be refreshed.
    Due(Duration),
    /// It has expired that long ago, or otherwise, for that reason.
    Overdue(Duration, Reason),
}

/// Why there is nothing to serve.
#[derive(Debug)]
pub(super) struct Missing {
    pub(super) reason: Reason,
    /// What lies there nevertheless, if it is sound.
    pub(super) last: Option<Last>,
}

/// A blob that is not served.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) id: [u8; 8],
    /// How long the computation took.
    pub(super) computed: Duration,
    /// The tags that came with the result.
    pub(super) extras: Extras,
}

impl Last {
    fn of(head: Head<'_>, extras: Extras) -> Self {
        Self { id: head.id(), computed: head.computed(), extras }
    }
}

/// What follows.
#[derive(Debug)]
enum Verdict<V> {
    /// Serve this.
    Value(Judged<V>),
    Miss(Missing),
    /// It depends on how much longer it is kept.
    Unaged,
    /// It depends on these tags, whose versions have to be read.
    Depends(Extras),
}

impl Remote {
    /// Judges what was seen. Reads the versions of tags of the result that nobody could guess, once it knows them, and asks
    /// how much longer the value is kept where nobody could know that it matters.
    pub(super) async fn settle<V>(
        &self,
        asker: &mut Asker,
        sighting: &mut Option<Sighting>,
        sought: Sought<'_, V>,
        sight: &mut Sight,
    ) -> crate::error::Result<Result<Judged<V>, Missing>> {
        let declared = sight.declared();
        loop {
            match self.judge(sought, sight) {
                Verdict::Value(value) => {
                    // What has expired is handed up by who serves it, if anybody does.
                    if !matches!(value, Judged::Late(_, Lateness::Overdue(..), _)) {
                        self.hand_up(sought.identity, sight);
                    }
                    return Ok(Ok(value));
                }
                Verdict::Miss(missing) => return Ok(Err(missing)),
                Verdict::Depends(found) => {
                    self.hints.remember(sought.identity.key(), &found);
                    let stamps = self.stamps_of_result(&found, sought.grace).collect();
                    let read = Read { names: Names { stamps, ..Names::default() }, want: Want::Stamps, left: false };
                    let mut versions = self.read(asker, sighting, read).await?.stamps;
                    let twins = versions.split_off(found.len());
                    for (known, read) in [(&mut sight.seen.stamps, versions), (&mut sight.twins, twins)] {
                        known.truncate(declared);
                        known.extend(read);
                    }
                    sight.extras = found;
                }
                Verdict::Unaged => {
                    let mut names = self.layout.names(sought.identity);
                    names.stamps.extend(self.stamps_of(&sight.extras));
                    let seen = self.read(asker, sighting, Read { names, want: Want::Peek, left: true }).await?;
                    (sight.seen.blob, sight.seen.stamps) = (seen.blob, seen.stamps);
                    (sight.seen.origin, sight.seen.left, sight.is_aged) = (seen.origin, seen.left, true);
                }
            }
        }
    }

    /// The wire names of extras.
    pub(super) fn stamps_of(&self, extras: &[Extra]) -> impl Iterator<Item = Box<str>> {
        extras.iter().map(|extra| self.layout.extra(extra))
    }

    /// Hands what a served value was valid under up to the computation around, if that inherits: more than the value
    /// itself depends on, where more was guessed.
    fn hand_up(&self, identity: &Identity, sight: &Sight) {
        inside::hand_up(|inherited| {
            let names = self.names_handed_up(identity).chain(sight.extras.iter().cloned());
            let known = names.zip(&sight.seen.stamps).filter_map(|(name, version)| Some((name, (*version)?)));
            inherited.versions(self.home(), known);
        });
    }

    /// What follows from the arguments of a call, for a value that is made of its value.
    pub(super) fn names_handed_up(&self, identity: &Identity) -> impl Iterator<Item = Extra> {
        identity.stamps().map(|stamp| self.layout.handed_up(stamp, identity.key()))
    }

    /// The same, and behind them those of their twins, where a call of that grace has to know them.
    pub(super) fn stamps_of_result(&self, extras: &[Extra], grace: Grace) -> impl Iterator<Item = Box<str>> {
        let twins = if grace.is_lenient() { extras } else { &[] };
        self.stamps_of(extras).chain(twins.iter().map(|extra| self.layout.twin_of(extra)))
    }

    fn judge<V>(&self, sought: Sought<'_, V>, sight: &Sight) -> Verdict<V> {
        let Some(bytes) = &sight.seen.blob else {
            return Verdict::Miss(Missing { reason: Reason::Absent, last: None });
        };
        let Some(blob) = Blob::parse(bytes) else {
            self.say_damaged(sought.identity.key());
            return Verdict::Miss(Missing { reason: Reason::Damaged, last: None });
        };
        match self.value_of(sought, sight, &blob) {
            Ok(verdict) => verdict,
            Err(reason) => {
                Verdict::Miss(Missing { reason, last: Some(Last::of(blob.head(), blob.extras().collect())) })
            }
        }
    }

    /// What follows from a sound blob, or why it is a miss.
    fn value_of<V>(&self, sought: Sought<'_, V>, sight: &Sight, blob: &Blob<'_>) -> Result<Verdict<V>, Reason> {
        if !blob.has_value() {
            return Err(Reason::Absent);
        }
        if let Some(reason) = mismatch(&sought, blob) {
            return Err(reason);
        }
        let extras = blob.extras().collect::<Extras>();
        if !extras.iter().all(|extra| sight.extras.contains(extra)) {
            return Ok(Verdict::Depends(extras));
        }
        let Some(lateness) = lateness(&sought, sight, blob, &extras, self.caps.ttl_grain)? else {
            return Ok(Verdict::Unaged);
        };
        let value = blob.value(self.settings.codec, sought.form).ok_or(Reason::Schema)?;
        Ok(Verdict::Value(match lateness {
            OnTime::Yes => Judged::Fresh(value),
            OnTime::No(lateness) => Judged::Late(value, lateness, Last::of(blob.head(), extras)),
        }))
    }
}

/// Why a sound blob would not be served now: to that call, or else to whoever has the key. Its stamps, and behind them those
/// of its extras, are what was seen.
pub(super) fn objection(
    (identity, sought): (&Identity, Option<(&Identity, Schema)>),
    blob: &Blob<'_>,
    seen: &Seen,
    extras: &Extras,
) -> Option<Reason> {
    if !blob.has_value() {
        return Some(Reason::Absent);
    }
    if let Some((wanted, schema)) = sought {
        if blob.head().schema().of_function != schema.of_function {
            return Some(Reason::Schema);
        }
        if !blob.declared().eq(wanted.stamps()) {
            return Some(Reason::Names);
        }
    }
    let (head, sight) = (blob.head(), Sight::new(seen.clone(), Extras::clone(extras), Grace::NONE));
    if head.is_marked() {
        return Some(Reason::Expired);
    }
    check_digest(identity, &sight, &sight.seen.stamps, (head, extras), head.digest()).err()
}

/// What follows for a value that the caller has, and the backend was asked whether it still has it.
#[derive(Debug)]
pub(super) enum Confirmed {
    /// Serve it.
    Valid,
    /// It is there, and must not be served.
    Invalid(Missing),
    /// Another one is there, or none.
    Gone,
}

/// Judges a value by its header alone: two with the same are the same. Its stamps, and behind them those of the tags that
/// came with it, are what was seen.
pub(super) fn confirm(identity: &Identity, head: Head<'_>, extras: &Extras, seen: &Seen) -> Confirmed {
    if !seen.blob.as_ref().is_some_and(|blob| blob.starts_with(head.bytes())) {
        return Confirmed::Gone;
    }
    let sight = Sight::new(seen.clone(), Extras::clone(extras), Grace::NONE);
    match check_digest(identity, &sight, &sight.seen.stamps, (head, extras), head.digest()) {
        Ok(()) => Confirmed::Valid,
        Err(reason) => Confirmed::Invalid(Missing { reason, last: Some(Last::of(head, Extras::clone(extras))) }),
    }
}

/// Why a sound blob is not what the caller looks for.
fn mismatch<V>(sought: &Sought<'_, V>, blob: &Blob<'_>) -> Option<Reason> {
    let (schema, wanted) = (blob.head().schema(), sought.schema);
    let fits =
        if sought.any_of_type { schema.of_type == wanted.of_type } else { schema.of_function == wanted.of_function };
    if !fits {
        return Some(Reason::Schema);
    }
    (!blob.declared().eq(sought.identity.stamps())).then_some(Reason::Names)
}

/// Whether a value that may be served is on time.
enum OnTime {
    Yes,
    No(Lateness),
}

/// Whether a value may be served, and how late it is then. None: that depends on how much longer it is kept.
fn lateness<V>(
    sought: &Sought<'_, V>,
    sight: &Sight,
    blob: &Blob<'_>,
    extras: &[Extra],
    grain: Duration,
) -> Result<Option<OnTime>, Reason> {
    let (identity, head) = (sought.identity, blob.head());
    if sight.is_held() {
        // Somebody is about to change what it depends on: it is not served, however lenient the call is.
        return Err(Reason::Invalidated);
    }
    let moved = check_digest(identity, sight, &sight.seen.stamps, (head, extras), head.digest()).err();
    let Some(window) = blob.window() else {
        // It is gone when it has expired.
        return match moved.or_else(|| blob.head().is_marked().then_some(Reason::Expired)) {
            Some(reason) => Err(reason),
            None => Ok(Some(due(sought.grace, sight.seen.left, blob, blob.ttl_ms(), grain))),
        };
    };
    if let (Some(reason), false) = (moved, sought.grace.is_lenient()) {
        return Err(reason);
    }
    if !sight.is_aged {
        return Ok(None);
    }
    let kept_on = millis(blob.ttl_ms().saturating_sub(window.soft_ms));
    let left = sight.seen.left.unwrap_or_default();
    let is_over = left <= kept_on;
    let reason = moved.or_else(|| (is_over || blob.head().is_marked()).then_some(Reason::Expired));
    let Some(reason) = reason else {
        return Ok(Some(due(sought.grace, Some(left.saturating_sub(kept_on)), blob, window.soft_ms, grain)));
    };
    // What was expired before its time is as good as what has just expired.
    let overdue = kept_on.saturating_sub(left);
    if sought.grace.window() <= overdue || left.is_zero() {
        return Err(reason);
    }
    check_digest(identity, sight, &sight.twins, (head, extras), window.digest)?;
    Ok(Some(OnTime::No(Lateness::Overdue(overdue, reason))))
}

/// Whether a fresh value is to be refreshed. What is left of its life is rounded up to that grain: it may be over almost a
/// grain sooner, and is refreshed as if it were. Where its whole life is no longer, nobody can tell its beginning from its
/// end, and it is not.
fn due(grace: Grace, left: Option<Duration>, blob: &Blob<'_>, ttl_ms: u32, grain: Duration) -> OnTime {
    let (ttl, rounded) = (millis(ttl_ms), grain.saturating_sub(millis(1)));
    match left {
        Some(left) if ttl > grain && grace.is_due(left.saturating_sub(rounded), ttl, blob.head().computed()) => {
            OnTime::No(Lateness::Due(left))
        }
        _ => OnTime::Yes,
    }
}

fn millis(span: u32) -> Duration {
    Duration::from_millis(span.into())
}

/// Whether everything has the version that the value was computed under: the stamps, or their twins.
fn check_digest(
    identity: &Identity,
    sight: &Sight,
    versions: &[Option<Version>],
    (head, extras): (Head<'_>, &[Extra]),
    expected: Digest,
) -> Result<(), Reason> {
    let origin = sight.seen.origin.ok_or(Reason::Invalidated)?;
    // Twins that were not read are not there.
    let guessed = versions.get(sight.declared()..).unwrap_or_default();
    let declared = identity.stamps().enumerate().map(|(at, name)| (name, versions.get(at)));
    let from_result = extras.iter().map(|extra| {
        let at = sight.extras.iter().position(|other| other == extra).unwrap_or_default();
        (extra.stamp(), guessed.get(at))
    });
    let stamps = declared.chain(from_result).map(|(name, version)| match version.copied().flatten() {
        Some(version) if !version.is_held() => Ok(Stamped { name, version }),
        _ => Err(lost(name.space)),
    });
    let stamps = stamps.collect::<Result<Vec<_>, _>>()?;
    let digest = digest(head.schema(), identity.key(), origin, stamps.into_iter());
    if digest == expected { Ok(()) } else { Err(Reason::Invalidated) }
}

/// Why an entry is a miss whose stamp is not there.
fn lost(space: Space) -> Reason {
    match space {
        Space::All => Reason::Cleared,
        Space::Prefix => Reason::Prefix,
        Space::Tag => Reason::Tag,
    }
}
