//! Requests, which remember what they have read.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Frame, request};
use crate::request::{Memory, announce};

/// How many values a request remembers at most, where nothing else is said.
const BOUND: usize = 10_000;

/// One request, from its beginning to its end: what it reads first, it remembers. From [`request_scope`], which says what
/// that means, or made by hand where the work of one request is spread over several tasks or threads.
///
/// Clones are handles to the same request.
///
/// ```
/// use easycache_core::{Cache, Policy, RequestScope};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let request = RequestScope::bounded(100);
/// let read = || cache.get_or_compute("rate", Policy::ttl("1s"), || async { 1.08 });
/// assert_eq!(request.run(read()).await?, 1.08);
/// assert_eq!(request.run(read()).await?, 1.08);
/// assert_eq!(request.len(), 1);
/// assert_eq!(cache.stats().remembered, 1);
/// # Ok::<_, easycache_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
#[must_use = "a request remembers what is read in what it runs"]
pub struct RequestScope {
    memory: Arc<Memory>,
}

impl RequestScope {
    /// One that remembers up to 10 000 values.
    pub fn new() -> Self {
        Self::bounded(BOUND)
    }

    /// One that remembers up to that many values. What is read beyond that is read from the cache each time, until room is made
    /// of what was changed since; with 0, that is everything.
    pub fn bounded(values: usize) -> Self {
        announce();
        Self { memory: Arc::new(Memory::new(values)) }
    }

    /// The request around. `None` outside of any, and inside of a computation, where there is none.
    #[must_use]
    pub fn current() -> Option<Self> {
        request().map(|memory| Self { memory })
    }

    /// Polls `future` as a part of this request, in whichever task it is.
    ///
    /// It is not for what a cached function starts as a part of its computation: see [`request_scope`].
    pub fn run<F: Future>(&self, future: F) -> InRequest<F> {
        InRequest { part: Part::Of(self.clone()), future }
    }

    /// Calls `f` as a part of this request, on whichever thread.
    pub fn run_blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        let _frame = Frame::request(&self.memory);
        f()
    }

    /// Forgets everything: what is read from now on is read anew. For a request that takes long, such as that of a
    /// connection which stays open.
    pub fn forget(&self) {
        self.memory.clear();
    }

    /// How many values it remembers, including those that were changed since and will not be served.
    #[must_use]
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// Whether it remembers nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for RequestScope {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RequestScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestScope").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Polls `future` as one request: the first read of a key is remembered, and answers those that follow, until the future is
/// done. They ask neither the backend nor the cache in this process, and all of them see the same value.
///
/// Inside of another request it is a part of that: one request is one request.
///
/// ```
/// use easycache_core::{Cache, Policy, request_scope};
///
/// # pollster::block_on(async {
/// let cache = Cache::builder().build()?;
/// let policy = || Policy::ttl("10m").tags(["users"]);
/// let read = |name: &'static str| cache.get_or_compute("user:42", policy(), move || async { name.to_owned() });
/// request_scope(async {
///     assert_eq!(read("Ann").await?, "Ann");
///     assert_eq!(read("Bob").await?, "Ann");
///     cache.invalidate_tags(["users"]).await?;
///     assert_eq!(read("Bob").await?, "Bob");
///     Ok::<_, easycache_core::Error>(())
/// })
/// .await
/// # }).unwrap();
/// ```
///
/// # What is remembered
///
/// Every value that a cached function, [`get_or_compute`](crate::Cache::get_or_compute), [`get`](crate::Cache::get) or one of
/// their kin has found in a cache, or has computed and stored: for its key, tags, schema and type, of each cache separately.
/// Hits are counted as ever, and those that were remembered in [`Stats::remembered`](crate::Stats::remembered) besides.
///
/// Not remembered are that there was nothing under a key; what was computed and not stored, because its policy, `no_store`
/// or an invalidation in between says so; what another caller has computed while this one waited, before it is read from the
/// cache; what is served although it has expired; what is read or computed in a [`bypass`](crate::bypass); what
/// `peek` and `explain` look at; and [collections](crate::collections).
///
/// # Until when
///
/// *What this process changes is seen at once*: what [`invalidate`](crate::Cache::invalidate) and
/// [`expire`](crate::Cache::expire), `clear`, a hold, `#[invalidates]`, [`set`](crate::Cache::set), `put` and `refresh` have
/// changed when they return is not served from memory any more, to any task of any request, whether or not the backend could be
/// reached. What was being read or computed meanwhile is not remembered.
///
/// *What others change elsewhere is seen when the request is over*, and so is the end of a value's time to live: that is the
/// point. A request that takes as long as that matters calls [`RequestScope::forget`] now and then.
///
/// # Computations
///
/// Inside of the computation of a cached function there is no request. What it stores is for everybody, and must not be made of
/// what only this request may still see: it reads from the cache itself, whatever the request remembers. It cannot be known of
/// a task or thread that such a function starts: give it no [`RequestScope`].
///
/// # Tasks and threads
///
/// It reaches across every `.await` of the future, on whichever thread. Tasks and threads that are started inside are no part of
/// the request, unless they are asked to be: by [`in_this_request`], or a [`RequestScope`] of their own.
pub fn request_scope<F: Future>(future: F) -> InRequest<F> {
    InRequest { part: Part::OfWhatIsAround, future }
}

/// Makes `future`, which is about to be spawned, a part of the request around. Outside of any it is polled as it is.
///
/// ```
/// use easycache_core::{Cache, Policy, in_this_request, request_scope};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let cache = Cache::builder().build()?;
/// request_scope(async {
///     let read = |cache: Cache| async move { cache.get_or_compute("answer", Policy::ttl("1s"), || async { 42 }).await };
///     assert_eq!(read(cache.clone()).await?, 42);
///     let task = tokio::spawn(in_this_request(read(cache.clone())));
///     assert_eq!(task.await.unwrap()?, 42);
///     assert_eq!(cache.stats().remembered, 1);
///     Ok::<_, easycache_core::Error>(())
/// })
/// .await
/// # })?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn in_this_request<F: Future>(future: F) -> InRequest<F> {
    InRequest { part: RequestScope::current().map_or(Part::OfNone, Part::Of), future }
}

/// The same for callers that are not async.
pub(crate) mod blocking {
    use super::RequestScope;

    /// See [`request_scope`](crate::request_scope).
    pub fn request_scope<R>(f: impl FnOnce() -> R) -> R {
        RequestScope::current().unwrap_or_default().run_blocking(f)
    }

    /// See [`in_this_request`](crate::in_this_request): makes what a thread is about to be started with a part of the request
    /// around.
    ///
    /// ```
    /// use easycache_core::{Cache, Policy, blocking};
    ///
    /// let cache = Cache::builder().build()?;
    /// let read = || cache.blocking().get_or_compute("answer", Policy::ttl("1s"), || 42);
    /// blocking::request_scope(|| {
    ///     read()?;
    ///     std::thread::scope(|scope| scope.spawn(blocking::in_this_request(read)).join().unwrap())
    /// })?;
    /// assert_eq!(cache.stats().remembered, 1);
    /// # Ok::<_, easycache_core::Error>(())
    /// ```
    pub fn in_this_request<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
        let request = RequestScope::current();
        move || match request {
            Some(request) => request.run_blocking(f),
            None => f(),
        }
    }
}

pin_project! {
    /// A future that is polled as a part of a request. From [`request_scope`], [`in_this_request`] and [`RequestScope::run`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct InRequest<F> {
        part: Part,
        #[pin]
        future: F,
    }
}

/// Which request a future is a part of.
#[derive(Debug)]
enum Part {
    /// None: it is polled as it is.
    OfNone,
    /// The one around when it is first polled, or else one of its own.
    OfWhatIsAround,
    Of(RequestScope),
}

impl Part {
    fn enter(&mut self) -> Option<Frame<'_>> {
        if let Self::OfWhatIsAround = self {
            *self = Self::Of(RequestScope::current().unwrap_or_default());
        }
        match self {
            Self::Of(request) => Some(Frame::request(&request.memory)),
            Self::OfNone | Self::OfWhatIsAround => None,
        }
    }
}

impl<F: Future> Future for InRequest<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _frame = this.part.enter();
        this.future.poll(context)
    }
}
