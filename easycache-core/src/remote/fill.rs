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
    wire::{Draft, Stamped, Window, digest},
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
        if refusal == Some(Refusal::TooLarge) {
            self.remote.say_too_large(call.identity.key(), self.schema);
        }
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
            nodes: Box::default(),
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
        let settings = self.remote.settings;
        let plain = match self.form.encode(settings.codec, value) {
            Ok(plain) => plain,
            Err(error) => {
                tracing::error!(key = call.identity.key(), %error, "a result was not stored");
                return Ok(Err(Refusal::Encoding));
            }
        };
        let tags = tags_of_result(call, kept);
        let known = self.versions(call, &held, &tags).await?;
        if call.rules.open_tags {
            self.remote.hints.remember(call.identity.key(), &tags);
        }
        let (is_known, known) = (known.is_some(), known.unwrap_or_default());
        let draft = self.draft(call, &held, &tags, &known, lifetime);
        let window = self.remote.grace(call).window();
        let blob = if is_known {
            draft.with_value(settings.codec, settings.compression, plain)
        } else {
            draft.names_only(settings.codec)
        };
        let blob = match blob {
            Ok(blob) if blob.len() > self.remote.caps.max_value => return Ok(Err(Refusal::TooLarge)),
            Ok(blob) => blob,
            Err(error) => {
                tracing::error!(key = call.identity.key(), %error, "a result was not stored");
                return Ok(Err(Refusal::BadName));
            }
        };
        let filled = self.send(&mut held, &tags, &known.fresh, (blob, lifetime.saturating_add(window))).await?;
        Ok(match filled {
            Filled::Stored if !is_known => Err(Refusal::UnknownTag),
            Filled::Stored => Ok(()),
            Filled::Lost => Err(Refusal::Lost),
            Filled::Doomed => Err(Refusal::Doomed),
            Filled::TooLarge => Err(Refusal::TooLarge),
        })
    }

    /// The versions that the tags of the result had before the computation; none if that cannot be told.
    ///
    /// Those that were guessed were read then. Of the others it is known where tags have a clock that has not moved since.
    async fn versions(&mut self, call: &Call, held: &Held, tags: &Tags) -> Result<Option<Known>> {
        let guessed = |tag: &str| held.sought.extras.iter().position(|extra| &**extra == tag);
        if let Some(places) = tags.iter().map(|tag| guessed(tag)).collect::<Option<Vec<_>>>() {
            let of = |versions: &[Version]| places.iter().filter_map(|at| versions.get(*at).copied()).collect();
            let twins = held.twins().get(held.sought.declared..).unwrap_or_default();
            return Ok(Some(Known { fresh: of(&held.versions[held.sought.declared..]), hard: of(twins) }));
        }
        let grace = self.remote.grace(call);
        let (Some(clock), true) = (self.remote.layout.clock(), held.sought.has_clock) else {
            return Ok(None);
        };
        // In this order: the clock moves before any tag does, so that where it stands still they have.
        let stamps = std::iter::once(clock).chain(self.remote.stamps_of_result(tags, grace)).collect::<Vec<_>>();
        let asked = stamps.len();
        let names = Names { stamps, ..held.sought.names.clone() };
        let acquire = Acquire { names, on: On::Never, lease: held.sought.lease, keep: held.sought.keep };
        let Acquired::Granted(mut grant) = self.remote.acquire(&mut self.asker, acquire).await? else {
            return Ok(None);
        };
        if grant.versions.len() != asked || held.versions.last() != Some(&grant.versions.remove(0)) {
            return Ok(None);
        }
        let hard = grant.versions.split_off(tags.len());
        Ok(Some(Known { fresh: grant.versions, hard }))
    }

    async fn send(
        &mut self,
        held: &mut Held,
        tags: &Tags,
        known: &[Version],
        (blob, ttl): (Bytes, Duration),
    ) -> Result<Filled> {
        let Some(grant) = held.grant().await else {
            return Ok(Filled::Lost);
        };
        let Names { value, lease, stamps } = held.sought.names.clone();
        let of_call = stamps.into_iter().zip(held.versions.iter().copied()).take(held.sought.declared);
        let of_result = self.remote.stamps_of(tags).zip(known.iter().copied());
        let (stamps, versions) = of_call.chain(of_result).unzip();
        let fill = Fill { names: Names { value, lease, stamps }, versions, grant, blob, ttl };
        let filled = self.remote.store(&mut self.asker, fill).await?;
        held.used_up();
        // Nor is it left to be released by whoever has left it.
        let left = self.flight.as_ref().and_then(|flight| flight.take_left::<Held>());
        if let Some(mut left) = left {
            left.used_up();
        }
        Ok(filled)
    }

    fn draft<'a>(&self, call: &'a Call, held: &Held, tags: &'a Tags, known: &Known, lifetime: Duration) -> Draft<'a> {
        let declared = call.identity.stamps().collect::<Vec<_>>();
        let from_result = tags.iter().map(|name| StampName { space: Space::Tag, name }).collect::<Vec<_>>();
        let digest = |of_call: &[Version], of_result: &[Version]| {
            let of_call = declared.iter().zip(of_call);
            let stamps = of_call.chain(from_result.iter().zip(of_result));
            let stamps = stamps.map(|(name, version)| Stamped { name: *name, version: *version });
            digest(self.schema, call.identity.key(), held.origin, stamps)
        };
        let window = self.remote.grace(call).window();
        // At least one: without one it would never be fresh.
        let soft_ms = millis(lifetime).max(1);
        Draft {
            schema: self.schema,
            digest: digest(&held.versions, &known.fresh),
            computed_ms: millis(self.core.now().since(self.since)),
            ttl_ms: millis(lifetime.saturating_add(window)),
            window: (!window.is_zero()).then(|| Window { soft_ms, digest: digest(held.twins(), &known.hard) }),
            declared,
            from_result,
        }
    }
}

/// The versions of the tags of a result, and of their twins.
#[derive(Default)]
struct Known {
    fresh: Vec<Version>,
    hard: Vec<Version>,
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
