//! The near tier: what is kept of a backend in this process, and when it is served.
// Models need nothing of this, and have no tokio runtime.
#![cfg(not(shuttle))]
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

#[path = "near/common.rs"]
mod common;
#[path = "near/hits.rs"]
mod hits;
#[path = "near/own.rs"]
mod own;
#[path = "near/settings.rs"]
mod settings;
#[path = "near/silence.rs"]
mod silence;
#[path = "near/strict.rs"]
mod strict;
#[path = "near/tracked.rs"]
mod tracked;
#[path = "near/ttl.rs"]
mod ttl;
