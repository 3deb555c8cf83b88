//! [`Store`]: storage of your own, in a few lines; and [`Stamped`], which makes a correct backend of it.

mod forward;
mod memory;
mod stamped;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{backend::Deadline, error::Result};

pub use self::{memory::MemoryStore, stamped::Stamped};

/// Anything that keeps bytes under names. [`Stamped`] turns it into a [`Backend`](crate::Backend) that keeps the
/// promise on invalidations.
///
/// # The clauses
///
/// Each is a test of that name in `easycache-testkit`.
///
/// - What was set is read back byte by byte, until its time is over, it is deleted, or the store drops it: that may
///   happen at any time. What is absent never comes back by itself: a store that restores old contents breaks the
///   promise.
/// - An operation that has returned is seen by every later read, from whichever process.
/// - `add` is atomic for each name: of several at once, one stores and all return what it has stored.
/// - A method on several items does all of them, in any order. An error means that any part may have been done.
///
/// Every name is at most [`max_key`](Self::max_key) bytes of printable text without blanks.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What is under these names, in their order.
    async fn get_many(&self, keys: &[&str], deadline: Deadline) -> Result<Vec<Option<Bytes>>>;

    /// Stores all of these, each for that long, in the place of what is there.
    async fn set_many(&self, entries: &[(&str, Bytes, Duration)], deadline: Deadline) -> Result<()>;

    /// Removes what is under these names. That there was nothing is a success.
    async fn delete_many(&self, keys: &[&str], deadline: Deadline) -> Result<()>;

    /// Stores `value` for that long if there is nothing; returns what is there afterwards.
    async fn add(&self, key: &str, value: Bytes, ttl: Duration, deadline: Deadline) -> Result<Bytes>;

    /// The longest name, in bytes.
    fn max_key(&self) -> usize {
        1 << 16
    }
}
