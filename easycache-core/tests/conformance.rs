//! Every clause of the contracts, on what the core brings along: the store in memory, and the backend that is made of it.
// Models need nothing of this, and have no tokio runtime.
#![cfg(not(shuttle))]

use std::sync::Arc;

use easycache_core::{Backend, MemoryStore, Stamped, Store};
use easycache_testkit::{backend_conformance, store_conformance};

mod memory_store {
    use super::*;

    store_conformance!(async { Some(MemoryStore::new()) });

    mod boxed {
        use super::*;

        store_conformance!(async { Some(Box::new(MemoryStore::new()) as Box<dyn Store>) });
    }

    mod shared {
        use super::*;

        store_conformance!(async { Some(Arc::new(MemoryStore::new()) as Arc<dyn Store>) });
    }
}

mod stamped {
    use super::*;

    backend_conformance!(async { Some(Stamped::new(MemoryStore::new())) });

    mod boxed {
        use super::*;

        backend_conformance!(async { Some(Box::new(Stamped::new(MemoryStore::new())) as Box<dyn Backend>) });
    }

    mod shared {
        use super::*;

        backend_conformance!(async { Some(Arc::new(Stamped::new(MemoryStore::new())) as Arc<dyn Backend>) });
    }
}
