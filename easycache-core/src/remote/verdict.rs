//! Whether what was read may be served.

use std::sync::Arc;

use bytes::Bytes;

use super::{Remote, ask::Asker, hints::Tags};
use crate::{
    backend::{Names, Read, Seen, Version, Want},
    identity::{Identity, Space, StampName},
    stats::Reason,
    wire::{Blob, Form, Schema, Stamped, digest},
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
    /// Tags of the result, as far as they were guessed.
    extras: &'a Tags,
}

/// What follows.
#[derive(Debug)]
enum Verdict<V> {
    /// Serve this.
    Value(V),
    Miss(Reason),
    /// It depends on these tags, whose versions have to be read.
    Depends(Tags),
}

impl Remote {
    /// Judges what was seen: the stamps of what is sought, and behind them those of the `extras`. Reads the versions of
    /// tags of the result that nobody could guess, once it knows them.
    pub(super) async fn settle<V>(
        self: &Arc<Self>,
        asker: &mut Asker,
        sought: Sought<'_, V>,
        seen: &mut Seen,
        extras: &mut Tags,
    ) -> crate::error::Result<Result<V, Reason>> {
        let declared = seen.stamps.len() - extras.len();
        loop {
            let found = Found { blob: seen.blob.as_ref(), origin: seen.origin, stamps: &seen.stamps, extras };
            match self.judge(sought, found) {
                Verdict::Value(value) => return Ok(Ok(value)),
                Verdict::Miss(reason) => return Ok(Err(reason)),
                Verdict::Depends(tags) => {
                    self.hints.remember(sought.identity.key(), &tags);
                    let stamps = self.stamps_of(&tags).collect();
                    let read = Read { names: Names { stamps, ..Names::default() }, want: Want::Stamps };
                    let versions = self.read(asker, read).await?.stamps;
                    seen.stamps.truncate(declared);
                    seen.stamps.extend(versions);
                    *extras = tags;
                }
            }
        }
    }

    /// The wire names of tags.
    pub(super) fn stamps_of(&self, tags: &[Box<str>]) -> impl Iterator<Item = Box<str>> {
        tags.iter().map(|name| self.layout.tag(name))
    }

    fn judge<V>(&self, sought: Sought<'_, V>, found: Found<'_>) -> Verdict<V> {
        let Some(bytes) = found.blob else {
            return Verdict::Miss(Reason::Absent);
        };
        let Some(blob) = Blob::parse(bytes) else {
            return Verdict::Miss(Reason::Damaged);
        };
        if !blob.has_value() {
            return Verdict::Miss(Reason::Absent);
        }
        if let Some(reason) = mismatch(&sought, &blob) {
            return Verdict::Miss(reason);
        }
        let extras = blob.tags_of_result().map(|stamp| Box::from(stamp.name)).collect::<Tags>();
        if !extras.iter().all(|tag| found.extras.contains(tag)) {
            return Verdict::Depends(extras);
        }
        if let Err(reason) = check_digest(&sought, &found, &blob, &extras) {
            return Verdict::Miss(reason);
        }
        match blob.value(self.settings.codec, sought.form) {
            Some(value) => Verdict::Value(value),
            None => Verdict::Miss(Reason::Schema),
        }
    }
}

/// Why a sound blob is not what the caller looks for.
fn mismatch<V>(sought: &Sought<'_, V>, blob: &Blob<'_>) -> Option<Reason> {
    let (schema, wanted) = (blob.schema(), sought.schema);
    let fits =
        if sought.any_of_type { schema.of_type == wanted.of_type } else { schema.of_function == wanted.of_function };
    if !fits {
        return Some(Reason::Schema);
    }
    (!blob.declared().eq(sought.identity.stamps())).then_some(Reason::Names)
}

/// Whether everything has the version that the value was computed under.
fn check_digest<V>(
    sought: &Sought<'_, V>,
    found: &Found<'_>,
    blob: &Blob<'_>,
    extras: &[Box<str>],
) -> Result<(), Reason> {
    let origin = found.origin.ok_or(Reason::Invalidated)?;
    let declared = sought.identity.stamps().zip(found.stamps);
    let guessed = &found.stamps[found.stamps.len() - found.extras.len()..];
    let from_result = extras.iter().map(|tag| {
        let at = found.extras.iter().position(|other| other == tag).unwrap_or_default();
        (StampName { space: Space::Tag, name: tag }, &guessed[at])
    });
    let stamps = declared.chain(from_result).map(|(name, version)| match version {
        Some(version) => Ok(Stamped { name, version: *version }),
        None => Err(lost(name.space)),
    });
    let stamps = stamps.collect::<Result<Vec<_>, _>>()?;
    let digest = digest(blob.schema(), sought.identity.key(), origin, stamps.into_iter());
    if digest == blob.digest() { Ok(()) } else { Err(Reason::Invalidated) }
}

/// Why an entry is a miss whose stamp is not there.
fn lost(space: Space) -> Reason {
    match space {
        Space::All => Reason::Cleared,
        Space::Prefix => Reason::Prefix,
        Space::Tag => Reason::Tag,
    }
}
