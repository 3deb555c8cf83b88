//! What tests of caches need: a clock that stands still until it is told otherwise, doubles of backends, the clauses that
//! every backend keeps, real servers, a network that fails, and a judge of what several processes saw.
#![expect(clippy::missing_panics_doc, reason = "what tests are made of panics when something is not as it should be")]

mod clock;
pub mod conformance;
mod doubles;
pub mod history;
mod log;
mod proxy;
pub mod server;
mod sibling;

pub use clock::ManualClock;
pub use doubles::{
    Call, Calls, ChaosBackend, CountingBackend, FailingBackend, Line, LossyBackend, MemoryBackend, Method,
    OwningBackend, Side, SlowBackend, Stop, StoppingBackend,
};
pub use log::{Listening, Log};
pub use proxy::{Proxy, Tally};
pub use sibling::Sibling;
