//! Calls that stop in the middle of their computation until they are told to go on.

use std::{
    cell::Cell,
    fmt::Debug,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use easycache_core::{
    Cache, Policy,
    private::{Found, Mode, Names, Shape, Site, Whole, compute, compute_blocking, find, portable},
};
use tokio::sync::oneshot;

#[path = "ways.rs"]
mod ways;

pub(crate) use self::ways::{ALL_WAYS, By, tell_on_panic};

/// Long enough for any machine: a test that waits that long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) is_async: bool,
    /// As generated code calls, by raw arguments, and not through the methods of `Cache`.
    pub(crate) as_function: bool,
}

pub(crate) const STYLES: [Style; 4] = [
    Style { is_async: false, as_function: false },
    Style { is_async: true, as_function: false },
    Style { is_async: false, as_function: true },
    Style { is_async: true, as_function: true },
];

/// One call: what its value is named by.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    key: &'static str,
    prefix: Option<&'static str>,
    tags: &'static [&'static str],
    of_result: &'static [&'static str],
    refresh: bool,
    declined: bool,
}

static SITE: Site = Site::new("tests::function");
/// The same function, whose result may add tags.
static OPEN_SITE: Site = Site::new("tests::function").open_tags();

impl Call {
    pub(crate) fn new(key: &'static str) -> Self {
        Self { key, prefix: None, tags: &[], of_result: &[], refresh: false, declined: false }
    }

    pub(crate) fn tags(self, tags: &'static [&'static str]) -> Self {
        Self { tags, ..self }
    }

    pub(crate) fn prefix(self, prefix: &'static str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    /// Tags that are known only when the value is.
    pub(crate) fn of_result(self, of_result: &'static [&'static str]) -> Self {
        Self { of_result, ..self }
    }

    pub(crate) fn refresh(self) -> Self {
        Self { refresh: true, ..self }
    }

    /// The result says that it is not to be stored.
    pub(crate) fn declined(self) -> Self {
        Self { declined: true, ..self }
    }

    fn policy(&self) -> Policy {
        let policy = Policy::new().tags(self.tags);
        match self.prefix {
            Some(prefix) => policy.prefix(prefix),
            None => policy,
        }
    }

    pub(crate) fn find(&self, cache: &Cache) -> Found<u64> {
        let names = |names: &mut Names| {
            if let Some(prefix) = self.prefix {
                names.prefix(|text| text.literal(prefix));
            }
            names.key(|text| text.literal(self.key));
            names.tags(self.tags);
        };
        let mode = if self.refresh { Mode::Refresh } else { Mode::Read };
        let site = if self.of_result.is_empty() { &SITE } else { &OPEN_SITE };
        find(site, mode, Some(cache), &shape(), |args| args.arg(&(self.key, self.prefix, self.tags)), names)
    }

    fn is_special(&self) -> bool {
        self.refresh || self.declined || !self.of_result.is_empty()
    }

    /// Makes the call; the body is run if there is no hit and nothing to join.
    pub(crate) async fn run_async(self, as_function: bool, cache: Cache, body: impl Future<Output = u64>) -> u64 {
        if !as_function && !self.is_special() {
            return cache.get_or_compute(self.key, self.policy(), || body).await.unwrap();
        }
        match self.find(&cache) {
            Found::Hit(value) => value,
            Found::Miss(miss) => {
                let keep = |_: &u64, keep: &mut easycache_core::private::Keep| {
                    keep.tags(self.of_result);
                    keep.only_if(!self.declined);
                };
                compute(miss, shape(), body, keep).await
            }
        }
    }

    pub(crate) fn run_sync(&self, as_function: bool, cache: &Cache, body: impl FnOnce() -> u64) -> u64 {
        if !as_function && !self.is_special() {
            return cache.blocking().get_or_compute(self.key, self.policy(), body).unwrap();
        }
        match self.find(cache) {
            Found::Hit(value) => value,
            Found::Miss(miss) => {
                let keep = |_: &u64, keep: &mut easycache_core::private::Keep| {
                    keep.tags(self.of_result);
                    keep.only_if(!self.declined);
                };
                compute_blocking(miss, shape(), body, keep)
            }
        }
    }

    /// Begins the call. It has read `value` and not returned it yet, when this returns.
    #[track_caller]
    pub(crate) fn begin(&self, style: Style, cache: &Cache, value: u64) -> Begun {
        self.begin_with(style, cache, move || value)
    }

    /// Begins the call, whose computation ends with `body`.
    #[track_caller]
    pub(crate) fn begin_with(&self, style: Style, cache: &Cache, body: impl FnOnce() -> u64 + Send + 'static) -> Begun {
        let (call, cache) = (self.clone(), cache.clone());
        if style.is_async {
            let (go, gate) = oneshot::channel();
            let began = Arc::new(AtomicUsize::new(0));
            let flag = Arc::clone(&began);
            let body = async move {
                flag.store(1, Ordering::SeqCst);
                gate.await.unwrap();
                body()
            };
            let mut task = Task::new(call.run_async(style.as_function, cache, body));
            assert_eq!(task.poll(), None, "the call computes, and its computation has not ended");
            assert_eq!(began.load(Ordering::SeqCst), 1, "the call computes by itself");
            return Begun::Async { task, go };
        }
        let ((go, gate), (tell, began)) = (mpsc::channel(), mpsc::channel());
        let body = move || {
            tell.send(()).unwrap();
            gate.recv_timeout(DEADLINE).unwrap();
            body()
        };
        let thread = thread::spawn(move || call.run_sync(style.as_function, &cache, body));
        began.recv_timeout(DEADLINE).expect("the call computes by itself");
        Begun::Sync { thread, go }
    }

    /// Makes the whole call now: either it hits, or its computation returns `value`.
    #[track_caller]
    pub(crate) fn read(&self, style: Style, cache: &Cache, value: u64) -> Answer {
        let ran = Arc::new(AtomicUsize::new(0));
        let flag = Arc::clone(&ran);
        let body = move || {
            flag.store(1, Ordering::SeqCst);
            value
        };
        let answer = if style.is_async {
            Task::new(self.clone().run_async(style.as_function, cache.clone(), async move { body() })).now()
        } else {
            let (call, cache) = (self.clone(), cache.clone());
            join_in_time(thread::spawn(move || call.run_sync(style.as_function, &cache, body)))
        };
        if ran.load(Ordering::SeqCst) == 1 { Answer::Computed(answer) } else { Answer::Hit(answer) }
    }
}

/// How a call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Hit(u64),
    Computed(u64),
}

/// A call in the middle of its computation.
#[must_use]
pub(crate) enum Begun {
    Sync { thread: thread::JoinHandle<u64>, go: mpsc::Sender<()> },
    Async { task: Task<u64>, go: oneshot::Sender<()> },
}

impl Begun {
    /// Lets it compute to its end; returns what its caller gets.
    pub(crate) fn finish(self) -> u64 {
        match self {
            Self::Sync { thread, go } => {
                go.send(()).unwrap();
                join_in_time(thread)
            }
            Self::Async { task, go } => {
                go.send(()).unwrap();
                task.now()
            }
        }
    }
}

/// Joins a thread that has to end without more ado.
#[track_caller]
pub(crate) fn join_in_time<T>(thread: thread::JoinHandle<T>) -> T {
    wait_until("the thread ends", || thread.is_finished());
    thread.join().unwrap()
}

/// Yields until something is so that another thread does in its own time.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "a deadline of the test's own")]
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < DEADLINE, "in time: {what}");
        thread::yield_now();
    }
}

/// A future that is polled by hand.
pub(crate) struct Task<T> {
    future: Pin<Box<dyn Future<Output = T>>>,
    wakes: Arc<Wakes>,
    seen: Cell<usize>,
}

/// Counts.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl<T: Debug> Task<T> {
    pub(crate) fn new(future: impl Future<Output = T> + 'static) -> Self {
        Self { future: Box::pin(future), wakes: Arc::default(), seen: Cell::new(0) }
    }

    /// Polls once.
    pub(crate) fn poll(&mut self) -> Option<T> {
        self.seen.set(self.wakes.0.load(Ordering::SeqCst));
        let waker = Waker::from(Arc::clone(&self.wakes));
        // Where there is a backend, a caller without a runtime would be answered by another thread.
        let _entered = crate::enter();
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    /// Polls once, and that must be enough.
    #[track_caller]
    pub(crate) fn now(mut self) -> T {
        self.poll().expect("nothing is left to wait for")
    }

    /// Polls once more, as an executor would: because it was woken.
    #[track_caller]
    pub(crate) fn woken(self) -> T {
        self.wait_for_wake();
        self.now()
    }

    /// Somebody wakes it: at once, or, where there is a backend, when that has answered.
    #[track_caller]
    pub(crate) fn wait_for_wake(&self) {
        wait_until("it is woken", || self.is_woken());
    }

    /// Whether it was woken since it was last polled.
    pub(crate) fn is_woken(&self) -> bool {
        self.wakes.0.load(Ordering::SeqCst) > self.seen.get()
    }

    /// What is behind its waker: shared by it, by this and by whoever keeps the waker.
    pub(crate) fn waker(&self) -> Arc<Wakes> {
        Arc::clone(&self.wakes)
    }
}

/// A call whose value can be invalidated in [`ALL_WAYS`].
pub(crate) fn dependent() -> Call {
    Call::new("user:1").prefix("tenant:7/shop:3").tags(&["users", "team:2"])
}

impl By {
    pub(crate) fn invalidate(self, cache: &Cache) {
        match self.targets() {
            Some(targets) => cache.blocking().invalidate(targets).map(drop),
            None => cache.blocking().clear(),
        }
        .unwrap();
    }
}

/// Runs a test in every style, for every way to invalidate.
pub(crate) fn in_every_way(test: impl Fn(Style, By)) {
    for style in STYLES {
        for by in ALL_WAYS {
            tell_on_panic(&format!("{style:?}, {by:?}"), || test(style, by));
        }
    }
}

/// What is known of the type that every call here returns.
fn shape() -> Shape<Whole<u64>> {
    portable(easycache_core::private::outcome!(u64))
}
