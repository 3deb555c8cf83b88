//! What can be cached.

use serde::{Serialize, de::DeserializeOwned};

/// A value that an in-process cache can keep: it is cloned for every reader and shared between threads.
///
/// Implemented for everything that fits. Wrap a value that is expensive to clone in an [`Arc`](std::sync::Arc).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached: it must be `Clone + Send + Sync + 'static`",
    label = "every hit gives out a clone, to any thread",
    note = "derive `Clone`, own the data instead of borrowing it, or wrap it in an `Arc`"
)]
pub trait LocalValue: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> LocalValue for T {}

/// A value that every cache can keep, in process or elsewhere: a [`LocalValue`] with a serde representation.
///
/// Implemented for everything that fits. It is asked for even where the cache is in process, so that moving to
/// another one changes no function; `#[ecached(local)]` does without.
///
/// The collection [`collections::CacheValue`](crate::collections::CacheValue) has the same name and is something else: a place for
/// one such value. To use both in one file, import this one, and the other by its module: `use easycache::collections;`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached: it must be `Clone + Send + Sync + 'static + Serialize + DeserializeOwned`",
    note = "derive `Clone`, `serde::Serialize` and `serde::Deserialize`, or say `#[ecached(local)]` to keep the value in this process only, without serde"
)]
pub trait CacheValue: LocalValue + Serialize + DeserializeOwned {}

impl<T: LocalValue + Serialize + DeserializeOwned> CacheValue for T {}
