//! Doubles of [`Backend`](easycache_core::Backend): one in memory, and decorators that count, fail, wait, stop and lose,
//! and one that does as it likes.

mod chaos;
mod counting;
mod decorate;
mod failing;
mod lossy;
mod memory;
mod owning;
mod slow;
mod stopping;

use easycache_core::Deadline;

pub use self::{
    chaos::ChaosBackend,
    counting::{Calls, CountingBackend},
    failing::FailingBackend,
    lossy::LossyBackend,
    memory::{Line, MemoryBackend},
    owning::OwningBackend,
    slow::SlowBackend,
    stopping::{Stop, StoppingBackend},
};

/// A method of [`Backend`](easycache_core::Backend).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `read`.
    Read,
    /// `acquire`.
    Acquire,
    /// `fill`.
    Fill,
    /// `renew`.
    Renew,
    /// `release`.
    Release,
    /// `invalidate`.
    Invalidate,
}

/// One call of a method, as the decorators see it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Of what.
    pub method: Method,
    /// On how many items.
    pub items: usize,
    /// The wire names of all its items: values, leases and stamps.
    pub names: Vec<Box<str>>,
    /// Until when.
    pub deadline: Deadline,
}

/// On which side of the work something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Before it: the server has not heard of it.
    Before,
    /// After it: the server has done it, and the answer is lost or late.
    After,
}
