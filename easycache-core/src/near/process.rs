//! All near tiers of this process: what one cache of it invalidates none of them serves any more.

use std::sync::Arc;

use super::Tickets;
use crate::process::{Everywhere, Namespaced};

static ALL: Everywhere<Tickets> = Everywhere::new();

impl Namespaced for Tickets {
    fn namespace(&self) -> &str {
        Self::namespace(self)
    }
}

/// Lets invalidations reach a near tier as long as it lives.
pub(super) fn enrol(tickets: &Arc<Tickets>) {
    ALL.enrol(tickets);
}

/// Does something to every near tier of this process whose cache has that namespace.
pub(crate) fn everywhere(namespace: &str, f: impl Fn(&Tickets)) {
    ALL.each(namespace, f);
}
