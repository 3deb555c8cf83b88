//! Names whose invalidation is not known to have been done.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    backend::{Names, Seen, Target},
    sync::unpoisoned,
};

/// How many names are held one by one; when there are more, everything is.
const LIMIT: usize = 10_000;

/// What this process treats as invalid until an invalidation of it, sent after the one that failed, is acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    /// How many are held: while none is, a call looks no further.
    count: AtomicUsize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// By the name that a call would read, with the number of the latest failure.
    by_name: HashMap<Box<str>, (Target, u64)>,
    /// Everything, with the number of the latest failure.
    all: Option<u64>,
    failures: u64,
    /// Whether somebody is at work on it.
    attended: bool,
}

/// What has to be invalidated once more.
#[derive(Debug)]
pub(super) enum Due {
    Nothing,
    Names(Vec<(Target, u64)>),
    Everything(u64),
}

/// Which of some names are not to be believed.
#[derive(Debug)]
pub(super) struct Hidden {
    value: bool,
    stamps: Vec<bool>,
}

impl Hidden {
    /// Takes them out of what was read.
    pub(super) fn take_from(&self, seen: &mut Seen) {
        if self.value {
            (seen.blob, seen.lease, seen.grant) = (None, None, None);
        }
        for (version, hidden) in seen.stamps.iter_mut().zip(&self.stamps) {
            if *hidden {
                *version = None;
            }
        }
    }
}

impl Quarantine {
    /// How many names are held.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Whether a call that depends on those names must not be answered from the backend, nor stored there.
    pub(super) fn holds(&self, names: &Names) -> bool {
        self.hidden(names).is_some()
    }

    /// Which of these are not to be believed, if any.
    pub(super) fn hidden(&self, names: &Names) -> Option<Hidden> {
        if self.len() == 0 {
            return None;
        }
        let held = unpoisoned(self.held.lock());
        let is_held = |name: &str| held.all.is_some() || held.by_name.contains_key(name);
        let hidden =
            Hidden { value: is_held(&names.value), stamps: names.stamps.iter().map(|stamp| is_held(stamp)).collect() };
        (hidden.value || hidden.stamps.contains(&true)).then_some(hidden)
    }

    /// Holds these.
    pub(super) fn add(&self, targets: impl IntoIterator<Item = Target>) {
        let mut held = unpoisoned(self.held.lock());
        held.failures += 1;
        let failure = held.failures;
        for target in targets {
            held.by_name.insert(target.name().into(), (target, failure));
        }
        if held.by_name.len() > LIMIT || held.all.is_some() {
            held.by_name = HashMap::new();
            held.all = Some(failure);
        }
        self.recount(&held);
    }

    /// Whether nobody was at work on what is held: then the caller has to see to that.
    pub(super) fn attend(&self) -> bool {
        !std::mem::replace(&mut unpoisoned(self.held.lock()).attended, true)
    }

    /// What is to be done next, at most that many names at a time. Nothing: nobody is at work on it from now on.
    pub(super) fn due(&self, at_most: usize) -> Due {
        let mut held = unpoisoned(self.held.lock());
        if let Some(failure) = held.all {
            return Due::Everything(failure);
        }
        if held.by_name.is_empty() {
            held.attended = false;
            return Due::Nothing;
        }
        Due::Names(held.by_name.values().take(at_most).cloned().collect())
    }

    /// Nobody is at work on it from now on.
    pub(super) fn leave(&self) {
        unpoisoned(self.held.lock()).attended = false;
    }

    /// The number of the latest failure; 0 while nothing is held.
    pub(super) fn failures(&self) -> u64 {
        if self.len() == 0 { 0 } else { unpoisoned(self.held.lock()).failures }
    }

    /// An invalidation of that name is acknowledged, which was sent after that failure.
    pub(super) fn lift(&self, target: &Target, failure: u64) {
        let mut held = unpoisoned(self.held.lock());
        if held.by_name.get(target.name()).is_some_and(|(_, latest)| *latest <= failure) {
            held.by_name.remove(target.name());
        }
        self.recount(&held);
    }

    /// The same of everything.
    pub(super) fn lift_all(&self, failure: u64) {
        let mut held = unpoisoned(self.held.lock());
        if held.all == Some(failure) {
            held.all = None;
        }
        self.recount(&held);
    }

    fn recount(&self, held: &Held) {
        self.count.store(held.by_name.len() + usize::from(held.all.is_some()), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(number: usize) -> Target {
        Target::Stamp(format!("ec:t:{number}").into())
    }

    fn depending_on(number: usize) -> Names {
        Names { stamps: vec![format!("ec:t:{number}").into()], ..Names::default() }
    }

    #[test]
    fn a_name_is_held_until_an_invalidation_sent_after_its_latest_failure_is_acknowledged() {
        let quarantine = Quarantine::default();
        quarantine.add([tag(1)]);
        assert!(quarantine.attend(), "nobody is at work on it yet");
        let Due::Names(first) = quarantine.due(10) else { panic!("a name is due") };
        quarantine.add([tag(1)]);
        assert!(!quarantine.attend(), "somebody is");
        quarantine.lift(&first[0].0, first[0].1);
        assert!(quarantine.holds(&depending_on(1)), "the acknowledged one was sent before the second failure");
        let Due::Names(second) = quarantine.due(10) else { panic!("a name is due") };
        quarantine.lift(&second[0].0, second[0].1);
        assert!(!quarantine.holds(&depending_on(1)));
        assert!(matches!(quarantine.due(10), Due::Nothing));
        assert!(quarantine.attend(), "nobody is at work on it any more");
    }

    #[test]
    fn too_many_names_hold_everything() {
        let quarantine = Quarantine::default();
        quarantine.add((0..=LIMIT).map(tag));
        assert_eq!(quarantine.len(), 1);
        assert!(quarantine.holds(&Names::default()));
        quarantine.add([tag(1)]);
        let Due::Everything(failure) = quarantine.due(10) else { panic!("everything is due") };
        quarantine.lift_all(failure - 1);
        assert!(quarantine.holds(&Names::default()));
        quarantine.lift_all(failure);
        assert!(!quarantine.holds(&Names::default()));
    }
}
