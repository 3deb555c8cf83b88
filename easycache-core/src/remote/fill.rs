//! Storing in the backend.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    hints::Tags,
    lease::{Held, RemoteTicket},
};
use crate::{
    backend::{Acquire, Acquired, Fill, Filled, Names, On, Version},
    cache::Call,
    call::Kept,
    clock::Moment,
    error::Result,
    identity::{Space, StampName},
    local::{self, Entry, EntryRef},
    stats::Refusal,
    value::LocalValue,
    wire::{Draft, Stamped, digest},
};

impl<V: LocalValue> RemoteTicket<V> {
    /// Stores what was computed, if it may be stored, and gives it to those who wait for it.
    pub(crate) async fn fill(self, call: &Call, value: &V, kept: Kept) -> Result<(), Refusal> {
        match self.try_fill(call, value, kept).await {
            Ok(done) => done,
            Err(_) => Err(Refusal::Unreachable),
        }
    }

    /// The same; fails if the backend is in trouble.
    pub(super) async fn try_fill(mut self, call: &Call, value: &V, kept: Kept) -> Result<Result<(), Refusal>> {
        // Who waits has compared everything that the value depends on with what he has read himself; but for the tags of
        // the result: those are checked by reading what is stored.
        if !call.rules.open_tags {
            self.land(call, value);
        }
        let done = self.store(call, value, kept).await;
        if call.rules.open_tags {
            self.land(call, value);
        }
        let refusal = match &done {
            Ok(done) => done.err(),
            Err(_) => Some(Refusal::Unreachable),
        };
        self.core.count(refusal);
        done
    }

    fn land(&self, call: &Call, value: &V) {
        if self.flight.is_none() && self.beside.is_none() {
            return;
        }
        let draft = local::Draft {
            identity: Arc::clone(&call.identity),
            schema: call.rules.schema,
            stamps: Box::default(),
            born: self.core.stamps.now(),
            expires: Moment::NEVER,
            later: None,
            weight: 0,
        };
        let entry = Arc::<Entry<V>>::new(Entry::new(draft, value.clone()));
        for flight in [&self.flight, &self.beside].into_iter().flatten() {
            let entry = Arc::clone(&entry);
            flight.land(Some(EntryRef(entry)));
        }
    }

    async fn store(&mut self, call: &Call, value: &V, kept: Kept) -> Result<Result<(), Refusal>> {
        let lifetime = self.core.lifetime(call, &kept);
        if let Some(objection) = self.core.objection(lifetime, &kept) {
            return Ok(Err(objection));
        }
        let Some(mut held) = self.held.take() else {
            return Ok(Err(Refusal::Unreachable));
        };
        // Of a tag that somebody holds: what he is about to commit, the value may lack.
        if held.versions.iter().any(Version::is_held) {
            return Ok(Err(Refusal::Doomed));
        }
        let settings = self.remote.settings;
        let plain = match self.form.encode(settings.codec, value) {
            Ok(plain) => plain,
            Err(error) => {
                tracing::error!(key = call.identity.key(), %error, "a result was not stored");
                return Ok(Err(Refusal::Encoding));
            }
        };
        let tags = tags_of_result(call, kept);
        let known = self.versions(&held, &tags).await?;
        if known.iter().flatten().any(Version::is_held) {
            return Ok(Err(Refusal::Doomed));
        }
        if call.rules.open_tags {
            self.remote.hints.remember(call.identity.key(), &tags);
        }
        let draft = self.draft(call, &held, &tags, known.as_deref().unwrap_or_default(), lifetime);
        let blob = match &known {
            Some(_) => draft.with_value(settings.codec, settings.compression, plain),
            None => draft.names_only(settings.codec),
        };
        let blob = match blob {
            Ok(blob) if blob.len() > self.remote.caps.max_value => return Ok(Err(Refusal::TooLarge)),
            Ok(blob) => blob,
            Err(error) => {
                tracing::error!(key = call.identity.key(), %error, "a result was not stored");
                return Ok(Err(Refusal::BadName));
            }
        };
        let filled = self.send(&mut held, &tags, known.as_deref().unwrap_or_default(), blob, lifetime).await?;
        Ok(match filled {
            Filled::Stored if known.is_none() => Err(Refusal::UnknownTag),
            Filled::Stored => Ok(()),
            Filled::Lost => Err(Refusal::Lost),
            Filled::Doomed => Err(Refusal::Doomed),
            Filled::TooLarge => Err(Refusal::TooLarge),
        })
    }

    /// The versions that the tags of the result had before the computation; none if that cannot be told.
    ///
    /// Those that were guessed were read then. Of the others it is known where tags have a clock that has not moved since.
    async fn versions(&mut self, held: &Held, tags: &Tags) -> Result<Option<Vec<Version>>> {
        let guessed = |tag: &str| held.sought.extras.iter().position(|extra| &**extra == tag);
        let known = tags.iter().map(|tag| guessed(tag).map(|at| held.versions[held.sought.declared + at]));
        if let Some(known) = known.collect::<Option<Vec<_>>>() {
            return Ok(Some(known));
        }
        let (Some(clock), true) = (self.remote.layout.clock(), held.sought.has_clock) else {
            return Ok(None);
        };
        // In this order: the clock moves before any tag does, so that where it stands still they have.
        let stamps = std::iter::once(clock).chain(self.remote.stamps_of(tags)).collect();
        let names = Names { stamps, ..held.sought.names.clone() };
        let acquire = Acquire { names, on: On::Never, lease: held.sought.lease, keep: held.sought.keep };
        let Acquired::Granted(mut grant) = self.remote.acquire(&mut self.asker, acquire).await? else {
            return Ok(None);
        };
        if grant.versions.len() != tags.len() + 1 || held.versions.last() != Some(&grant.versions.remove(0)) {
            return Ok(None);
        }
        Ok(Some(grant.versions))
    }

    async fn send(
        &mut self,
        held: &mut Held,
        tags: &Tags,
        known: &[Version],
        blob: Bytes,
        lifetime: Duration,
    ) -> Result<Filled> {
        let Some(grant) = held.grant().await else {
            return Ok(Filled::Lost);
        };
        let Names { value, lease, stamps } = held.sought.names.clone();
        let of_call = stamps.into_iter().zip(held.versions.iter().copied()).take(held.sought.declared);
        let of_result = self.remote.stamps_of(tags).zip(known.iter().copied());
        let (stamps, versions) = of_call.chain(of_result).unzip();
        let fill = Fill { names: Names { value, lease, stamps }, versions, grant, blob, ttl: lifetime };
        let filled = self.remote.store(&mut self.asker, fill).await?;
        held.used_up();
        // Nor is it left to be released by whoever has left it.
        let left = self.flight.as_ref().and_then(|flight| flight.take_left::<Held>());
        if let Some(mut left) = left {
            left.used_up();
        }
        Ok(filled)
    }

    fn draft<'a>(
        &self,
        call: &'a Call,
        held: &Held,
        tags: &'a Tags,
        known: &[Version],
        lifetime: Duration,
    ) -> Draft<'a> {
        let declared = call.identity.stamps().collect::<Vec<_>>();
        let from_result = tags.iter().map(|name| StampName { space: Space::Tag, name }).collect::<Vec<_>>();
        let of_call = declared.iter().zip(&held.versions);
        let stamps = of_call
            .chain(from_result.iter().zip(known))
            .map(|(name, version)| Stamped { name: *name, version: *version });
        Draft {
            schema: self.schema,
            digest: digest(self.schema, call.identity.key(), held.origin, stamps),
            computed_ms: millis(self.core.now().since(self.since)),
            ttl_ms: millis(lifetime),
            window: None,
            declared,
            from_result,
        }
    }
}

/// The tags that only the result tells.
fn tags_of_result(call: &Call, kept: Kept) -> Tags {
    let mut tags = kept.tags;
    tags.retain(|tag| !call.identity.tags().contains(tag));
    tags.sort_unstable();
    tags.dedup();
    tags.into()
}

fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}
