//! A cluster: every name is on the node that has its slot.
//!
//! Value and lease of a key share a slot; its stamps are wherever their names belong. So the scripts that need both run
//! on the one node, and versions are read and written beside them, in the same wave. That is enough: what makes a value
//! stale is a version that was read after the computation began, and here all of them are there before.

mod acquire;
mod inspect;
mod invalidate;
mod map;
mod question;
mod redirect;
mod route;
mod slot;
mod view;

use std::{collections::HashMap, sync::Arc, time::Duration};

use easycache_core::{Acquire, Acquired, Deadline, Fill, Filled, Grant, Names, Read, Result, Seen, Target, Token};
use futures_util::future::join;

use self::{
    redirect::Redirect,
    route::{Make, Manner, Told},
    slot::slot,
    view::View,
};
use crate::{
    abandon::Leases,
    check,
    config::{Address, Settings, Wait},
    lane::Command,
    node::{How, Whereabouts},
    reply::Reply,
    steps::{self, Found, Plan},
    watch::Part,
};

/// The steps of the protocol on a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    view: Arc<View>,
    wait: Option<Wait>,
    max_value: usize,
}

/// For commands of one key, or of keys that are asked for one by one if they are not in one place.
const APART: Manner = Manner { how: How::Again, wait: None, patient: false };

/// For commands that need two keys in one place.
const TOGETHER: Manner = Manner { patient: true, ..APART };

impl Cluster {
    pub(crate) fn new(seeds: Vec<Address>, settings: Arc<Settings>, wait: Option<Wait>) -> Self {
        Self { view: Arc::new(View::new(seeds, settings)), wait, max_value: steps::MAX_VALUE }
    }

    /// The largest value that the nodes take.
    pub(crate) fn max_value(&self) -> usize {
        self.max_value
    }

    /// Looks at all masters.
    pub(crate) async fn check(&mut self) -> Result<()> {
        let map = self.view.layout().await?;
        if let Some(largest) = check::look_at(map.masters(), self.wait).await? {
            self.max_value = self.max_value.min(largest);
        }
        Ok(())
    }

    /// Sends commands that are no step of the protocol, each to the node that has its name.
    pub(crate) async fn carry_out(
        &self,
        names: &[&str],
        commands: &[Command],
        how: How,
        deadline: Deadline,
    ) -> Vec<Result<(Address, Reply)>> {
        let slots = names.iter().map(|name| slot(name)).collect::<Vec<_>>();
        let make = |place: usize| commands[place].clone();
        let told = self.send(&slots, &make, Manner { how, ..APART }, deadline).await;
        told.into_iter().map(|told| told.map(|Told { reply, address, .. }| (address, reply))).collect()
    }

    /// How connections to its nodes are made.
    pub(crate) fn settings(&self) -> &Settings {
        self.view.settings()
    }

    /// Which nodes have these names, and which of them share a slot; without those whose node is not known.
    pub(crate) fn parts(&self, names: &[&str]) -> Vec<Part> {
        let map = self.view.map();
        let mut parts = Vec::<Part>::new();
        for group in by_slot(names) {
            let Some(owner) = map.owner(slot(names[group[0]])) else { continue };
            match parts.iter_mut().find(|part| part.server == *owner.whereabouts()) {
                Some(part) => part.groups.push(group),
                None => parts.push(Part { server: owner.whereabouts().clone(), groups: vec![group] }),
            }
        }
        parts
    }

    /// Takes note of what the node at `asked` has said about a name, if that is that it has moved. Whether it is.
    pub(crate) fn moved(&self, asked: &Address, name: &str, refusal: &Reply) -> bool {
        let Some(Redirect::Moved(to)) = redirect::of(refusal, asked) else { return false };
        self.view.moved(slot(name), &to);
        true
    }

    /// Whether that is a master.
    pub(crate) fn has(&self, server: &Whereabouts) -> bool {
        self.view.map().masters().iter().any(|master| master.whereabouts() == server)
    }

    async fn send(&self, slots: &[u16], make: Make<'_>, manner: Manner, deadline: Deadline) -> Vec<Result<Told>> {
        route::send(&self.view, slots, make, manner, deadline).await
    }

    pub(crate) async fn read(&self, reads: &[Read], deadline: Deadline) -> Vec<Result<Seen>> {
        let (plan, lefts) = (Plan::new(reads), steps::Lefts::of(reads));
        let (found, lefts) = if lefts.values().is_empty() {
            (self.look_up(&plan, deadline).await, Vec::new())
        } else {
            // At the same time.
            join(self.look_up(&plan, deadline), self.lefts(lefts.values(), deadline)).await
        };
        let (mut found, mut lefts) = (plan.in_order(found).into_iter(), lefts.into_iter());
        let seen = reads.iter().map(|read| {
            // All of them, or those of the next read would begin too early.
            let found = found.by_ref().take(steps::asked(read)).collect::<Vec<_>>();
            let left = if steps::is_asked(read) { lefts.next().transpose() } else { Ok(None) };
            let found = found.into_iter().collect::<Result<Vec<_>>>()?;
            let mut seen = steps::seen(read, &mut found.into_iter());
            seen.left = left?.flatten().filter(|_| seen.blob.is_some());
            Ok(seen)
        });
        seen.collect()
    }

    /// How much longer each value is kept.
    async fn lefts(&self, values: &[&str], deadline: Deadline) -> Vec<Result<Option<Duration>>> {
        let slots = values.iter().map(|value| slot(value)).collect::<Vec<_>>();
        let told = self.send(&slots, &|at| steps::left(values[at]), APART, deadline).await;
        let left = |told: Result<Told>| {
            let told = told?;
            steps::value_left(&told.address, &told.reply)
        };
        told.into_iter().map(left).collect()
    }

    /// What is under each name.
    async fn look_up(&self, plan: &Plan<'_>, deadline: Deadline) -> Vec<Result<Found>> {
        let (names, whole) = (plan.names(), plan.whole());
        let mut found = names.iter().map(|_| None).collect::<Vec<_>>();
        let mut groups = by_slot(&names[..whole]);
        groups.extend((whole..names.len()).map(|place| vec![place]));
        let mut open = self.get(plan, groups, &mut found, deadline).await;
        if !open.is_empty() {
            // Some of the names of a slot are where it is, others where it goes.
            let each = open.into_iter().flatten().map(|place| vec![place]).collect();
            open = self.get(plan, each, &mut found, deadline).await;
        }
        debug_assert!(open.is_empty(), "one key is always in one place");
        found.into_iter().map(|found| found.unwrap_or_else(|| Err(crate::error::restless()))).collect()
    }

    /// Asks for each group of names, which share a slot. Returns those that are not all in one place.
    async fn get(
        &self,
        plan: &Plan<'_>,
        groups: Vec<Vec<usize>>,
        found: &mut [Option<Result<Found>>],
        deadline: Deadline,
    ) -> Vec<Vec<usize>> {
        let (names, is_head) = (plan.names(), |group: &[usize]| group[0] >= plan.whole());
        let slots = groups.iter().map(|group| slot(names[group[0]])).collect::<Vec<_>>();
        let make = |at: usize| match &*groups[at] {
            group if is_head(group) => steps::head(names[group[0]]),
            group => steps::get(&group.iter().map(|&place| names[place]).collect::<Vec<_>>()),
        };
        let told = self.send(&slots, &make, APART, deadline).await;
        let mut apart = Vec::new();
        for (group, told) in groups.into_iter().zip(told) {
            let got = match told {
                Ok(told) if group.len() > 1 && is_apart(&told) => {
                    apart.push(group);
                    continue;
                }
                Ok(Told { reply, epoch, address }) if is_head(&group) => {
                    let head = steps::beginning(&address, reply).map(|bytes| Found { bytes, epoch });
                    found[group[0]] = Some(head);
                    continue;
                }
                Ok(Told { reply, epoch, address }) => steps::got(&address, group.len(), reply, epoch),
                Err(error) => Err(error),
            };
            match got {
                Ok(values) => group.iter().zip(values).for_each(|(&place, value)| found[place] = Some(Ok(value))),
                Err(error) => group.iter().for_each(|&place| found[place] = Some(Err(error.clone()))),
            }
        }
        apart
    }

    pub(crate) async fn acquire(&self, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
        acquire::acquire(self, acquires, deadline).await
    }

    /// Without looking at the stamps, which are elsewhere: a value whose stamps have moved is not valid, stored or not.
    pub(crate) async fn fill(&self, fills: &[Fill], deadline: Deadline) -> Vec<Result<Filled>> {
        let slots = fills.iter().map(|fill| slot(&fill.names.value)).collect::<Vec<_>>();
        let make = |place: usize| steps::fill(&fills[place], 0, self.max_value);
        // Not again if the connection breaks: what was stored the first time would be refused the second.
        let told = self.send(&slots, &make, Manner { how: How::Once, ..TOGETHER }, deadline).await;
        let filled = fills.iter().zip(told).map(|(fill, told)| {
            let told = told?;
            steps::filled(&told.address, fill, self.max_value, &told.reply)
        });
        filled.collect()
    }

    pub(crate) async fn renew(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<bool> {
        let make = |_| steps::renew(&names.lease, &grant.token, grant.lease);
        let told = self.send(&[slot(&names.lease)], &make, TOGETHER, deadline).await.remove(0)?;
        steps::renewed(&told.address, &told.reply)
    }

    pub(crate) async fn release(&self, names: &Names, grant: &Grant, deadline: Deadline) -> Result<()> {
        let make = |_| steps::release(&names.lease, &grant.token);
        let told = self.send(&[slot(&names.lease)], &make, TOGETHER, deadline).await.remove(0)?;
        steps::released(&told.address, &told.reply)
    }

    pub(crate) async fn invalidate(&self, targets: &[Target], deadline: Deadline) -> Vec<Result<bool>> {
        invalidate::invalidate(self, targets, deadline).await
    }
}

impl Leases for Cluster {
    async fn end(&self, leases: &[(Box<str>, Token)], deadline: Deadline) -> bool {
        let slots = leases.iter().map(|(lease, _)| slot(lease)).collect::<Vec<_>>();
        let make = |place: usize| {
            let (lease, token) = &leases[place];
            steps::release(lease, token)
        };
        self.send(&slots, &make, TOGETHER, deadline).await.iter().all(Result::is_ok)
    }
}

/// Whether the keys of a command are not in one place, because their slot is on its way.
fn is_apart(told: &Told) -> bool {
    told.reply.error().is_some_and(|error| &*error.code == "TRYAGAIN")
}

/// The places of names that share a slot.
fn by_slot(names: &[&str]) -> Vec<Vec<usize>> {
    let mut groups = Vec::<Vec<usize>>::with_capacity(names.len());
    let mut known = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        let group = *known.entry(slot(name)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(place);
    }
    groups
}
