//! What tests of caches need: a clock that stands still until it is told otherwise.

mod clock;

pub use clock::ManualClock;
