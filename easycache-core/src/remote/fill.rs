//! Storing in the backend.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    beyond::Beyond,
    hints::Extras,
    lease::{Held, RemoteTicket},
    look::keep,
};
use crate::{
    backend::{Acquire, Fill, Filled, Names, On, Version},
    cache::Call,
    call::Kept,
    clock::Moment,
    error::Result,
    inside::{self, Loss},
    local::{self, Entry, EntryRef},
    observe::Advice,
    stats::Refusal,
    value::LocalValue,
    wire::{Draft, Extra, Stamped, Window, digest},
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
        self.core.stored(call.who(), refusal);
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
            value_of: None,
            stored: self.since,
        };
        let entry = Arc::<Entry<V>>::new(Entry::new(draft, value.clone()));
        for flight in [&self.flight, &self.beside].into_iter().flatten() {
            let entry = Arc::clone(&entry);
            flight.land(Some(EntryRef(entry)));
        }
    }

    async fn store(&mut self, call: &Call, value: &V, kept: Kept) -> Result<Result<(), Refusal>> {
        let (lifetime, failed) = (self.core.lifetime(call, &kept), kept.failed);
        let (objection, grain) = (self.core.objection(lifetime, &kept), self.remote.caps.ttl_grain);
        if lifetime < grain && objection.is_none() {
            self.core.advise(call.who(), Advice::TtlBelowGrain { ttl: lifetime, grain });
        }
        if objection.is_some() && !inside::collects() {
            return Ok(Err(objection.unwrap_or(Refusal::Policy)));
        }
        let Some(mut held) = self.held.take() else {
            inside::hand_up(|around| around.lose(Loss::Unversioned));
            return Ok(Err(Refusal::Unreachable));
        };
        // Of a tag that somebody holds: what he is about to commit, the value may lack.
        if held.versions.iter().any(Version::is_held) {
            inside::hand_up(|around| around.lose(Loss::Unversioned));
            return Ok(Err(Refusal::Doomed));
        }
        let beyond = match (self.beyond(call, &held, kept).await?, objection) {
            (_, Some(refusal)) | (Err(refusal), None) => return Ok(Err(refusal)),
            (Ok(beyond), None) => beyond,
        };
        if beyond.versions.iter().flatten().any(Version::is_held) {
            return Ok(Err(Refusal::Doomed));
        }
        if call.rules.open_tags {
            self.remote.hints.remember(call.identity.key(), &beyond.extras);
        }
        let window = self.window(call, &beyond, failed);
        let blob = match self.blob((call, &held), &beyond, (lifetime, window), value) {
            Ok(blob) if blob.len() > self.remote.caps.max_value => return Ok(Err(Refusal::TooLarge)),
            Ok(blob) => blob,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (is_known, extras) = (beyond.versions.is_some(), Arc::clone(&beyond.extras));
        let life = lifetime.saturating_add(window);
        self.prolong(call, &held, &extras, life).await?;
        let filled = self.send(&mut held, beyond, blob, life).await?;
        Ok(match filled {
            Filled::Stored if !is_known => Err(Refusal::UnknownTag),
            Filled::Stored => {
                if let Some(visit) = &call.visit {
                    visit.settle_computed(self.core.finding(call), self.remote.stamps_of(&extras), value);
                }
                Ok(())
            }
            Filled::Lost => Err(Refusal::Lost),
            Filled::Doomed => Err(Refusal::Doomed),
            Filled::TooLarge => Err(Refusal::TooLarge),
        })
    }

    async fn send(&mut self, held: &mut Held, beyond: Beyond, blob: Bytes, lifetime: Duration) -> Result<Filled> {
        let Some(grant) = held.grant().await else {
            return Ok(Filled::Lost);
        };
        let Names { value, lease, stamps } = held.sought.names.clone();
        let of_call = stamps.into_iter().zip(held.versions.iter().copied()).take(held.sought.declared);
        let of_result = self.remote.stamps_of(&beyond.extras).zip(beyond.versions.into_iter().flatten());
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

    /// Has everything that a value depends on live on with it, if it lives longer than its call has said.
    async fn prolong(&mut self, call: &Call, held: &Held, extras: &Extras, life: Duration) -> Result<()> {
        // Stamps that have half of what is asked for are left alone.
        if life <= held.sought.keep / 2 {
            return Ok(());
        }
        let mut names = held.sought.names.clone();
        names.stamps.extend(self.remote.stamps_of_result(extras, self.remote.grace(call)));
        let acquire = Acquire { names, on: On::Never, lease: held.sought.lease, keep: keep(life) };
        self.remote.acquire(&mut self.asker, acquire).await.map(drop)
    }

    /// The value as it is written; without it, where nobody can tell what it depends on.
    fn blob(
        &self,
        (call, held): (&Call, &Held),
        beyond: &Beyond,
        times: (Duration, Duration),
        value: &V,
    ) -> Result<Bytes, Refusal> {
        let not_stored = |refusal| {
            move |error| {
                tracing::error!(key = call.identity.key(), %error, "a result was not stored");
                refusal
            }
        };
        let settings = self.remote.settings;
        let plain = self.form.encode(settings.codec, value).map_err(not_stored(Refusal::Encoding))?;
        let draft = self.draft(call, held, beyond, times);
        let blob = match beyond.versions {
            Some(_) => draft.with_value(settings.codec, settings.compression, plain),
            None => draft.names_only(settings.codec),
        };
        blob.map_err(not_stored(Refusal::BadName))
    }

    /// How much longer than it is fresh the value is kept. An error is not, nor what nobody could tell to be invalidated.
    fn window(&self, call: &Call, beyond: &Beyond, failed: bool) -> Duration {
        if failed || beyond.hard.is_none() { Duration::ZERO } else { self.remote.grace(call).window() }
    }

    fn draft<'a>(
        &self,
        call: &'a Call,
        held: &Held,
        beyond: &'a Beyond,
        (lifetime, window): (Duration, Duration),
    ) -> Draft<'a> {
        let declared = call.identity.stamps().collect::<Vec<_>>();
        let digest = |of_call: &[Version], of_result: &Option<Vec<Version>>| {
            let of_call = declared.iter().copied().zip(of_call);
            let of_result = beyond.extras.iter().map(Extra::stamp).zip(of_result.iter().flatten());
            let stamps = of_call.chain(of_result).map(|(name, version)| Stamped { name, version: *version });
            digest(self.schema, call.identity.key(), held.origin, stamps)
        };
        // At least one: without one it would never be fresh.
        let soft_ms = millis(lifetime).max(1);
        Draft {
            schema: self.schema,
            digest: digest(&held.versions, &beyond.versions),
            computed_ms: millis(self.core.now().since(self.since)),
            ttl_ms: millis(lifetime.saturating_add(window)),
            window: (!window.is_zero()).then(|| Window { soft_ms, digest: digest(held.twins(), &beyond.hard) }),
            declared,
            extras: &beyond.extras,
        }
    }
}

fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}
