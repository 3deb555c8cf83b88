//! What the attributes do, as a user sees it: one file for each argument or kind of function.
//!
//! Tests run in parallel on one default cache, so that each has keys, tags and prefixes of its own.

#![deny(warnings)]
#![allow(clippy::unused_async, clippy::used_underscore_binding, reason = "the functions under test are small")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "key functions take references")]
#![allow(clippy::future_not_send, clippy::unwrap_used, clippy::items_after_statements, reason = "these are tests")]
#![allow(clippy::unnecessary_wraps, clippy::needless_pass_by_value, reason = "signatures are what is tested")]
#![allow(missing_docs, unreachable_pub, reason = "nobody imports these")]

mod alias;
mod aside;
mod cache_err;
mod cache_if;
mod cache_key;
mod cache_none;
mod coalesce;
mod companions;
mod defaults;
mod each;
mod each_late;
mod generics;
mod hygiene;
mod inherit;
mod invalidates;
mod jitter;
mod key;
mod late;
mod local;
mod many;
mod methods;
mod no_store;
mod object;
mod on_error;
mod prefix;
mod property;
mod shared;
mod support;
mod sync;
mod tags;
mod traits;
mod ttl;
mod version;
