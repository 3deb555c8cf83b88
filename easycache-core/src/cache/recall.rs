//! What the request around remembers of this cache, and what it is not to remember any more.

use std::sync::Arc;

use crate::{
    identity::{Identity, StampName},
    inside,
    local::EntryRef,
    observe::Who,
    remote::Place,
    request::{Finding, Ledger, Visit, anybody, everywhere},
    value::LocalValue,
};

use super::{Call, Core, Targets, Verb};

/// What a request remembers, or else the visit of a read, if there is a request at all.
pub(crate) type Recalled<V> = Result<V, Option<Arc<Visit>>>;

impl Core {
    /// The value that the request around remembers for a call, counted as a hit. Else the call takes note of what it will
    /// read, for the request to remember. To be asked before anything else is read.
    pub(crate) fn recall<V: LocalValue>(&self, call: &mut Call) -> Option<V> {
        let answers = |entry: &EntryRef| entry.answers(&call.identity, call.rules.schema).is_ok();
        match self.recalled(call.who(), || Some(Arc::clone(&call.identity)), answers) {
            Ok(value) => Some(value),
            Err(visit) => {
                call.visit = visit;
                None
            }
        }
    }

    /// The same of a full key, which can be used, whatever its value depends on.
    pub(crate) fn recall_key<V: LocalValue>(&self, key: &str) -> Recalled<V> {
        self.recalled(Who::of_key(key), || Identity::new(key.to_owned(), Vec::new()).ok(), |_| true)
    }

    fn recalled<V: LocalValue>(
        &self,
        who: Who<'_>,
        identity: impl FnOnce() -> Option<Arc<Identity>>,
        answers: impl FnOnce(&EntryRef) -> bool,
    ) -> Recalled<V> {
        let Some(memory) = inside::memory() else { return Err(None) };
        let ledger = self.ledger();
        if let Some(value) = Visit::recall(&memory, ledger, (who.key, self.now()), answers) {
            self.hit(who, Place::Request);
            return Ok(value);
        }
        // Whether something comes to be remembered or not, its stamps are to be collected.
        self.rouse();
        Err(identity().map(|identity| Arc::new(Visit::new(memory, Arc::clone(ledger), &identity))))
    }

    /// Where the changes to this cache are noted.
    fn ledger(&self) -> &Arc<Ledger> {
        self.ledger.get_or_init(|| match &self.remote {
            Some(remote) => Ledger::shared(remote.layout().clone()),
            None => Ledger::here(),
        })
    }

    /// What the visit of a call makes of an entry that was computed and stored here.
    pub(super) fn settle_computed_here<V: LocalValue>(&self, call: &Call, entry: &EntryRef, value: &V) {
        if let Some(visit) = &call.visit {
            visit.settle_computed(self.finding(call), names_here(visit, entry), value);
        }
    }

    /// What a call has found.
    pub(crate) fn finding<'a>(&self, call: &'a Call) -> Finding<'a> {
        let value_of = if self.remote.is_none() { call.rules.value_of } else { None };
        Finding { identity: &call.identity, schema: Some(call.rules.schema), value_of, now: self.now() }
    }

    /// These names of a cache in process were changed: nobody remembers what depends on them. To be called when it is done.
    pub(super) fn forget_here(&self, targets: &Targets) {
        if anybody() {
            // Which verb makes no difference to what is not kept anywhere else.
            for (target, _) in self.ledger().layout().targets(targets, Verb::Expire) {
                self.ledger().lose(target.name());
            }
        }
    }

    /// The same of everything.
    pub(super) fn forget_all_here(&self) {
        if anybody() {
            for target in self.ledger().layout().everything(Verb::Expire) {
                self.ledger().lose(target.name());
            }
        }
    }

    /// To be held while the value of a call is replaced, whatever it is: when that is over, nobody remembers the old one.
    pub(crate) fn replacing(&self, call: &Call) -> Replacing<'_> {
        Replacing { core: self, identity: Arc::clone(&call.identity) }
    }
}

/// A value is being replaced.
pub(crate) struct Replacing<'a> {
    core: &'a Core,
    identity: Arc<Identity>,
}

impl Drop for Replacing<'_> {
    fn drop(&mut self) {
        let key = self.identity.key();
        match &self.core.remote {
            None => self.core.forget_here(&Targets::new().key(key)),
            Some(remote) if anybody() => {
                let value = remote.layout().of_key(key).value;
                everywhere(remote.layout().namespace(), |ledger| ledger.lose(&value));
            }
            Some(_) => {}
        }
    }
}

/// The value of an entry of a cache in process that was found, and may be served: what its visit makes of it.
pub(super) fn settle_here<V: LocalValue>(visit: Option<&Visit>, finding: Finding<'_>, entry: &EntryRef) -> Option<V> {
    let value = entry.value()?;
    Some(match visit {
        Some(visit) => visit.settle(finding, names_here(visit, entry), value),
        None => value,
    })
}

/// What an entry of a cache in process depends on, as its ledger calls it.
fn names_here(visit: &Visit, entry: &EntryRef) -> impl Iterator<Item = Box<str>> {
    let layout = visit.ledger().layout();
    entry.stamps().iter().map(|stamp| layout.of_stamp(StampName { space: stamp.space(), name: stamp.name() }))
}
