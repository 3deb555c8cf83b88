//! Where the elements of one call meet that are to be computed: together, by one run of the body.

use std::{collections::HashSet, sync::Arc};

use crate::{
    identity::Identity,
    inside::{Leader, Notes, take_over},
    sync::{Map, Mutex, lock},
};

use super::Slot;

/// The elements that nobody computes yet.
#[derive(Debug)]
pub(crate) struct Desk<K, V> {
    state: Mutex<State<K, V>>,
}

#[derive(Debug)]
struct State<K, V> {
    asked: Vec<Asked<K, V>>,
    /// Where among those the element of an entry is.
    by_name: Map<Arc<Identity>, usize>,
    /// The entries for which the body has returned nothing.
    absent: HashSet<Arc<Identity>>,
    /// The body has failed.
    failed: bool,
}

/// An element, and those who wait for its value: more than one, where it was given more than once.
#[derive(Debug)]
pub(crate) struct Asked<K, V> {
    pub(crate) element: K,
    /// None: it has no name that can be used.
    name: Option<Arc<Identity>>,
    waiting: Vec<Arc<Slot<Answer<V>>>>,
    pub(crate) leader: Option<Leader>,
}

/// What the body has returned for an element, if anything, and what was noted of it.
type Answer<V> = (Option<V>, Arc<Notes>);

/// Why there is no value of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The body has returned nothing for it.
    Absent,
    /// The body has failed.
    Failed,
}

impl<K, V: Clone> Desk<K, V> {
    pub(crate) fn new() -> Self {
        let state = State { asked: Vec::new(), by_name: Map::default(), absent: HashSet::new(), failed: false };
        Self { state: Mutex::new(state) }
    }

    /// Has an element computed. Each is, once.
    pub(crate) async fn ask(&self, element: K, name: Option<Arc<Identity>>) -> Result<V, Missing> {
        let (slot, leader) = (Arc::new(Slot::default()), Leader::innermost());
        {
            let mut state = lock(&self.state);
            let state = &mut *state;
            if state.failed {
                return Err(Missing::Failed);
            }
            if name.as_ref().is_some_and(|name| state.absent.contains(name)) {
                return Err(Missing::Absent);
            }
            if let Some(at) = name.as_ref().and_then(|name| state.by_name.get(name)) {
                state.asked[*at].waiting.push(Arc::clone(&slot));
            } else {
                if let Some(name) = &name {
                    state.by_name.insert(Arc::clone(name), state.asked.len());
                }
                state.asked.push(Asked { element, name, waiting: vec![Arc::clone(&slot)], leader });
            }
        }
        let (value, notes) = slot.wait().await;
        take_over(&notes);
        let why = || if lock(&self.state).failed { Missing::Failed } else { Missing::Absent };
        value.ok_or_else(why)
    }

    /// The body has failed: nobody who waits gets a value, nor who asks later.
    pub(crate) fn fail(&self, asked: Vec<Asked<K, V>>, notes: &Arc<Notes>) {
        lock(&self.state).failed = true;
        let slots = asked.into_iter().chain(self.take()).flat_map(|asked| asked.waiting);
        slots.for_each(|slot| slot.fill((None, Arc::clone(notes))));
    }

    /// Takes everything that is to be computed now.
    pub(crate) fn take(&self) -> Vec<Asked<K, V>> {
        let mut state = lock(&self.state);
        state.by_name = Map::default();
        std::mem::take(&mut state.asked)
    }

    /// Gives everyone who waits for that element its value.
    pub(crate) fn answer(&self, asked: Asked<K, V>, value: Option<&V>, notes: &Arc<Notes>) {
        if value.is_none()
            && let Some(name) = asked.name
        {
            lock(&self.state).absent.insert(name);
        }
        for slot in asked.waiting {
            slot.fill((value.cloned(), Arc::clone(notes)));
        }
    }
}
