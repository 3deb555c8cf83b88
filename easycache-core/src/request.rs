//! What a request remembers of what it has read.
//!
//! A *memory* has the values of one request. Each cache has a *ledger*, in which every change is noted that this process
//! makes to its names, by whichever task of whichever request. A read takes a *visit* before anything is looked at: under
//! that its value is remembered, and served while nothing it depends on was changed since.

mod ledger;
mod memory;
#[cfg(all(test, shuttle))]
mod models;
mod visit;

pub(crate) use self::{
    ledger::{Ledger, announce, anybody, everywhere},
    memory::Memory,
    visit::{Finding, Visit},
};
