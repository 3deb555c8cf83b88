//! Values that are not fresh any more, or will not be for long: who is served with them, and who refreshes them. In process
//! and on a backend, on a clock that stands still.
#![expect(clippy::unwrap_used, clippy::clone_on_ref_ptr, reason = "helpers of tests")]

mod cache_err;
mod common;
mod early;
mod expire;
mod explained;
mod if_error;
mod races;
mod revalidate;
mod timeout;
