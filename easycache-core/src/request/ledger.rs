//! What this process has changed in a cache, by name: what was read before is not remembered beyond that.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering, fence},
};

use crate::{
    cache::Verb,
    identity::{Space, StampName},
    process::{Everywhere, Namespaced},
    stamp::{Stamp, StampTable, Version},
    wire::Layout,
};

static ALL: Everywhere<Ledger> = Everywhere::new();
/// Whether there has been any request: while there has been none, a change looks no further.
static ANY: AtomicBool = AtomicBool::new(false);

/// The changes to the names of one cache.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Tells the cache from all others that there are and have been.
    number: u64,
    layout: Layout,
    /// A stamp for each name that something remembered depends on, whatever is under it.
    names: StampTable,
}

impl Ledger {
    /// That of a cache in process.
    pub(crate) fn here() -> Arc<Self> {
        Self::new(Layout::in_process())
    }

    /// That of a cache on a backend: what another cache of this process changes there is noted, too.
    pub(crate) fn shared(layout: Layout) -> Arc<Self> {
        let ledger = Self::new(layout);
        ALL.enrol(&ledger);
        ledger
    }

    fn new(layout: Layout) -> Arc<Self> {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { number, layout, names: StampTable::new() })
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn now(&self) -> Version {
        self.names.now()
    }

    /// What becomes of that name. To be asked for before the name is read, if that can be: a name that nobody has asked
    /// about is lost together with others.
    pub(super) fn stamp(&self, name: &str) -> Arc<Stamp> {
        self.names.get(stamp(name))
    }

    /// Notes that what is under that name was changed.
    pub(crate) fn lose(&self, name: &str) {
        self.names.bump(stamp(name), Verb::Invalidate);
    }

    /// Drops the stamps that nothing depends on; returns how many.
    pub(crate) fn collect(&self) -> usize {
        self.names.collect()
    }

    /// How many stamps it has.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

impl Namespaced for Ledger {
    fn namespace(&self) -> &str {
        self.layout.namespace()
    }
}

/// Does something to the ledger of every cache of this process that is on a backend, with that namespace.
pub(crate) fn everywhere(namespace: &str, f: impl Fn(&Ledger)) {
    if anybody() {
        ALL.each(namespace, f);
    }
}

/// There is a request from now on. To be called before it reads anything.
pub(crate) fn announce() {
    if !ANY.load(Ordering::Relaxed) {
        ANY.store(true, Ordering::Relaxed);
    }
    fence(Ordering::SeqCst);
}

/// Whether there has been any request. To be asked after a change was made: either it is seen here that there is one, or
/// the request sees the change.
pub(crate) fn anybody() -> bool {
    fence(Ordering::SeqCst);
    ANY.load(Ordering::Relaxed)
}

/// All names are of one space here: that of tags.
fn stamp(name: &str) -> StampName<'_> {
    StampName { space: Space::Tag, name }
}
