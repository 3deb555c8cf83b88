//! Reading without computing.

use std::sync::Arc;

use super::{
    Remote,
    ask::Asker,
    hints::Extras,
    near::{Known, Looked, Place, Query, SoughtKey, Trove},
    unportable,
    verdict::{Confirmed, Judged, Sight, Sought},
};
use crate::{
    backend::{Names, Read, Seen, Want},
    cache::{Call, Core},
    error::Result,
    flight::Caller,
    identity::{Identity, Space},
    local,
    policy::Grace,
    stats::Reason,
    value::LocalValue,
    wire::{Blob, Form, Schema},
};

/// What became of several queries, as far as that is known.
struct Batch<V>(Vec<Option<Looked<V>>>);

impl<V> Batch<V> {
    /// The places of the queries that nothing is known of.
    fn open(&self) -> Vec<usize> {
        self.0.iter().enumerate().filter(|(_, looked)| looked.is_none()).map(|(at, _)| at).collect()
    }

    /// Takes what was found for the open ones.
    fn complete(mut self, found: Vec<Looked<V>>) -> Vec<Looked<V>> {
        let mut found = found.into_iter();
        for looked in &mut self.0 {
            if looked.is_none() {
                *looked = found.next();
            }
        }
        self.0.into_iter().flatten().collect()
    }
}

impl Remote {
    /// What there is for several calls, none of which computes: in one round trip.
    pub(crate) async fn peek<V: LocalValue>(
        &self,
        core: &Core,
        calls: &[Call],
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Vec<Looked<V>>> {
        let form = form.ok_or_else(unportable)?;
        let asker = &mut self.asker(caller);
        if self.near.is_none() {
            return self.peek_far(core, asker, calls.iter(), form).await;
        }
        let batch = self.at_hand(core, asker, calls.iter().map(Query::Call)).await?;
        let open = batch.open();
        let found = self.peek_far(core, asker, open.iter().map(|&at| &calls[at]), form).await?;
        Ok(batch.complete(found))
    }

    /// The value of a call, fresh or not, as far as its policy lets it be served: for a caller that has waited long enough for
    /// the next. And whether it is expired, or is to be refreshed.
    pub(crate) async fn peek_late<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Option<(V, bool)>> {
        let form = form.ok_or_else(unportable)?;
        let asker = &mut self.asker_among(caller, call.batch.as_ref());
        let (grace, extras) = (self.grace(call), self.guess(call));
        let mut names = self.names(&call.identity, &extras);
        if grace.is_lenient() {
            names.stamps.extend(self.layout.twins(&call.identity));
            names.stamps.extend(extras.iter().map(|extra| self.layout.twin_of(extra)));
        }
        let read = Read { names, want: Want::Peek, left: grace.minds_age() };
        let seen = self.read(asker, &mut None, read).await?;
        let schema = Schema::of(form, self.settings.codec, call.rules.schema);
        let sought = Sought { identity: &call.identity, schema, any_of_type: false, form, grace };
        let settled = self.settle(asker, &mut None, sought, &mut Sight::new(seen, extras, grace)).await?;
        Ok(settled.ok().map(|judged| match judged {
            Judged::Fresh(value) => (value, false),
            Judged::Late(value, ..) => (value, true),
        }))
    }

    /// The values under several keys, whatever they depend on: a round trip for the values, which tell on what, and one
    /// for the stamps of all of them.
    pub(crate) async fn get_keys<V: LocalValue>(
        &self,
        core: &Core,
        keys: &[SoughtKey<'_>],
        caller: Caller,
        form: Form<V>,
    ) -> Result<Vec<Looked<V>>> {
        let asker = &mut self.asker(caller);
        if self.near.is_none() {
            return self.get_far(core, asker, keys, form).await;
        }
        let batch = self.at_hand(core, asker, keys.iter().map(Query::Key)).await?;
        let open = batch.open().into_iter().map(|at| keys[at].clone()).collect::<Vec<_>>();
        let found = self.get_far(core, asker, &open, form).await?;
        Ok(batch.complete(found))
    }

    /// What the near tier answers; where it needs to have that confirmed, in one round trip.
    async fn at_hand<'q, V: LocalValue>(
        &self,
        core: &Core,
        asker: &mut Asker,
        queries: impl Iterator<Item = Query<'q>> + Clone + Send,
    ) -> Result<Batch<V>> {
        let found = queries.clone().map(|query| core.near(query).map(|value| Ok((value, Place::Near))));
        let mut batch = Batch(found.collect::<Vec<_>>());
        let known = queries.enumerate().filter_map(|(at, query)| Some((at, query, self.known(core, query)?)));
        let known = known.collect::<Vec<(usize, Query<'q>, Known<V>)>>();
        if known.is_empty() {
            return Ok(batch);
        }
        let reads = known.iter().map(|(_, _, known)| self.header(known, None)).collect();
        for ((at, query, known), seen) in known.iter().zip(self.read_all(asker, &mut [], reads).await) {
            batch.0[*at] = match known.confirm(&seen?) {
                Confirmed::Valid => Some(Ok((self.confirmed(core, *query, known), Place::Near))),
                Confirmed::Invalid(missing) => Some(Err(missing.reason)),
                Confirmed::Gone => None,
            };
        }
        Ok(batch)
    }

    async fn peek_far<V: LocalValue>(
        &self,
        core: &Core,
        asker: &mut Asker,
        calls: impl Iterator<Item = &Call> + Clone + Send,
        form: Form<V>,
    ) -> Result<Vec<Looked<V>>> {
        let guesses = calls.clone().map(|call| self.guess(call)).collect::<Vec<_>>();
        if guesses.is_empty() {
            return Ok(Vec::new());
        }
        let mut sightings = guesses.iter().map_while(|_| self.sighting(core)).collect::<Vec<_>>();
        let soft = self.caps.soft;
        let left = !sightings.is_empty();
        let reads = calls.clone().zip(&guesses).map(|(call, extras)| Read {
            names: self.names(&call.identity, extras),
            want: Want::Peek,
            left: left || (soft && call.rules.grace.is_lenient()),
        });
        let seen = self.read_all(asker, &mut sightings, reads.collect()).await;
        let (mut looked, mut sightings) = (Vec::with_capacity(guesses.len()), sightings.into_iter());
        for ((call, extras), seen) in calls.zip(guesses).zip(seen) {
            let (mut sight, mut sighting) = (Sight::new(seen?, extras, Grace::NONE), sightings.next());
            let schema = Schema::of(form, self.settings.codec, call.rules.schema);
            let sought = Sought { identity: &call.identity, schema, any_of_type: false, form, grace: Grace::NONE };
            let settled = self.settle(asker, &mut sighting, sought, &mut sight).await?;
            let found = settled.map_err(|missing| missing.reason).and_then(Judged::fresh);
            if let Ok(value) = &found {
                let (rules, arguments) = (&call.rules, call.arguments.as_ref());
                let (identity, extras) = (&call.identity, &sight.extras);
                let trove = Trove { identity, schema: rules.schema, arguments, extras, grace: rules.grace };
                self.keep(core, sighting, trove, &sight.seen, value);
            }
            let names = || self.stamps_of(&sight.extras).collect::<Vec<_>>();
            let settled = found.map(|value| Query::Call(call).settle(core, &call.identity, names, value));
            looked.push(settled.map(|value| (value, Place::Far)));
        }
        Ok(looked)
    }

    async fn get_far<V: LocalValue>(
        &self,
        core: &Core,
        asker: &mut Asker,
        keys: &[SoughtKey<'_>],
        form: Form<V>,
    ) -> Result<Vec<Looked<V>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut sightings = keys.iter().map_while(|_| self.sighting(core)).collect::<Vec<_>>();
        let left = !sightings.is_empty();
        let reads = keys.iter().map(|key| Read { names: self.layout.of_key(key.key), want: Want::Peek, left });
        let seen = self.read_all(asker, &mut sightings, reads.collect()).await;
        let seen = seen.into_iter().collect::<Result<Vec<_>>>()?;
        let depends = keys.iter().zip(&seen).map(|(key, seen)| Depends::of(key.key, seen)).collect::<Vec<_>>();
        let stamps =
            depends.iter().flatten().map(|on| Read { names: self.stamps(on), want: Want::Stamps, left: false });
        let stamps = stamps.collect::<Vec<_>>();
        // Those of what is there, as the reads of its stamps.
        let mut there = depends.iter().map(Option::is_some);
        sightings.retain(|_| there.next().unwrap_or(false));
        let versions = if stamps.is_empty() { Vec::new() } else { self.read_all(asker, &mut sightings, stamps).await };
        let mut versions = versions.into_iter().collect::<Result<Vec<_>>>()?.into_iter();
        let mut sightings = sightings.into_iter();
        let mut looked = Vec::with_capacity(keys.len());
        for ((mut seen, on), key) in seen.into_iter().zip(depends).zip(keys) {
            let Some(on) = on else {
                if seen.blob.is_some() {
                    self.say_damaged(key.key);
                }
                looked.push(Err(if seen.blob.is_some() { Reason::Damaged } else { Reason::Absent }));
                continue;
            };
            let mut sighting = sightings.next();
            seen.stamps = versions.next().unwrap_or_default().stamps;
            let schema = Schema::of(form, self.settings.codec, local::Schema::default());
            let sought = Sought { identity: &on.identity, schema, any_of_type: true, form, grace: Grace::NONE };
            let mut sight = Sight::new(seen, on.extras, Grace::NONE);
            let settled = self.settle(asker, &mut sighting, sought, &mut sight).await?;
            let found = settled.map_err(|missing| missing.reason).and_then(Judged::fresh);
            if let Ok(value) = &found {
                let (schema, extras) = (local::Schema::OF_NOBODY, &sight.extras);
                let trove = Trove { identity: &on.identity, schema, arguments: None, extras, grace: Grace::NONE };
                self.keep(core, sighting, trove, &sight.seen, value);
            }
            let names = || self.names(&on.identity, &sight.extras).stamps;
            let settled = found.map(|value| Query::Key(key).settle(core, &on.identity, names, value));
            looked.push(settled.map(|value| (value, Place::Far)));
        }
        Ok(looked)
    }

    /// The stamps that a blob names.
    fn stamps(&self, on: &Depends) -> Names {
        self.names(&on.identity, &on.extras)
    }
}

/// What a blob says it depends on.
struct Depends {
    identity: Arc<Identity>,
    extras: Extras,
}

impl Depends {
    fn of(key: &str, seen: &Seen) -> Option<Self> {
        let blob = Blob::parse(seen.blob.as_deref()?)?;
        let tags = blob.declared().filter(|stamp| stamp.space == Space::Tag).map(|tag| tag.name.into()).collect();
        let extras = blob.extras().collect();
        Some(Self { identity: Identity::new(key.to_owned(), tags).ok()?, extras })
    }
}
