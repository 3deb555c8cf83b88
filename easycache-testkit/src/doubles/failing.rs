//! [`FailingBackend`].

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use easycache_core::{Backend, Error, ErrorKind, Result};

use super::{Call, Method, Side, decorate::decorate};

/// A backend that fails when it is told to, before the work is done or after it: then the answer is lost, and the caller
/// cannot know. It works until it is told to fail.
///
/// ```
/// # pollster::block_on(async {
/// use std::time::Duration;
/// use easycache_core::{Backend, Deadline, Target};
/// use easycache_testkit::{FailingBackend, MemoryBackend, Method, Side};
///
/// let backend = FailingBackend::new(MemoryBackend::new());
/// let invalidate = async || {
///     let targets = [Target::Stamp("a".into())];
///     backend.invalidate(&targets, Deadline::after(Duration::from_secs(1))).await.remove(0)
/// };
/// backend.fail_method(Method::Invalidate, Side::After);
/// assert!(invalidate().await.is_err());
/// backend.heal();
/// assert!(invalidate().await.is_ok());
/// # });
/// ```
pub struct FailingBackend<B> {
    inner: B,
    fails: Mutex<Option<Fails>>,
}

type Fails = Arc<dyn Fn(&Call) -> Option<Side> + Send + Sync>;

impl<B: Backend> FailingBackend<B> {
    /// `inner`, which does not fail yet.
    #[must_use]
    pub const fn new(inner: B) -> Self {
        Self { inner, fails: Mutex::new(None) }
    }

    /// From now on everything fails.
    pub fn fail(&self, side: Side) {
        self.fail_if(move |_| Some(side));
    }

    /// From now on that method fails, and no other.
    pub fn fail_method(&self, method: Method, side: Side) {
        self.fail_if(move |call| (call.method == method).then_some(side));
    }

    /// From now on a call fails if, and as, `fails` says.
    pub fn fail_if(&self, fails: impl Fn(&Call) -> Option<Side> + Send + Sync + 'static) {
        self.set(Some(Arc::new(fails)));
    }

    /// From now on nothing fails.
    pub fn heal(&self) {
        self.set(None);
    }

    /// What fails.
    #[must_use]
    pub const fn inner(&self) -> &B {
        &self.inner
    }

    fn set(&self, fails: Option<Fails>) {
        *self.fails.lock().unwrap_or_else(PoisonError::into_inner) = fails;
    }

    async fn around<T: Send>(&self, call: Call, work: impl Future<Output = Vec<Result<T>>> + Send) -> Vec<Result<T>> {
        let fails = self.fails.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match fails.and_then(|fails| fails(&call)) {
            None => return work.await,
            Some(Side::Before) => drop(work),
            Some(Side::After) => drop(work.await),
        }
        let error =
            || Error::new(ErrorKind::Unavailable, format!("{:?} fails, as the test has told it to", call.method));
        (0..call.items).map(|_| Err(error())).collect()
    }
}

impl<B: fmt::Debug> fmt::Debug for FailingBackend<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailingBackend").field("inner", &self.inner).finish_non_exhaustive()
    }
}

decorate!(FailingBackend<B> where B: Backend);
