//! Collections of one kind, by name.

use std::{mem, ops::Bound};

use bytes::Bytes;

use crate::{
    clock::Moment,
    collections::command::{Command, Lifetime, Page},
    sync::Map,
};

/// What a table holds. What is empty is not there.
pub(super) trait Content: Default {
    /// How many elements there are.
    fn len(&self) -> usize;
}

/// Collections of one kind, each until its time is over.
#[derive(Debug)]
pub(super) struct Table<T> {
    by_name: Map<Box<str>, Held<T>>,
    /// Of all of them together.
    elements: usize,
    /// What was taken out, to be dropped when the lock is free: of a large collection that takes a while.
    gone: Vec<T>,
}

#[derive(Debug)]
struct Held<T> {
    content: T,
    expires: Moment,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { by_name: Map::default(), elements: 0, gone: Vec::new() }
    }
}

impl<T: Content> Table<T> {
    /// What is under that name.
    pub(super) fn get(&self, name: &str, now: Moment) -> Option<&T> {
        self.by_name.get(name).filter(|held| now < held.expires).map(|held| &held.content)
    }

    /// Writes to what the command names, which is made if it is not there, and is gone if it is empty afterwards.
    pub(super) fn write<R>(&mut self, command: &Command, now: Moment, change: impl FnOnce(&mut T) -> R) -> R {
        let Lifetime { ttl, renew } = command.lifetime;
        let fresh = || Held { content: T::default(), expires: now.after(ttl) };
        let held = self.by_name.entry(command.name.clone()).or_insert_with(fresh);
        self.elements -= held.content.len();
        if held.expires <= now {
            self.gone.push(mem::replace(held, fresh()).content);
        }
        let done = change(&mut held.content);
        if renew {
            held.expires = now.after(ttl);
        }
        self.elements += held.content.len();
        if held.content.len() == 0 {
            self.by_name.remove(&command.name);
        }
        done
    }

    /// The same, and counts its time from now, whatever it was.
    pub(super) fn replace<R>(&mut self, command: &Command, now: Moment, change: impl FnOnce(&mut T) -> R) -> R {
        let lifetime = Lifetime { renew: true, ..command.lifetime };
        self.write(&Command { lifetime, ..command.clone() }, now, change)
    }

    /// Removes what is under that name. Returns whether it was there.
    pub(super) fn remove(&mut self, name: &str, now: Moment) -> bool {
        let Some(held) = self.by_name.remove(name) else { return false };
        self.elements -= held.content.len();
        self.gone.push(held.content);
        now < held.expires
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// How many elements all collections have.
    pub(super) fn elements(&self) -> usize {
        self.elements
    }

    /// Takes out what has expired. Returns how many elements that were.
    pub(super) fn sweep(&mut self, now: Moment) -> usize {
        let (before, gone) = (self.gone.len(), &mut self.gone);
        self.by_name.retain(|_, held| {
            let stays = now < held.expires;
            if !stays {
                gone.push(mem::take(&mut held.content));
            }
            stays
        });
        let swept = self.gone[before..].iter().map(Content::len).sum();
        self.elements -= swept;
        if self.by_name.capacity() > 4 * self.by_name.len().max(16) {
            self.by_name.shrink_to_fit();
        }
        swept
    }

    /// Keeps what was replaced until the lock is free.
    pub(super) fn bury(&mut self, content: T) {
        self.gone.push(content);
    }

    /// What was taken out since this was called last.
    pub(super) fn gone(&mut self) -> Vec<T> {
        mem::take(&mut self.gone)
    }
}

/// Where to begin that page which follows the one that ended with this.
pub(super) fn behind(last: Option<&Bytes>) -> (Bound<&Bytes>, Bound<&Bytes>) {
    (last.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

/// A page of what is left, of that many items.
pub(super) fn page(left: impl Iterator<Item = (Bytes, Bytes)>, count: u32) -> Page {
    let items = left.take(count.max(1) as usize).collect::<Vec<_>>();
    let is_full = items.len() == count.max(1) as usize;
    let next = items.last().filter(|_| is_full).map(|(last, _)| last.clone());
    Page { items, next }
}
