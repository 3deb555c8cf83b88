//! Whether what was read may be served.

use std::time::Duration;

use bytes::Bytes;

use super::{Remote, ask::Asker, hints::Extras, near::Sighting};
use crate::{
    backend::{Names, Read, Seen, Version, Want},
    identity::{Identity, Space},
    inside,
    stats::Reason,
    wire::{Blob, Extra, Form, Head, Schema, Stamped, digest},
};

/// What a caller looks for.
#[derive(Debug)]
pub(super) struct Sought<'a, V> {
    pub(super) identity: &'a Identity,
    pub(super) schema: Schema,
    /// Any value of that type will do, whatever function it is of.
    pub(super) any_of_type: bool,
    pub(super) form: Form<V>,
}

impl<V> Clone for Sought<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Sought<'_, V> {}

/// What was read of it.
#[derive(Clone, Copy, Debug)]
struct Found<'a> {
    blob: Option<&'a Bytes>,
    origin: Option<Version>,
    /// Of the stamps of the identity, and behind them of the `extras`.
    stamps: &'a [Option<Version>],
    /// Extras, as far as they were guessed.
    extras: &'a Extras,
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
    /// What came with the result.
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
    Value(V),
    Miss(Missing),
    /// It depends on these extras, whose versions have to be read.
    Depends(Extras),
}

impl Remote {
    /// Judges what was seen: the stamps of what is sought, and behind them those of the `extras`. Reads the versions of
    /// extras that nobody could guess, once it knows them. What is served is handed up to the computation around.
    pub(super) async fn settle<V>(
        &self,
        asker: &mut Asker,
        sighting: &mut Option<Sighting>,
        sought: Sought<'_, V>,
        (seen, extras): (&mut Seen, &mut Extras),
    ) -> crate::error::Result<Result<V, Missing>> {
        let declared = seen.stamps.len() - extras.len();
        loop {
            let found = Found { blob: seen.blob.as_ref(), origin: seen.origin, stamps: &seen.stamps, extras };
            match self.judge(sought, found) {
                Verdict::Value(value) => {
                    self.hand_up(sought.identity, &seen.stamps, extras);
                    return Ok(Ok(value));
                }
                Verdict::Miss(missing) => return Ok(Err(missing)),
                Verdict::Depends(found) => {
                    self.hints.remember(sought.identity.key(), &found);
                    let stamps = self.stamps_of(&found).collect();
                    let read = Read { names: Names { stamps, ..Names::default() }, want: Want::Stamps, left: false };
                    seen.stamps.truncate(declared);
                    seen.stamps.extend(self.read(asker, sighting, read).await?.stamps);
                    *extras = found;
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
    fn hand_up(&self, identity: &Identity, versions: &[Option<Version>], extras: &Extras) {
        inside::hand_up(|inherited| {
            let names = self.names_handed_up(identity).chain(extras.iter().cloned());
            let known = names.zip(versions).filter_map(|(name, version)| Some((name, (*version)?)));
            inherited.versions(self.home(), known);
        });
    }

    /// What follows from the arguments of a call, for a value that is made of its value.
    pub(super) fn names_handed_up(&self, identity: &Identity) -> impl Iterator<Item = Extra> {
        identity.stamps().map(|stamp| self.layout.handed_up(stamp, identity.key()))
    }

    fn judge<V>(&self, sought: Sought<'_, V>, found: Found<'_>) -> Verdict<V> {
        let Some(bytes) = found.blob else {
            return Verdict::Miss(Missing { reason: Reason::Absent, last: None });
        };
        let Some(blob) = Blob::parse(bytes) else {
            self.say_damaged(sought.identity.key());
            return Verdict::Miss(Missing { reason: Reason::Damaged, last: None });
        };
        match self.value_of(sought, found, &blob) {
            Ok(Ok(value)) => Verdict::Value(value),
            Ok(Err(extras)) => Verdict::Depends(extras),
            Err(reason) => {
                Verdict::Miss(Missing { reason, last: Some(Last::of(blob.head(), blob.extras().collect())) })
            }
        }
    }

    /// The value of a sound blob, or the extras whose versions it takes to tell.
    fn value_of<V>(
        &self,
        sought: Sought<'_, V>,
        found: Found<'_>,
        blob: &Blob<'_>,
    ) -> Result<Result<V, Extras>, Reason> {
        if !blob.has_value() {
            return Err(Reason::Absent);
        }
        if let Some(reason) = mismatch(&sought, blob) {
            return Err(reason);
        }
        let extras = blob.extras().collect::<Extras>();
        if !extras.iter().all(|extra| found.extras.contains(extra)) {
            return Ok(Err(extras));
        }
        check_digest(sought.identity, blob.head(), &found, &extras)?;
        blob.value(self.settings.codec, sought.form).map(Ok).ok_or(Reason::Schema)
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
    let found = Found { blob: seen.blob.as_ref(), origin: seen.origin, stamps: &seen.stamps, extras };
    check_digest(identity, blob.head(), &found, extras).err()
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
    let found = Found { blob: seen.blob.as_ref(), origin: seen.origin, stamps: &seen.stamps, extras };
    match check_digest(identity, head, &found, extras) {
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

/// Whether everything has the version that the value was computed under.
fn check_digest(identity: &Identity, head: Head<'_>, found: &Found<'_>, extras: &[Extra]) -> Result<(), Reason> {
    let origin = found.origin.ok_or(Reason::Invalidated)?;
    let declared = identity.stamps().zip(found.stamps);
    let guessed = &found.stamps[found.stamps.len() - found.extras.len()..];
    let from_result = extras.iter().map(|extra| {
        let at = found.extras.iter().position(|other| other == extra).unwrap_or_default();
        (extra.stamp(), &guessed[at])
    });
    let stamps = declared.chain(from_result).map(|(name, version)| match version {
        Some(version) => Ok(Stamped { name, version: *version }),
        None => Err(lost(name.space)),
    });
    let stamps = stamps.collect::<Result<Vec<_>, _>>()?;
    let digest = digest(head.schema(), identity.key(), origin, stamps.into_iter());
    if digest == head.digest() { Ok(()) } else { Err(Reason::Invalidated) }
}

/// Why an entry is a miss whose stamp is not there.
fn lost(space: Space) -> Reason {
    match space {
        Space::All => Reason::Cleared,
        Space::Prefix => Reason::Prefix,
        Space::Tag => Reason::Tag,
    }
}
