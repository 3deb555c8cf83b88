//! What there is of a kind in this process, by namespace: what one cache changes the others are to know.

use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicBool, Ordering},
};

use crate::sync::unpoisoned;

/// Everything of a kind that lives.
#[derive(Debug)]
pub(crate) struct Everywhere<T> {
    all: Mutex<Vec<Weak<T>>>,
    /// Whether there has been any: while there is none, nobody looks further.
    any: AtomicBool,
}

/// Something that belongs to the caches of a namespace.
pub(crate) trait Namespaced {
    fn namespace(&self) -> &str;
}

impl<T: Namespaced> Everywhere<T> {
    pub(crate) const fn new() -> Self {
        Self { all: Mutex::new(Vec::new()), any: AtomicBool::new(false) }
    }

    /// Lets this be found as long as it lives.
    pub(crate) fn enrol(&self, one: &Arc<T>) {
        let mut all = unpoisoned(self.all.lock());
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(one));
        self.any.store(true, Ordering::SeqCst);
    }

    /// Does something to each that has that namespace.
    pub(crate) fn each(&self, namespace: &str, f: impl Fn(&T)) {
        if !self.any.load(Ordering::SeqCst) {
            return;
        }
        // Not under the lock: it may take a while.
        let all = unpoisoned(self.all.lock()).clone();
        let all = all.iter().filter_map(Weak::upgrade);
        all.filter(|one| one.namespace() == namespace).for_each(|one| f(&one));
    }
}
