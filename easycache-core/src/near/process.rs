//! All near tiers of this process: what one cache of it invalidates none of them serves any more.

use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicBool, Ordering},
};

use super::Tickets;
use crate::sync::unpoisoned;

static ALL: Mutex<Vec<Weak<Tickets>>> = Mutex::new(Vec::new());
/// Whether there has been any: while there is none, an invalidation looks no further.
static ANY: AtomicBool = AtomicBool::new(false);

/// Lets invalidations reach a near tier as long as it lives.
pub(super) fn enrol(tickets: &Arc<Tickets>) {
    let mut all = unpoisoned(ALL.lock());
    all.retain(|tickets| tickets.strong_count() > 0);
    all.push(Arc::downgrade(tickets));
    ANY.store(true, Ordering::SeqCst);
}

/// Does something to every near tier of this process whose cache has that namespace.
pub(crate) fn everywhere(namespace: &str, f: impl Fn(&Tickets)) {
    if !ANY.load(Ordering::SeqCst) {
        return;
    }
    // Not under the lock: it may take a while.
    let all = unpoisoned(ALL.lock()).clone();
    let all = all.iter().filter_map(Weak::upgrade);
    all.filter(|tickets| tickets.namespace() == namespace).for_each(|tickets| f(&tickets));
}
