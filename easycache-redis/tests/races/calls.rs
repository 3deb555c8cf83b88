//! Calls that stop in the middle of their computation until they are told to go on.

use std::{sync::mpsc, thread, time::Duration};

use easycache_core::{
    Cache, Coalesce, Policy, Result,
    private::{Found, Keep, Mode, Names, Shape, Site, Whole, compute, compute_blocking, find, outcome, portable},
};
use tokio::sync::oneshot;

#[path = "../../../easycache-core/tests/support/ways.rs"]
mod ways;

pub(crate) use self::ways::{ALL_WAYS, By, tell_on_panic};
use crate::{process::Process, world::World};

/// Long enough for any machine: a test that waits that long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) is_async: bool,
    /// As generated code calls, and not through the methods of `Cache`.
    pub(crate) as_function: bool,
}

pub(crate) const ASYNC: Style = Style { is_async: true, as_function: false };
pub(crate) const SYNC: Style = Style { is_async: false, as_function: false };

pub(crate) const STYLES: [Style; 4] =
    [SYNC, ASYNC, Style { is_async: false, as_function: true }, Style { is_async: true, as_function: true }];

/// One call: what its value is named by.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    key: &'static str,
    prefix: Option<&'static str>,
    tags: &'static [&'static str],
    of_result: Option<&'static [&'static str]>,
    refresh: bool,
    declined: bool,
    coalesce: Coalesce,
}

static SITE: Site = Site::new("tests::function");
static OPEN: Site = Site::new("tests::open_function").open_tags();

impl Call {
    pub(crate) fn new(key: &'static str) -> Self {
        let coalesce = Coalesce::Process;
        Self { key, prefix: None, tags: &[], of_result: None, refresh: false, declined: false, coalesce }
    }

    pub(crate) fn tags(self, tags: &'static [&'static str]) -> Self {
        Self { tags, ..self }
    }

    pub(crate) fn prefix(self, prefix: &'static str) -> Self {
        Self { prefix: Some(prefix), ..self }
    }

    /// Tags that are known only when the value is.
    pub(crate) fn of_result(self, of_result: &'static [&'static str]) -> Self {
        Self { of_result: Some(of_result), ..self }
    }

    pub(crate) fn refresh(self) -> Self {
        Self { refresh: true, ..self }
    }

    /// The result says that it is not to be stored.
    pub(crate) fn declined(self) -> Self {
        Self { declined: true, ..self }
    }

    pub(crate) fn coalesce(self, coalesce: Coalesce) -> Self {
        Self { coalesce, ..self }
    }

    pub(crate) fn policy(&self) -> Policy {
        let policy = Policy::new().tags(self.tags).coalesce(self.coalesce);
        match self.prefix {
            Some(prefix) => policy.prefix(prefix),
            None => policy,
        }
    }

    /// `prefix|key`
    pub(crate) fn full_key(&self) -> String {
        self.prefix.map_or_else(|| self.key.to_owned(), |prefix| format!("{prefix}|{}", self.key))
    }

    fn find(&self, cache: &Cache) -> Found<u64> {
        let names = |names: &mut Names| {
            if let Some(prefix) = self.prefix {
                names.prefix(|text| text.literal(prefix));
            }
            names.key(|text| text.literal(self.key));
            names.tags(self.tags);
        };
        let mode = if self.refresh { Mode::Refresh } else { Mode::Read };
        let site = if self.of_result.is_some() { &OPEN } else { &SITE };
        find(site, mode, Some(cache), &shape(), |args| args.arg(&(self.key, self.prefix, self.tags)), names)
    }

    fn keep(&self, keep: &mut Keep) {
        keep.tags(self.of_result.unwrap_or_default());
        keep.only_if(!self.declined);
    }

    fn by_method(&self, style: Style) -> bool {
        !style.as_function && !self.refresh && !self.declined && self.of_result.is_none()
    }

    async fn run_async(self, style: Style, cache: Cache, body: impl Future<Output = u64> + Send) -> u64 {
        if self.by_method(style) {
            return cache.get_or_compute(self.key, self.policy(), || body).await.unwrap();
        }
        match self.find(&cache) {
            Found::Hit(value) => value,
            Found::Miss(miss) => compute(miss, shape(), body, |_, keep| self.keep(keep)).await,
        }
    }

    fn run_sync(&self, style: Style, cache: &Cache, body: impl FnOnce() -> u64) -> u64 {
        if self.by_method(style) {
            return cache.blocking().get_or_compute(self.key, self.policy(), body).unwrap();
        }
        match self.find(cache) {
            Found::Hit(value) => value,
            Found::Miss(miss) => compute_blocking(miss, shape(), body, |_, keep| self.keep(keep)),
        }
    }

    /// Makes the call on a thread or in a task of its own. If it computes, it reads `value`, and waits until it is told to
    /// go on.
    pub(crate) fn start(&self, style: Style, process: &Process, value: u64) -> Started {
        let ((tell, began), (reply, answer), (go, gate)) = (mpsc::channel(), mpsc::channel(), oneshot::channel::<()>());
        let (call, cache) = (self.clone(), process.cache.clone());
        if style.is_async {
            let body = async move {
                // Nobody may listen, nor tell: the test has gone on, or has failed.
                let _ = tell.send(());
                let _ = gate.await;
                value
            };
            process.runtime.spawn(async move {
                let _ = reply.send(call.run_async(style, cache, body).await);
            });
        } else {
            let body = move || {
                let _ = tell.send(());
                let _ = gate.blocking_recv();
                value
            };
            thread::spawn(move || reply.send(call.run_sync(style, &cache, body)));
        }
        Started { began, answer, go }
    }

    /// Begins the call. It has read `value` and not returned it yet, when this returns.
    #[track_caller]
    pub(crate) fn begin(&self, style: Style, process: &Process, value: u64) -> Started {
        let started = self.start(style, process, value);
        started.computes();
        started
    }

    /// Makes the whole call now: either it hits, or its computation returns `value`.
    #[track_caller]
    pub(crate) fn read(&self, style: Style, process: &Process, value: u64) -> Answer {
        self.start(style, process, value).answer()
    }
}

/// How a call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Hit(u64),
    Computed(u64),
}

/// A call under way.
#[must_use]
pub(crate) struct Started {
    began: mpsc::Receiver<()>,
    answer: mpsc::Receiver<u64>,
    go: oneshot::Sender<()>,
}

/// A call whose computation is over.
#[must_use]
pub(crate) struct Ending {
    answer: mpsc::Receiver<u64>,
}

impl Started {
    /// Waits until it computes.
    #[track_caller]
    pub(crate) fn computes(&self) {
        self.began.recv_timeout(PATIENCE).expect("the call computes by itself");
    }

    /// Lets it compute to its end.
    pub(crate) fn go(self) -> Ending {
        // If it hits, it does not wait.
        let _ = self.go.send(());
        Ending { answer: self.answer }
    }

    /// Lets it compute to its end; returns what its caller gets.
    #[track_caller]
    pub(crate) fn finish(self) -> u64 {
        self.go().value()
    }

    /// The same, with whether it has computed.
    #[track_caller]
    pub(crate) fn answer(self) -> Answer {
        let _ = self.go.send(());
        let value = Ending { answer: self.answer }.value();
        if self.began.try_recv().is_ok() { Answer::Computed(value) } else { Answer::Hit(value) }
    }
}

impl Ending {
    #[track_caller]
    pub(crate) fn value(self) -> u64 {
        self.answer.recv_timeout(PATIENCE).expect("the call returns")
    }
}

/// A call whose value can be invalidated in [`ALL_WAYS`].
pub(crate) fn dependent() -> Call {
    Call::new("user:1").prefix("tenant:7/shop:3").tags(&["users", "team:2"])
}

/// Another one that depends on the same things, but for the key.
pub(crate) fn neighbour() -> Call {
    Call { key: "user:2", ..dependent() }
}

/// What the value and the lease of [`dependent`] are called on the server, within the namespace.
pub(crate) const VALUE: &str = "v:{tenant:7/shop:3|user:1}";
pub(crate) const LEASE: &str = "l:{tenant:7/shop:3|user:1}";
/// And its stamps.
pub(crate) const STAMPS: [&str; 5] = ["n", "t:users", "t:team:2", "p:tenant:7", "p:tenant:7/shop:3"];

impl By {
    pub(crate) fn try_invalidate(self, style: Style, process: &Process) -> Result<()> {
        let Process { cache, runtime, .. } = process;
        match (self.targets(), style.is_async) {
            (Some(targets), true) => runtime.block_on(cache.invalidate(targets)).map(drop),
            (Some(targets), false) => cache.blocking().invalidate(targets).map(drop),
            (None, true) => runtime.block_on(cache.clear()),
            (None, false) => cache.blocking().clear(),
        }
    }

    #[track_caller]
    pub(crate) fn invalidate(self, style: Style, process: &Process) {
        self.try_invalidate(style, process).unwrap();
    }
}

/// Runs a test in every style, for every way to invalidate, with two processes that know nothing yet.
pub(crate) fn in_every_way(test: impl Fn(&World, &[Process; 2], Style, By)) {
    let Some(world) = World::start() else { return };
    for style in STYLES {
        for by in ALL_WAYS {
            tell_on_panic(&format!("{style:?}, {by:?}"), || test(&world, &world.processes(), style, by));
        }
    }
}

/// Runs a test in every style, with two processes that know nothing yet.
pub(crate) fn in_every_style(test: impl Fn(&World, &[Process; 2], Style)) {
    let Some(world) = World::start() else { return };
    for style in STYLES {
        tell_on_panic(&format!("{style:?}"), || test(&world, &world.processes(), style));
    }
}

/// What is known of the type that every call here returns.
fn shape() -> Shape<Whole<u64>> {
    portable(outcome!(u64))
}
