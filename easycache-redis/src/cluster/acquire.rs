//! Getting the lease where the value is, and stamps where they are.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use easycache_core::{Acquire, Acquired, Deadline, Result, Version};

use super::{APART, Cluster, TOGETHER, route::Told, slot::slot};
use crate::{
    abandon::Attempts,
    steps::{self, Minted},
};

/// Asks for leases and mints stamps, in one wave. The versions are those of some moment in it, the lease is of another:
/// both are before the computation, and that is all that counts.
pub(super) async fn acquire(cluster: &Cluster, acquires: &[Acquire], deadline: Deadline) -> Vec<Result<Acquired>> {
    let attempts = Attempts::new(cluster, acquires);
    let stamps = Stamps::of(acquires);
    let leases = acquires.len();
    let mut slots = acquires.iter().map(|acquire| slot(&acquire.names.value)).collect::<Vec<_>>();
    slots.extend(stamps.slots());
    let make = |at: usize| match at.checked_sub(leases) {
        None => steps::acquire(&acquires[at], &[], &attempts.token(at)),
        Some(at) => stamps.command(at),
    };
    let mut told = cluster.send(&slots, &make, TOGETHER, deadline).await;
    let of_stamps = told.split_off(leases);
    let versions = stamps.settle(cluster, of_stamps, deadline).await;
    let outcomes = acquires.iter().zip(told).enumerate().map(|(place, (acquire, told))| {
        let told = told?;
        // Where a stamp is not to be had, the lease is ended together with those that nobody has heard of.
        let versions = stamps.of_one(acquire, &versions).collect::<Result<Vec<_>>>()?;
        let tokens = attempts.answered(place);
        let is_mine = |token: &_| tokens.contains(token);
        let outcome = steps::acquired(&told.address, acquire, 0, is_mine, told.reply, told.epoch)?;
        Ok(with_versions(outcome, versions))
    });
    outcomes.collect()
}

fn with_versions(mut outcome: Acquired, versions: Vec<Version>) -> Acquired {
    match &mut outcome {
        Acquired::Granted(grant) => grant.versions = versions,
        Acquired::Changed(seen) => seen.stamps = versions.into_iter().map(Some).collect(),
    }
    outcome
}

/// The stamps of some acquisitions, each once.
struct Stamps<'a> {
    places: HashMap<&'a str, usize>,
    all: Vec<Stamp<'a>>,
}

struct Stamp<'a> {
    name: &'a str,
    /// How long it has to live on.
    keep: Duration,
    /// What the last attempt has written, or would have.
    fresh: Mutex<Version>,
}

impl<'a> Stamps<'a> {
    fn of(acquires: &'a [Acquire]) -> Self {
        let mut stamps = Self { places: HashMap::new(), all: Vec::new() };
        for acquire in acquires {
            for name in &acquire.names.stamps {
                let place = *stamps.places.entry(name).or_insert_with(|| {
                    stamps.all.push(Stamp { name, keep: acquire.keep, fresh: Mutex::new(Version::NONE) });
                    stamps.all.len() - 1
                });
                let stamp = &mut stamps.all[place];
                stamp.keep = stamp.keep.max(acquire.keep);
            }
        }
        stamps
    }

    /// Those of the commands: two for each stamp.
    fn slots(&self) -> impl Iterator<Item = u16> {
        self.all.iter().flat_map(|stamp| [slot(stamp.name); 2])
    }

    /// Mints a stamp, and then asks how long it lives.
    fn command(&self, at: usize) -> crate::lane::Command {
        let stamp = &self.all[at / 2];
        if at.is_multiple_of(2) {
            steps::mint(stamp.name, stamp.refresh(), stamp.keep)
        } else {
            steps::left(stamp.name)
        }
    }

    /// The version that each stamp has. What is to be mended, which is rare, takes another wave.
    async fn settle(&self, cluster: &Cluster, told: Vec<Result<Told>>, deadline: Deadline) -> Vec<Result<Version>> {
        let mut told = told.into_iter();
        let mut states = Vec::with_capacity(self.all.len());
        while let (Some(minted), Some(left)) = (told.next(), told.next()) {
            states.push(self.all[states.len()].state(minted, left));
        }
        let mends =
            states.iter().enumerate().filter(|(_, state)| state.as_ref().is_ok_and(|state| state.mend.is_some()));
        let mends = mends.map(|(place, _)| place).collect::<Vec<_>>();
        if !mends.is_empty() {
            self.mend(cluster, &mends, &mut states, deadline).await;
        }
        states.into_iter().map(|state| state.map(|state| state.version)).collect()
    }

    async fn mend(&self, cluster: &Cluster, mends: &[usize], states: &mut [Result<State>], deadline: Deadline) {
        let due = mends.iter().map(|&place| states[place].as_ref().ok().and_then(|state| state.mend));
        let due = due.collect::<Vec<_>>();
        let slots = mends.iter().map(|&place| slot(self.all[place].name)).collect::<Vec<_>>();
        let make = |at: usize| {
            let stamp = &self.all[mends[at]];
            match due[at] {
                Some(Mend::Replace) => steps::remint(stamp.name, stamp.refresh(), stamp.keep),
                _ => steps::extend(stamp.name, stamp.keep),
            }
        };
        let told = cluster.send(&slots, &make, APART, deadline).await;
        for ((&place, mend), told) in mends.iter().zip(&due).zip(told) {
            // A stamp that was not prolonged is a miss when its time is over, and no more than that.
            if *mend == Some(Mend::Replace) {
                let stamp = &self.all[place];
                states[place] = told.and_then(|told| {
                    steps::reminted(&told.address, &told.reply)?;
                    Ok(State { version: steps::fold(stamp.fresh(), told.epoch), mend: None })
                });
            }
        }
    }

    /// The versions of the stamps of one acquisition.
    fn of_one<'b>(
        &'b self,
        acquire: &'b Acquire,
        versions: &'b [Result<Version>],
    ) -> impl Iterator<Item = Result<Version>> + 'b {
        acquire.names.stamps.iter().map(|stamp| versions[self.places[&**stamp]].clone())
    }
}

/// What is known of a stamp.
#[derive(Debug)]
struct State {
    version: Version,
    mend: Option<Mend>,
}

/// What has to be done about a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mend {
    /// Something else is there.
    Replace,
    /// It ends too soon.
    Extend,
}

impl Stamp<'_> {
    /// Another version, for another attempt.
    fn refresh(&self) -> Version {
        let version = Version::mint();
        *self.fresh.lock().unwrap_or_else(PoisonError::into_inner) = version;
        version
    }

    fn fresh(&self) -> Version {
        *self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self, minted: Result<Told>, left: Result<Told>) -> Result<State> {
        let (minted, left) = (minted?, left?);
        let state = |version, mend| State { version: steps::fold(version, minted.epoch), mend };
        Ok(match steps::minted(&minted.address, &minted.reply)? {
            Minted::Fresh => state(self.fresh(), None),
            Minted::Misplaced => state(Version::NONE, Some(Mend::Replace)),
            Minted::There(version) => {
                let is_short = steps::is_short(&left.address, &left.reply, self.keep)?;
                // One that is held ends by itself if nobody ends it.
                state(version, (is_short && !version.is_held()).then_some(Mend::Extend))
            }
        })
    }
}
