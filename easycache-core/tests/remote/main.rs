//! A cache on a backend, as its callers see it: with leases, and on a plain store.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]
#![expect(clippy::duplicate_mod, reason = "the same races on every kind of cache")]

#[path = "../support/calls.rs"]
mod calls;
mod common;
mod kept;
mod leases;
mod many;
mod quarantine;
mod sharing;
mod size;
mod strict;
mod trouble;

use std::sync::OnceLock;

use tokio::runtime::{Builder, EnterGuard, Runtime};

/// A runtime for callers that are polled by hand.
#[expect(clippy::unnecessary_wraps, reason = "there is none in process")]
fn enter() -> Option<EnterGuard<'static>> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Builder::new_current_thread().enable_all().build().unwrap());
    Some(runtime.enter())
}
