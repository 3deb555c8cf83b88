//! Whether what was read may be served.

use std::time::Duration;

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
    pub(super) extras: Tags,
}

impl Last {
    fn of(blob: &Blob<'_>) -> Self {
        let computed = Duration::from_millis(blob.computed_ms().into());
        Self { id: blob.id(), computed, extras: tags_of_result(blob) }
    }
}

/// What follows.
#[derive(Debug)]
enum Verdict<V> {
    /// Serve this.
    Value(V),
    Miss(Missing),
    /// It depends on these tags, whose versions have to be read.
    Depends(Tags),
}

impl Remote {
    /// Judges what was seen: the stamps of what is sought, and behind them those of the `extras`. Reads the versions of
    /// tags of the result that nobody could guess, once it knows them.
    pub(super) async fn settle<V>(
        &self,
        asker: &mut Asker,
        sought: Sought<'_, V>,
        seen: &mut Seen,
        extras: &mut Tags,
    ) -> crate::error::Result<Result<V, Missing>> {
        let declared = seen.stamps.len() - extras.len();
        loop {
            let found = Found { blob: seen.blob.as_ref(), origin: seen.origin, stamps: &seen.stamps, extras };
            match self.judge(sought, found) {
                Verdict::Value(value) => return Ok(Ok(value)),
                Verdict::Miss(missing) => return Ok(Err(missing)),
                Verdict::Depends(tags) => {
                    self.hints.remember(sought.identity.key(), &tags);
                    let stamps = self.stamps_of(&tags).collect();
                    let read = Read { names: Names { stamps, ..Names::default() }, want: Want::Stamps, left: false };
                    seen.stamps.truncate(declared);
                    seen.stamps.extend(self.read(asker, read).await?.stamps);
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
            return Verdict::Miss(Missing { reason: Reason::Absent, last: None });
        };
        let Some(blob) = Blob::parse(bytes) else {
            self.say_damaged(sought.identity.key());
            return Verdict::Miss(Missing { reason: Reason::Damaged, last: None });
        };
        match self.value_of(sought, found, &blob) {
            Ok(Ok(value)) => Verdict::Value(value),
            Ok(Err(extras)) => Verdict::Depends(extras),
            Err(reason) => Verdict::Miss(Missing { reason, last: Some(Last::of(&blob)) }),
        }
    }

    /// The value of a sound blob, or the tags whose versions it takes to tell.
    fn value_of<V>(&self, sought: Sought<'_, V>, found: Found<'_>, blob: &Blob<'_>) -> Result<Result<V, Tags>, Reason> {
        if !blob.has_value() {
            return Err(Reason::Absent);
        }
        if let Some(reason) = mismatch(&sought, blob) {
            return Err(reason);
        }
        let extras = tags_of_result(blob);
        if !extras.iter().all(|tag| found.extras.contains(tag)) {
            return Ok(Err(extras));
        }
        check_digest(&sought, &found, blob, &extras)?;
        blob.value(self.settings.codec, sought.form).map(Ok).ok_or(Reason::Schema)
    }
}

fn tags_of_result(blob: &Blob<'_>) -> Tags {
    blob.tags_of_result().map(|stamp| Box::from(stamp.name)).collect()
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
        Some(version) if !version.is_held() => Ok(Stamped { name, version: *version }),
        _ => Err(lost(name.space)),
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
