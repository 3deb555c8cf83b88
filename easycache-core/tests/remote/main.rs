//! A cache on a backend, as its callers see it: with leases, and on a plain store.

mod common;
mod quarantine;
mod sharing;
mod trouble;
