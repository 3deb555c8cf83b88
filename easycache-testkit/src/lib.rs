//! What tests of caches need: a clock that stands still until it is told otherwise, and real servers.

mod clock;
pub mod server;

pub use clock::ManualClock;
