//! Other caches for a while, for tests.

use std::{
    cell::RefCell,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::cache::Cache;

/// How many threads are inside of a scope: while it is none, hits do not look further.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Caches by the alias that they stand for; of two with the same, the last counts.
type Overrides = Arc<Vec<(String, Cache)>>;

thread_local! {
    /// The scopes that this thread is in, innermost last.
    static SCOPES: RefCell<Vec<Overrides>> = const { RefCell::new(Vec::new()) };
}

/// Caches that take the place of registered ones for a while; see [`scope`].
#[derive(Clone, Debug)]
#[must_use = "it takes effect inside of `run` and `run_async`"]
pub struct Scope {
    caches: Overrides,
}

/// Puts a cache in the place of the one registered under `alias`, for what is called in [`Scope::run`] or polled in
/// [`Scope::run_async`], and for nothing else: tests that run side by side do not see each other's entries.
///
/// Threads and tasks that are started inside do not inherit it; they can run inside of a clone.
///
/// ```
/// use easycache_core::{Cache, Policy, cache, scope};
///
/// let mine = Cache::builder().build()?;
/// scope("default", mine.clone()).run(|| {
///     cache("default").unwrap().blocking().set("answer", 42, Policy::new())
/// })?;
/// assert_eq!(mine.blocking().get::<i32>("answer")?, Some(42));
/// assert_eq!(cache("default").unwrap().blocking().get::<i32>("answer")?, None);
/// # Ok::<_, easycache_core::Error>(())
/// ```
pub fn scope(alias: impl Into<String>, cache: Cache) -> Scope {
    Scope { caches: Arc::new(vec![(alias.into(), cache)]) }
}

impl Scope {
    /// Puts one more cache in the place of another.
    pub fn with(mut self, alias: impl Into<String>, cache: Cache) -> Self {
        Arc::make_mut(&mut self.caches).push((alias.into(), cache));
        self
    }

    /// Calls `f` inside of the scope.
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let _frame = Frame::enter(&self.caches);
        f()
    }

    /// All scopes that this thread is in, as one.
    pub(crate) fn around() -> Option<Self> {
        let caches =
            SCOPES.with_borrow(|scopes| scopes.iter().flat_map(|caches| caches.iter()).cloned().collect::<Vec<_>>());
        (!caches.is_empty()).then(|| Self { caches: Arc::new(caches) })
    }

    /// Polls `future` inside of the scope, on whichever thread.
    pub fn run_async<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Scoped { caches: Arc::clone(&self.caches), future }
    }
}

pin_project! {
    struct Scoped<F> {
        caches: Overrides,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _frame = Frame::enter(this.caches);
        this.future.poll(context)
    }
}

/// One level of [`SCOPES`]; left even if what runs inside panics.
struct Frame;

impl Frame {
    fn enter(caches: &Overrides) -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        SCOPES.with_borrow_mut(|scopes| scopes.push(Arc::clone(caches)));
        Self
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // Dropped outside the borrow: it may be the last handle to a cache, and drop its values.
        let caches = SCOPES.with_borrow_mut(Vec::pop);
        OPEN.fetch_sub(1, Ordering::Relaxed);
        drop(caches);
    }
}

/// Whether any thread is inside of a scope. A thread always sees its own.
#[inline]
pub(super) fn is_any_open() -> bool {
    OPEN.load(Ordering::Relaxed) > 0
}

/// The cache that takes the place of the one registered under `alias`, on this thread.
pub(super) fn overriding(alias: &str) -> Option<Cache> {
    let find = |scopes: &Vec<Overrides>| {
        let inside_out = scopes.iter().rev().flat_map(|caches| caches.iter().rev());
        inside_out.into_iter().find(|(other, _)| other == alias).map(|(_, cache)| cache.clone())
    };
    SCOPES.try_with(|scopes| find(&scopes.borrow())).ok().flatten()
}
