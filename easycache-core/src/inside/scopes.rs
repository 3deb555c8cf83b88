//! Scopes in which calls leave the cache alone, and what a computation says of itself.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{BYPASSES, Frame, STORES_NOTHING, with_notes};

/// Keeps the result that is being computed from being stored. To be called from inside of a cached function, or of a
/// computation given to a [`Cache`](crate::Cache); it is about the innermost of them. Outside of any it does nothing.
///
/// The caller gets the result all the same, and so do those who have been waiting for this very computation: they asked
/// before it was done. Who comes later computes anew. What must not be seen by others even so, such as what was read in a
/// transaction that is open still, is computed in a [`no_store_scope`].
///
/// It counts in [`Refused::by_policy`](crate::Refused::by_policy). An older value that is stored stays there.
///
/// ```
/// use easycache_core::{Cache, Policy, no_store};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let rate = || async {
///     no_store(); // the rate is a guess: the exchange is closed
///     1.08
/// };
/// assert_eq!(cache.get_or_compute("rate", Policy::ttl("1h"), rate).await?, 1.08);
/// assert_eq!(cache.get::<f64>("rate").await?, None);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
///
/// It is known by polling: a task or thread that the function starts is not inside of it.
pub fn no_store() {
    with_notes(|notes| notes.no_store = true);
}

/// Polls `future` without any cache: whatever cached function is called inside computes, is answered with nobody else's
/// computation, and stores nothing. [`get`](crate::Cache::get) finds nothing there, and
/// [`set`](crate::Cache::set) stores nothing. Invalidations are done as ever.
///
/// It reaches across every `.await` of the future, on whichever thread; tasks and threads that are started inside do not
/// inherit it, but can be given a `bypass` of their own. What a cache does for a call elsewhere, in the background or because of
/// a [timeout](crate::Policy::timeout), is inside. A function of a cache on a backend that says `inherit` and calls
/// another inside of a bypass is not stored: what it depends on is not known.
///
/// ```
/// use easycache_core::{Cache, Policy, bypass};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// cache.set("answer", 41, Policy::new()).await?;
/// let now = bypass(cache.get_or_compute("answer", Policy::new(), || async { 42 })).await?;
/// assert_eq!(now, 42);
/// assert_eq!(cache.get::<i32>("answer").await?, Some(41));
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
pub fn bypass<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Scoped { bits: BYPASSES, future }
}

/// Polls `future` without storing anything: what is in the cache is served, what is not is computed, for its caller alone.
/// For work inside of a transaction, which sees what nobody else may see yet.
///
/// What it finds in the cache can be older than what the transaction itself has changed: [`bypass`] does not look there.
/// Otherwise it is as that is.
///
/// ```
/// use easycache_core::{Cache, Policy, no_store_scope};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// cache.set("old", 1, Policy::new()).await?;
/// no_store_scope(async {
///     assert_eq!(cache.get_or_compute("old", Policy::new(), || async { 2 }).await?, 1);
///     assert_eq!(cache.get_or_compute("new", Policy::new(), || async { 2 }).await?, 2);
///     Ok::<_, easycache_core::Error>(())
/// })
/// .await?;
/// assert_eq!(cache.get::<i32>("new").await?, None);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
pub fn no_store_scope<F: Future>(future: F) -> impl Future<Output = F::Output> {
    Scoped { bits: STORES_NOTHING, future }
}

/// The same for callers that are not async.
pub(crate) mod blocking {
    use super::{BYPASSES, Frame, STORES_NOTHING};

    /// See [`bypass`](crate::bypass).
    pub fn bypass<R>(f: impl FnOnce() -> R) -> R {
        let _frame = Frame::scope(BYPASSES);
        f()
    }

    /// See [`no_store_scope`](crate::no_store_scope).
    pub fn no_store_scope<R>(f: impl FnOnce() -> R) -> R {
        let _frame = Frame::scope(STORES_NOTHING);
        f()
    }
}

pin_project! {
    struct Scoped<F> {
        bits: u8,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _frame = Frame::scope(*this.bits);
        this.future.poll(context)
    }
}
