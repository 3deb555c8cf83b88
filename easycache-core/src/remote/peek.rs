//! Reading and storing without computing.

use std::sync::Arc;

use super::{
    Remote,
    ask::{Asker, unanswered},
    hints::Tags,
    unportable,
    verdict::Sought,
};
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
type Looked<V> = std::result::Result<V, Reason>;

impl Remote {
    /// The value of a call, counted as nothing.
    pub(crate) async fn peek<V: LocalValue>(
        self: &Arc<Self>,
        call: &Call,
        caller: Caller,
        form: Option<Form<V>>,
    ) -> Result<Option<V>> {
        let form = form.ok_or_else(unportable)?;
        let schema = Schema::of::<V>(self.settings.codec, call.rules.schema);
        let sought = Sought { identity: &call.identity, schema, any_of_type: false, form };
        let found = self.look_up(&mut self.asker(caller), vec![(sought, self.guess(call))]).await?;
        Ok(found.into_iter().next().and_then(Result::ok))
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
        let reads = keys.iter().map(|key| Read { names: self.layout.of_key(key), want: Want::Peek });
        let seen = self.read_all(asker, reads.collect()).await?;
        let mut seen = seen.into_iter().collect::<Result<Vec<_>>>()?;
        let depends = keys.iter().zip(&seen).map(|(key, seen)| Depends::of(key, seen)).collect::<Vec<_>>();
        let stamps = depends.iter().flatten().map(|on| Read { names: self.stamps(on), want: Want::Stamps });
        let stamps = stamps.collect::<Vec<_>>();
        let mut versions = if stamps.is_empty() { Vec::new() } else { self.read_all(asker, stamps).await? }.into_iter();
        let mut looked = Vec::with_capacity(keys.len());
        for (seen, on) in seen.iter_mut().zip(depends) {
            let Some(mut on) = on else {
                looked.push(Err(if seen.blob.is_some() { Reason::Damaged } else { Reason::Absent }));
                continue;
            };
            seen.stamps = versions.next().ok_or_else(unanswered)??.stamps;
            seen.stamps.resize(self.stamps(&on).stamps.len(), None);
            let schema = Schema::of::<V>(self.settings.codec, crate::local::Schema::default());
            let sought = Sought { identity: &on.identity, schema, any_of_type: true, form };
            looked.push(self.settle(asker, sought, seen, &mut on.extras).await?);
        }
        Ok(looked)
    }

    /// Looks for several things at once, none of which is computed if it is missing.
    async fn look_up<V: LocalValue>(
        self: &Arc<Self>,
        asker: &mut Asker,
        sought: Vec<(Sought<'_, V>, Tags)>,
    ) -> Result<Vec<Looked<V>>> {
        let reads = sought.iter().map(|(sought, extras)| {
            let mut names = self.layout.names(sought.identity);
            names.stamps.extend(self.stamps_of(extras));
            Read { names, want: Want::Peek }
        });
        let reads = reads.collect::<Vec<_>>();
        let names = reads.iter().map(|read| read.names.clone()).collect::<Vec<_>>();
        let seen = self.read_all(asker, reads).await?;
        let mut looked = Vec::with_capacity(seen.len());
        for (((sought, mut extras), seen), names) in sought.into_iter().zip(seen).zip(names) {
            if self.quarantine.holds(&names) {
                looked.push(Err(Reason::Unreachable));
                continue;
            }
            let mut seen = seen?;
            seen.stamps.resize(names.stamps.len(), None);
            looked.push(self.settle(asker, sought, &mut seen, &mut extras).await?);
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
