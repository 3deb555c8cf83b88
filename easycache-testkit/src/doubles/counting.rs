//! [`CountingBackend`].

use std::sync::{Mutex, PoisonError};

use easycache_core::{Backend, Result};

use super::{Call, Method, decorate::decorate};

/// A backend that counts what is asked of it.
///
/// ```
/// # pollster::block_on(async {
/// use std::time::Duration;
/// use easycache_core::{Backend, Deadline, Target};
/// use easycache_testkit::{CountingBackend, MemoryBackend, Method};
///
/// let backend = CountingBackend::new(MemoryBackend::new());
/// let targets = ["a", "b"].map(|name| Target::Stamp(name.into()));
/// backend.invalidate(&targets, Deadline::after(Duration::from_secs(1))).await;
/// assert_eq!(backend.calls().of(Method::Invalidate), 1);
/// assert_eq!(backend.calls().items(Method::Invalidate), 2);
/// # });
/// ```
#[derive(Debug)]
pub struct CountingBackend<B> {
    inner: B,
    log: Mutex<Calls>,
}

/// What was asked, in the order in which it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls(Vec<(Method, usize)>);

impl<B: Backend> CountingBackend<B> {
    /// Counts the calls of `inner`.
    #[must_use]
    pub const fn new(inner: B) -> Self {
        Self { inner, log: Mutex::new(Calls(Vec::new())) }
    }

    /// What has been asked so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What has been asked so far, which is then forgotten.
    #[must_use]
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is counted.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).0.push((call.method, call.items));
        work.await
    }
}

impl Calls {
    /// How often that method was called.
    #[must_use]
    pub fn of(&self, method: Method) -> usize {
        self.0.iter().filter(|(called, _)| *called == method).count()
    }

    /// On how many items that method was called, all calls taken together.
    #[must_use]
    pub fn items(&self, method: Method) -> usize {
        self.0.iter().filter(|(called, _)| *called == method).map(|(_, items)| items).sum()
    }

    /// How many calls there were.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.len()
    }

    /// The methods in the order in which they were called.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        self.0.iter().map(|(method, _)| *method).collect()
    }
}

decorate!(CountingBackend<B> where B: Backend);
