//! One read inside of a request.

use std::sync::Arc;

use super::{Ledger, Memory};
use crate::{
    clock::Moment,
    identity::Identity,
    local::{Draft, Entry, EntryRef, Schema, ValueOf},
    stamp::{Stamp, Version},
    value::LocalValue,
};

/// Taken before anything is read, and handed on with the call: what is read under it is remembered, unless something it
/// depends on was changed by this process since.
#[derive(Debug)]
pub(crate) struct Visit {
    memory: Arc<Memory>,
    ledger: Arc<Ledger>,
    /// Of what is known beforehand that it depends on.
    stamps: Vec<Arc<Stamp>>,
    born: Version,
}

/// What was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) identity: &'a Arc<Identity>,
    /// None: it was found by its key alone, whatever it is of.
    pub(crate) schema: Option<Schema>,
    pub(crate) value_of: Option<ValueOf>,
    pub(crate) now: Moment,
}

impl Finding<'_> {
    /// Whether what is remembered answers a read that has found this.
    fn is_answered_by<V: LocalValue>(&self, entry: &EntryRef) -> bool {
        let answers = self.schema.is_none_or(|schema| entry.answers(self.identity, schema).is_ok());
        answers && entry.get::<V>().is_some()
    }
}

impl Visit {
    pub(crate) fn new(memory: Arc<Memory>, ledger: Arc<Ledger>, identity: &Identity) -> Self {
        let names = ledger.layout().names(identity);
        let names = std::iter::once(&names.value).chain(&names.stamps);
        let stamps = names.map(|name| ledger.stamp(name)).collect();
        let born = ledger.now();
        Self { memory, ledger, stamps, born }
    }

    /// What is remembered under a key, if it `answers`.
    pub(crate) fn recall<V: LocalValue>(
        memory: &Memory,
        ledger: &Ledger,
        (key, now): (&str, Moment),
        answers: impl FnOnce(&EntryRef) -> bool,
    ) -> Option<V> {
        let entry = memory.get(ledger.number(), key, now, |entry| answers(entry) && entry.get::<V>().is_some());
        entry?.value()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Remembers what was found, which depends on these names, too. What the request is answered with: what it remembers,
    /// if that is something else.
    pub(crate) fn settle<V: LocalValue>(
        &self,
        finding: Finding<'_>,
        more: impl IntoIterator<Item = Box<str>>,
        value: V,
    ) -> V {
        // The value is copied, and dropped, outside of all locks: both may be code of the user's.
        let entry = self.entry(finding, more, &value);
        let kept =
            self.memory.keep(self.ledger.number(), entry, finding.now, |other| finding.is_answered_by::<V>(other));
        kept.and_then(|other| other.value()).unwrap_or(value)
    }

    /// Remembers what was computed, and stored.
    pub(crate) fn settle_computed<V: LocalValue>(
        &self,
        finding: Finding<'_>,
        more: impl IntoIterator<Item = Box<str>>,
        value: &V,
    ) {
        let entry = self.entry(finding, more, value);
        self.memory.keep_computed(self.ledger.number(), entry, finding.now);
    }

    /// What the request is answered with that was given the value of another caller's computation.
    pub(crate) fn yielding<V: LocalValue>(&self, finding: Finding<'_>, value: V) -> V {
        let at = (finding.identity.key(), finding.now);
        let answers = |other: &EntryRef| finding.is_answered_by::<V>(other);
        Self::recall(&self.memory, &self.ledger, at, answers).unwrap_or(value)
    }

    fn entry<V: LocalValue>(
        &self,
        finding: Finding<'_>,
        more: impl IntoIterator<Item = Box<str>>,
        value: &V,
    ) -> EntryRef {
        let mut stamps = self.stamps.clone();
        for name in more {
            let stamp = self.ledger.stamp(&name);
            if !stamps.iter().any(|other| Arc::ptr_eq(other, &stamp)) {
                stamps.push(stamp);
            }
        }
        let draft = Draft {
            identity: Arc::clone(finding.identity),
            schema: finding.schema.unwrap_or(Schema::OF_NOBODY),
            stamps: stamps.into(),
            nodes: Box::default(),
            born: self.born,
            // For as long as the request takes.
            expires: Moment::NEVER,
            later: None,
            weight: 0,
            value_of: finding.value_of,
            stored: finding.now,
        };
        let entry: Arc<Entry> = Arc::new(Entry::new(draft, value.clone()));
        EntryRef(entry)
    }
}
