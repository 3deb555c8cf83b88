//! The near tier of a cache with a backend: what is kept of what was read, and when it may be served.

use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    Remote,
    hints::Extras,
    verdict::{Confirmed, confirm},
};
use crate::{
    backend::{Backend, Names, NodeId, Read, Seen, Target, Want, Watch, Watching},
    cache::{Call, Core, Time},
    clock::Moment,
    error::Result,
    identity::Identity,
    inside,
    local::{self, EntryRef},
    near::{self, Checked, Freshness, Ticket, Tickets},
    policy::Grace,
    request::{self, Finding, Visit},
    stamp::{Stamp, moved},
    stats::{NearStats, Reason},
    value::LocalValue,
    wire::{HEADER_LEN, Head},
};

/// A near tier. Its entries are those of the cache's local tier.
#[derive(Debug)]
pub(crate) struct NearTier {
    tickets: Arc<Tickets>,
    keeps: Keeps,
    /// Whether it was said that values are kept no longer than they live.
    said_ttl: AtomicBool,
}

/// What keeps it fresh.
#[derive(Debug)]
enum Keeps {
    Tracked(Arc<dyn Watch>),
    Strict,
    Ttl(Duration),
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Query<'a> {
    Call(&'a Call),
    /// A full key, whatever tags its value has.
    Key(&'a SoughtKey<'a>),
}

/// A full key that is looked for.
#[derive(Clone, Debug)]
pub(crate) struct SoughtKey<'a> {
    pub(crate) key: &'a str,
    /// What the request around remembers of it, if there is one.
    pub(crate) visit: Option<Arc<Visit>>,
}

/// Where a value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Near,
    Far,
    /// In what the request around remembers.
    Request,
}

/// What it takes to keep what is about to be read.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    ticket: Ticket,
    /// Of everything that was read.
    stamps: Vec<Arc<Stamp>>,
    /// Who will tell of changes. None: nobody, and nothing is kept.
    nodes: Option<Vec<NodeId>>,
}

/// What a value was found by, and depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trove<'a> {
    pub(super) identity: &'a Arc<Identity>,
    pub(super) schema: local::Schema,
    pub(super) arguments: Option<&'a Arc<[u64]>>,
    /// What came with the result.
    pub(super) extras: &'a Extras,
    /// What may be done with it when it is not fresh.
    pub(super) grace: Grace,
}

/// A value that is served when the backend has confirmed that its header is still the same, and valid.
#[derive(Clone, Debug)]
struct Confirmable<V> {
    head: [u8; HEADER_LEN],
    extras: Extras,
    value: V,
}

/// An entry with such a value.
pub(super) struct Known<V> {
    entry: EntryRef,
    of: PhantomData<fn() -> V>,
}

impl NearTier {
    pub(crate) fn new(checked: Checked, namespace: &str, backend: &dyn Backend, clock: Time) -> Result<Self> {
        let Checked { freshness, heartbeat, patience, .. } = checked;
        let tickets = Tickets::new(namespace, clock, heartbeat + patience);
        let keeps = match freshness {
            Freshness::Tracked => {
                let weak = Arc::downgrade(&tickets);
                Keeps::Tracked(backend.watch(Watching { sink: weak, heartbeat, patience })?)
            }
            Freshness::Strict => Keeps::Strict,
            Freshness::Ttl(span) => Keeps::Ttl(span),
        };
        Ok(Self { tickets, keeps, said_ttl: AtomicBool::new(false) })
    }

    /// Where values are read, if not in the backend itself.
    pub(super) fn watch(&self) -> Option<&Arc<dyn Watch>> {
        match &self.keeps {
            Keeps::Tracked(watch) => Some(watch),
            Keeps::Strict | Keeps::Ttl(_) => None,
        }
    }

    /// Whether what it holds may be served without asking the backend.
    fn serves(&self) -> bool {
        !matches!(self.keeps, Keeps::Strict)
    }

    /// To be called before that is read.
    pub(super) fn expect(&self, sighting: &mut Sighting, Read { names, want, .. }: &Read) {
        if self.serves() {
            let value = want.has_value().then_some(&names.value);
            sighting.stamps.extend(value.into_iter().chain(&names.stamps).map(|name| self.tickets.stamp(name)));
        }
    }

    /// Drops the stamps that nothing depends on; returns how many.
    pub(crate) fn collect(&self) -> usize {
        self.tickets.collect()
    }

    /// How many stamps it has.
    pub(crate) fn stamps(&self) -> usize {
        self.tickets.len()
    }

    /// What it has done, of so many hits in all.
    pub(crate) fn stats(&self, hits: u64, far_hits: u64) -> NearStats {
        NearStats { hits: hits.saturating_sub(far_hits), far_hits, ..self.tickets.stats() }
    }

    /// Until when a value may be kept: no longer than it is fresh in the backend. None if that cannot be told, or it is not.
    fn expires(&self, at: Moment, seen: &Seen, head: Head<'_>, grace: Grace) -> Option<Moment> {
        if head.is_marked() {
            return None;
        }
        // Behind the end of its freshness it is there for who asks for that.
        let (ttl, fresh) = (head.ttl(), head.fresh());
        let behind = ttl.saturating_sub(fresh);
        let left = match seen.left {
            Some(left) => left.min(ttl).saturating_sub(behind),
            None if behind.is_zero() && self.watch().is_none() => fresh,
            None => return None,
        };
        // Who refreshes it before its end has to see it in the backend.
        let left = left.saturating_sub(grace.last_part(fresh, head.computed()));
        Some(at.after(match &self.keeps {
            Keeps::Tracked(_) | Keeps::Strict => left,
            Keeps::Ttl(span) => {
                if *span > fresh && !self.said_ttl.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        near = ?span, value = ?fresh,
                        "`Freshness::Ttl` is longer than values live: they are kept until they expire, and changes in other processes are seen no earlier; a shorter one is what it is for",
                    );
                }
                left.min(*span)
            }
        }))
    }
}

impl NearTier {
    /// None: something has changed already, or nobody would tell when it does.
    fn draft(&self, sighting: Sighting, trove: Trove<'_>, seen: &Seen, head: Head<'_>) -> Option<local::Draft> {
        let Sighting { ticket, stamps, nodes } = sighting;
        if moved(&stamps, ticket.born).is_some() {
            return None;
        }
        Some(local::Draft {
            identity: Arc::clone(trove.identity),
            schema: trove.schema,
            stamps: stamps.into(),
            nodes: self.tickets.nodes(&nodes?, ticket)?,
            born: ticket.born,
            expires: self.expires(ticket.at, seen, head, trove.grace)?,
            later: None,
            weight: 0,
            value_of: None,
            stored: ticket.at,
        })
    }
}

impl Sighting {
    /// What was read now, too, depends on these nodes.
    pub(super) fn note(&mut self, nodes: Option<Vec<NodeId>>) {
        let (Some(all), Some(nodes)) = (&mut self.nodes, nodes) else {
            self.nodes = None;
            return;
        };
        for node in nodes {
            if !all.contains(&node) {
                all.push(node);
            }
        }
    }
}

impl<V: LocalValue> Known<V> {
    fn kept(&self) -> &Confirmable<V> {
        self.entry.get().expect("it was found as one of that type")
    }

    pub(super) fn value(&self) -> V {
        self.kept().value.clone()
    }

    pub(super) fn extras(&self) -> &Extras {
        &self.kept().extras
    }

    pub(super) fn identity(&self) -> &Arc<Identity> {
        self.entry.identity()
    }

    /// What follows from what was seen of its header, and of the stamps that it depends on.
    pub(super) fn confirm(&self, seen: &Seen) -> Confirmed {
        confirm(self.identity(), Head::new(&self.kept().head), self.extras(), seen)
    }
}

/// Whether of a value only the header was read.
pub(super) fn is_cut(seen: &Seen) -> bool {
    seen.blob.as_ref().is_some_and(|blob| blob.len() == HEADER_LEN)
}

impl Core {
    /// The value that a query asks for, if the near tier has it and may serve it.
    pub(crate) fn near<V: LocalValue>(&self, query: Query<'_>) -> Option<V> {
        if !self.remote.as_ref()?.near.as_ref()?.serves() || !inside::reads_near() {
            return None;
        }
        let entry = match query {
            Query::Call(call) => self.find::<V>(call).ok()?,
            Query::Key(SoughtKey { key, .. }) => self.tier.by_key::<V>(key, self.now(), |_| Ok(())).ok()?,
        };
        let value = entry.value()?;
        // Its stamps are called as everything in the backend is.
        Some(query.settle(self, entry.identity(), || entry.stamps().iter().map(|stamp| stamp.name().into()), value))
    }
}

impl Remote {
    /// To be called before anything is read that may be kept.
    pub(super) fn sighting(&self, core: &Core) -> Option<Sighting> {
        let near = self.near.as_ref()?;
        // Whether something is kept or not, the stamps of what is read are to be collected.
        core.rouse();
        Some(Sighting { ticket: near.tickets.take(), stamps: Vec::new(), nodes: Some(Vec::new()) })
    }

    /// The value that a query asks for, if the near tier has it and the backend can confirm it.
    pub(super) fn known<V: LocalValue>(&self, core: &Core, query: Query<'_>) -> Option<Known<V>> {
        if self.near.as_ref()?.serves() || !inside::reads_near() {
            return None;
        }
        let (key, now) = (query.key(), core.now());
        let entry = core.tier.by_key::<Confirmable<V>>(key, now, |entry| match query {
            Query::Call(call) => entry.answers(&call.identity, call.rules.schema),
            Query::Key(_) => Ok(()),
        });
        Some(Known { entry: entry.ok()?, of: PhantomData })
    }

    /// What to read to have a value confirmed.
    pub(super) fn header<V: LocalValue>(&self, known: &Known<V>, lease: Option<Duration>) -> Read {
        Read { names: self.names(known.identity(), known.extras()), want: Want::Header { lease }, left: false }
    }

    /// Everything that a value depends on.
    pub(super) fn names(&self, identity: &Identity, extras: &Extras) -> Names {
        let mut names = self.layout.names(identity);
        names.stamps.extend(self.stamps_of(extras));
        names
    }

    /// What a query is answered with whose near value was confirmed.
    pub(super) fn confirmed<V: LocalValue>(&self, core: &Core, query: Query<'_>, known: &Known<V>) -> V {
        let names = || self.names(known.identity(), known.extras()).stamps;
        query.settle(core, known.identity(), names, known.value())
    }

    /// Keeps what was found in the near tier, if there is one and what was seen allows it.
    pub(super) fn keep<V: LocalValue>(
        &self,
        core: &Core,
        sighting: Option<Sighting>,
        trove: Trove<'_>,
        seen: &Seen,
        value: &V,
    ) {
        let (Some(near), Some(sighting), Some(blob)) = (&self.near, sighting, &seen.blob) else { return };
        let Some(head) = blob.first_chunk().copied() else { return };
        let Some(draft) = near.draft(sighting, trove, seen, Head::new(&head)) else { return };
        if near.serves() {
            core.keep(draft, value.clone(), trove.arguments);
        } else {
            core.keep(draft, Confirmable { head, extras: Extras::clone(trove.extras), value: value.clone() }, None);
        }
    }
}

impl Query<'_> {
    fn key(&self) -> &str {
        match self {
            Self::Call(call) => call.identity.key(),
            Self::Key(sought) => sought.key,
        }
    }

    fn visit(&self) -> Option<&Visit> {
        match self {
            Self::Call(call) => call.visit.as_deref(),
            Self::Key(sought) => sought.visit.as_deref(),
        }
    }

    /// What a request is answered with that has found this value, which depends on these names in the backend besides those
    /// that follow from the query.
    pub(super) fn settle<V: LocalValue, N: IntoIterator<Item = Box<str>>>(
        &self,
        core: &Core,
        identity: &Arc<Identity>,
        names: impl FnOnce() -> N,
        value: V,
    ) -> V {
        let Some(visit) = self.visit() else { return value };
        let schema = match self {
            Self::Call(call) => Some(call.rules.schema),
            Self::Key(_) => None,
        };
        visit.settle(Finding { identity, schema, value_of: None, now: core.now() }, names(), value)
    }
}

/// Lets no near tier of this process serve what depends on these any more, nor keep what was read before now; nor what a
/// request remembers.
pub(super) fn lose(namespace: &str, targets: &[Target]) {
    let names = || targets.iter().map(Target::name);
    near::everywhere(namespace, |tickets| names().for_each(|name| tickets.lose(name)));
    request::everywhere(namespace, |ledger| names().for_each(|name| ledger.lose(name)));
}

/// Why there is nothing to serve, or what there is and where it was.
pub(crate) type Looked<V> = std::result::Result<(V, Place), Reason>;
