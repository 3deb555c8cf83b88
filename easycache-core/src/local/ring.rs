//! What is evicted when the bound is reached: second chance, over one ring of all entries.
//!
//! One ring, not one for each shard of a map: a set well below the bound is never evicted, however its keys hash.

use super::EntryRef;
use crate::sync::Ordering;

/// How much a cache may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) entries: usize,
    pub(crate) weight: u64,
}

#[derive(Debug)]
pub(crate) struct Ring {
    slots: Vec<Option<EntryRef>>,
    free: Vec<usize>,
    bound: Bound,
    weight: u64,
    /// Where the search for a victim goes on.
    hand: usize,
    /// Where the sweep goes on.
    broom: usize,
}

impl Ring {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { slots: Vec::new(), free: Vec::new(), bound, weight: 0, hand: 0, broom: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    /// Adds an entry; returns those that had to make room for it.
    pub(crate) fn add(&mut self, entry: EntryRef) -> Vec<EntryRef> {
        let mut victims = Vec::new();
        while self.len() >= self.bound.entries || entry.weight() > self.bound.weight - self.weight {
            match self.evict() {
                Some(victim) => victims.push(victim),
                None => break,
            }
        }
        self.weight += entry.weight();
        let slot = self.free.pop().unwrap_or(self.slots.len());
        entry.slot.store(slot, Ordering::Relaxed);
        if slot == self.slots.len() {
            self.slots.push(Some(entry));
        } else {
            self.slots[slot] = Some(entry);
        }
        victims
    }

    /// Takes an entry out, if it is in.
    pub(crate) fn remove(&mut self, entry: &EntryRef) {
        let slot = entry.slot.load(Ordering::Relaxed);
        let is_here = |other: &EntryRef| std::sync::Arc::ptr_eq(&other.0, &entry.0);
        if self.slots.get(slot).and_then(Option::as_ref).is_some_and(is_here) {
            self.take(slot);
        }
    }

    /// Lets the next sweep begin with the first slot.
    pub(crate) fn start_over(&mut self) {
        self.broom = 0;
    }

    /// Takes out what `is_waste`, among the next `count` slots; returns it, and whether the sweep has come round.
    pub(crate) fn sweep(&mut self, count: usize, is_waste: impl Fn(&EntryRef) -> bool) -> (Vec<EntryRef>, bool) {
        let end = (self.broom + count).min(self.slots.len());
        let waste =
            (self.broom..end).filter(|&slot| self.slots[slot].as_ref().is_some_and(&is_waste)).collect::<Vec<_>>();
        let around = end == self.slots.len();
        self.broom = if around { 0 } else { end };
        let waste = waste.into_iter().filter_map(|slot| self.take(slot)).collect();
        (waste, around)
    }

    /// So many slots from there on, as far as there are any.
    pub(crate) fn slots(&self, from: usize, count: usize) -> &[Option<EntryRef>] {
        let from = from.min(self.slots.len());
        &self.slots[from..self.slots.len().min(from + count)]
    }

    /// The slot behind so many from there on, if there is one.
    pub(crate) fn behind(&self, from: usize, count: usize) -> Option<usize> {
        let slot = from.saturating_add(count);
        (slot < self.slots.len()).then_some(slot)
    }

    /// The next entry that has not been read since the hand last came by.
    fn evict(&mut self) -> Option<EntryRef> {
        // Two rounds are enough, unless others read faster than the hand moves: then it takes what it finds.
        for step in 0..=2 * self.slots.len() {
            if self.hand >= self.slots.len() {
                self.hand = 0;
            }
            let slot = self.hand;
            self.hand += 1;
            let Some(Some(entry)) = self.slots.get(slot) else { continue };
            if entry.is_dead() || !entry.take_visited() || step >= 2 * self.slots.len() - 1 {
                return self.take(slot);
            }
        }
        None
    }

    fn take(&mut self, slot: usize) -> Option<EntryRef> {
        let entry = self.slots[slot].take()?;
        self.weight -= entry.weight();
        self.free.push(slot);
        if self.len() == 0 {
            *self = Self::new(self.bound);
        }
        Some(entry)
    }
}
