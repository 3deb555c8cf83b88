//! What tests of caches need: a clock that stands still until it is told otherwise, doubles of backends, the clauses that
//! every backend keeps, real servers, and a network that fails.
#![expect(clippy::missing_panics_doc, reason = "what tests are made of panics when something is not as it should be")]

mod clock;
pub mod conformance;
mod doubles;
mod proxy;
pub mod server;

pub use clock::ManualClock;
pub use doubles::{
    Call, Calls, CountingBackend, FailingBackend, LossyBackend, MemoryBackend, Method, OwningBackend, Side,
    SlowBackend, Stop, StoppingBackend,
};
pub use proxy::{Proxy, Tally};
