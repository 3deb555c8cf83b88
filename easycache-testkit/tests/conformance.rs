//! Every clause of the contract, on the reference in memory, on each decorator over it, and on pointers.

use std::{sync::Arc, time::Duration};

use easycache_core::Backend;
use easycache_testkit::{
    CountingBackend, FailingBackend, LossyBackend, MemoryBackend, OwningBackend, Side, SlowBackend, StoppingBackend,
    backend_conformance, watch_conformance,
};

mod memory {
    use super::*;

    backend_conformance!(async { Some(MemoryBackend::new()) });
}

mod memory_watched {
    use super::*;

    watch_conformance!(async { Some(MemoryBackend::new()) });

    mod through_a_decorator_and_a_pointer {
        use super::*;

        watch_conformance!(async { Some(Arc::new(CountingBackend::new(MemoryBackend::new())) as Arc<dyn Backend>) });
    }
}

mod memory_with_a_limit {
    use super::*;

    backend_conformance!(async { Some(MemoryBackend::new().max_value(1 << 20)) });
}

mod boxed {
    use super::*;

    backend_conformance!(async { Some(Box::new(MemoryBackend::new()) as Box<dyn Backend>) });
}

mod shared {
    use super::*;

    backend_conformance!(async { Some(Arc::new(MemoryBackend::new()) as Arc<dyn Backend>) });
}

mod counting {
    use super::*;

    backend_conformance!(async { Some(CountingBackend::new(MemoryBackend::new())) });
}

mod failing {
    use super::*;

    backend_conformance!(async {
        let backend = FailingBackend::new(MemoryBackend::new());
        backend.fail(Side::After);
        backend.heal();
        Some(backend)
    });
}

mod slow {
    use super::*;

    backend_conformance!(async {
        let backend = SlowBackend::new(MemoryBackend::new());
        backend.delay(Duration::from_nanos(1), Side::After);
        Some(backend)
    });
}

mod stopping {
    use super::*;

    backend_conformance!(async {
        let backend = StoppingBackend::new(MemoryBackend::new());
        backend.stop_if(Side::Before, |_| true).go();
        Some(backend)
    });
}

mod lossy {
    use super::*;

    backend_conformance!(async { Some(LossyBackend::new(MemoryBackend::new(), 1, 0.0, MemoryBackend::evict)) });
}

mod owning {
    use super::*;

    backend_conformance!(async { Some(OwningBackend::new(MemoryBackend::new(), "a server")) });
}
