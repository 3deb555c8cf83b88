//! Values are dropped outside of our critical sections: a `Drop` of the user's may call the cache again.

use std::{
    cell::{Cell, RefCell},
    ops::Deref,
    sync::Arc,
};

use super::Entry;
use crate::sync::thread_local;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static BURIED: RefCell<Vec<Arc<Entry>>> = const { RefCell::new(Vec::new()) };
}

/// An entry as the maps hold it. Inside a [`Section`] its drop is put off until the section ends; the maps reclaim
/// what was removed from them whenever it suits them.
#[derive(Clone, Debug)]
pub(crate) struct EntryRef(pub(crate) Arc<Entry>);

impl Deref for EntryRef {
    type Target = Entry;

    #[inline]
    fn deref(&self) -> &Entry {
        &self.0
    }
}

impl Drop for EntryRef {
    fn drop(&mut self) {
        // Where the thread is ending its last words have been said, and no section is open.
        if DEPTH.try_with(Cell::get).unwrap_or(0) > 0 {
            BURIED.with(|buried| buried.borrow_mut().push(Arc::clone(&self.0)));
        }
    }
}

/// From here to its drop this thread may hold locks of ours. Declare it before taking one.
#[derive(Debug)]
pub(crate) struct Section(());

/// Opens a section.
pub(crate) fn section() -> Section {
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    Section(())
}

impl Drop for Section {
    fn drop(&mut self) {
        let depth = DEPTH.with(|depth| {
            depth.set(depth.get() - 1);
            depth.get()
        });
        if depth == 0 {
            drop(BURIED.with(RefCell::take));
        }
    }
}
