//! Reading and storing without computing.

use std::sync::Arc;

use super::{Remote, hints::Tags, unportable, verdict::Sought};
use crate::{
    backend::{Names, Read, Seen, Want},
    cache::Call,
    error::Result,
    flight::Caller,
    identity::{Identity, Space},
    stats::Reason,
    value::LocalValue,
    wire::{Blob, Form, Schema},
};

/// What became of a look at one entry: its value, or why there is none.
pub(crate) type Looked<V> = std::result::Result<V, Reason>;

impl Remote {
    /// What there is for several calls, none of which computes: in one round trip.
    pub(crate) async fn peek<V: LocalValue>(
        &self,
        calls: &[Call],
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Vec<Looked<V>>> {
        let form = form.ok_or_else(unportable)?;
        let asker = &mut self.asker(caller);
        let guesses = calls.iter().map(|call| self.guess(call)).collect::<Vec<_>>();
        let reads = calls.iter().zip(&guesses).map(|(call, extras)| {
            let mut names = self.layout.names(&call.identity);
            names.stamps.extend(self.stamps_of(extras));
            Read { names, want: Want::Peek, left: false }
        });
        let seen = self.read_all(asker, reads.collect()).await;
        let mut looked = Vec::with_capacity(calls.len());
        for ((call, mut extras), seen) in calls.iter().zip(guesses).zip(seen) {
            let schema = Schema::of::<V>(self.settings.codec, call.rules.schema);
            let sought = Sought { identity: &call.identity, schema, any_of_type: false, form };
            let settled = self.settle(asker, sought, &mut seen?, &mut extras).await?;
            looked.push(settled.map_err(|missing| missing.reason));
        }
        Ok(looked)
    }

    /// The values under several keys, whatever they depend on: a round trip for the values, which tell on what, and one
    /// for the stamps of all of them.
    pub(crate) async fn get_keys<V: LocalValue>(
        self: &Arc<Self>,
        keys: &[&str],
        caller: Caller,
        form: Form<V>,
    ) -> Result<Vec<Looked<V>>> {
        let asker = &mut self.asker(caller);
        let reads = keys.iter().map(|key| Read { names: self.layout.of_key(key), want: Want::Peek, left: false });
        let seen = self.read_all(asker, reads.collect()).await;
        let mut seen = seen.into_iter().collect::<Result<Vec<_>>>()?;
        let depends = keys.iter().zip(&seen).map(|(key, seen)| Depends::of(key, seen)).collect::<Vec<_>>();
        let stamps =
            depends.iter().flatten().map(|on| Read { names: self.stamps(on), want: Want::Stamps, left: false });
        let stamps = stamps.collect::<Vec<_>>();
        let versions = if stamps.is_empty() { Vec::new() } else { self.read_all(asker, stamps).await };
        let mut versions = versions.into_iter().collect::<Result<Vec<_>>>()?.into_iter();
        let mut looked = Vec::with_capacity(keys.len());
        for ((seen, on), key) in seen.iter_mut().zip(depends).zip(keys) {
            let Some(mut on) = on else {
                if seen.blob.is_some() {
                    self.say_damaged(key);
                }
                looked.push(Err(if seen.blob.is_some() { Reason::Damaged } else { Reason::Absent }));
                continue;
            };
            seen.stamps = versions.next().unwrap_or_default().stamps;
            let schema = Schema::of::<V>(self.settings.codec, crate::local::Schema::default());
            let sought = Sought { identity: &on.identity, schema, any_of_type: true, form };
            let settled = self.settle(asker, sought, seen, &mut on.extras).await?;
            looked.push(settled.map_err(|missing| missing.reason));
        }
        Ok(looked)
    }

    /// The stamps that a blob names.
    fn stamps(&self, on: &Depends) -> Names {
        let mut names = self.layout.names(&on.identity);
        names.stamps.extend(self.stamps_of(&on.extras));
        names
    }
}

/// What a blob says it depends on.
struct Depends {
    identity: Arc<Identity>,
    extras: Tags,
}

impl Depends {
    fn of(key: &str, seen: &Seen) -> Option<Self> {
        let blob = Blob::parse(seen.blob.as_deref()?)?;
        let tags = blob.declared().filter(|stamp| stamp.space == Space::Tag).map(|tag| tag.name.into()).collect();
        let extras = blob.tags_of_result().map(|tag| tag.name.into()).collect();
        Some(Self { identity: Identity::new(key.to_owned(), tags).ok()?, extras })
    }
}
