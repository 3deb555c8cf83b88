//! A backend, caches with near tiers in front of it, and other processes, which go to the backend themselves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use easycache_core::{
    Backend, Cache, CacheBuilder, Deadline, Freshness, Near, Target,
    private::{Found, Keep, Mode, Names, Shape, Site, Whole, compute, compute_blocking, find, portable},
};
use easycache_testkit::{Line, ManualClock, MemoryBackend};

/// Longer than any test takes.
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How far behind a tracked near tier may be.
pub(crate) const B: Duration = Duration::from_millis(1500);

/// The shortest time that a test tells from none.
pub(crate) const MOMENT: Duration = Duration::from_millis(1);

pub(crate) const ALL: [Freshness; 3] = [Freshness::Tracked, Freshness::Strict, Freshness::Ttl(DAY)];

/// A server, and the clock of everything.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) server: Arc<MemoryBackend>,
    pub(crate) clock: Arc<ManualClock>,
    /// Near tiers of one namespace hear of each other's invalidations: each test has its own.
    pub(crate) namespace: String,
}

impl World {
    pub(crate) fn new() -> Self {
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let clock = Arc::new(ManualClock::new());
        let server = Arc::new(MemoryBackend::with_clock(clock.clone()));
        let namespace = format!("near-{}", NUMBERS.fetch_add(1, Ordering::SeqCst));
        Self { server, clock, namespace }
    }

    pub(crate) fn builder(&self, backend: impl Backend) -> CacheBuilder {
        // Deadlines are told by the real clock, and a machine may stand still for longer than they usually are.
        let builder = Cache::builder().deadline(Duration::from_secs(5));
        builder.namespace(&self.namespace).clock(self.clock.clone()).jitter(0.0).backend(backend)
    }

    /// A cache without near tier.
    pub(crate) fn plain(&self) -> Cache {
        self.builder(self.server.clone()).build().unwrap()
    }

    pub(crate) fn cache(&self, freshness: Freshness) -> Cache {
        self.builder(self.server.clone()).near(Near::bounded(100).freshness(freshness)).build().unwrap()
    }

    /// A tracked cache, and the line that it watches through.
    pub(crate) fn tracked(&self) -> (Cache, Line) {
        let cache = self.cache(Freshness::Tracked);
        (cache, self.server.lines().pop().unwrap())
    }

    /// What another process does: nobody in this one hears of it but from the server.
    pub(crate) async fn elsewhere(&self, by: By) {
        let answers = self.server.invalidate(&by.targets(&self.namespace), Deadline::after(DAY)).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap()), "{by:?} was there");
    }
}

/// What makes the value of [`user`] invalid; the last one that of [`book`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Key,
    Tag,
    OtherTag,
    Prefix,
    PrefixAbove,
    Clear,
    TagOfResult,
}

pub(crate) const WAYS: [By; 7] =
    [By::Key, By::Tag, By::OtherTag, By::Prefix, By::PrefixAbove, By::Clear, By::TagOfResult];

impl By {
    /// The wire names, as other processes know them.
    fn targets(self, ns: &str) -> Vec<Target> {
        let stamp = |name: &str| Target::Stamp(format!("{ns}:{name}").into());
        match self {
            Self::Key => {
                let name = |kind: &str| format!("{ns}:{kind}:{{tenant:7/shop:3|user:1}}").into();
                vec![Target::Value { value: name("v"), lease: name("l") }]
            }
            Self::Tag => vec![stamp("t:users")],
            Self::OtherTag => vec![stamp("t:team:2")],
            Self::Prefix => vec![stamp("p:tenant:7/shop:3")],
            Self::PrefixAbove => vec![stamp("p:tenant:7")],
            Self::Clear => vec![stamp("n")],
            Self::TagOfResult => vec![stamp("c"), stamp("t:author:9")],
        }
    }

    /// The same by a cache of this process.
    pub(crate) async fn invalidate(self, cache: &Cache) -> easycache_core::Result<()> {
        let done = match self {
            Self::Key => cache.invalidate_key("tenant:7/shop:3|user:1").await,
            Self::Tag => cache.invalidate_tags(["users"]).await,
            Self::OtherTag => cache.invalidate_tags(["team:2"]).await,
            Self::Prefix => cache.invalidate_prefix("tenant:7/shop:3").await,
            Self::PrefixAbove => cache.invalidate_prefix("tenant:7").await,
            Self::Clear => return cache.clear().await,
            Self::TagOfResult => cache.invalidate_tags(["author:9"]).await,
        };
        done.map(drop)
    }

    /// The function whose values it invalidates.
    pub(crate) fn function(self) -> Function {
        if self == Self::TagOfResult { Function::Book } else { Function::User }
    }
}

/// How a call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Hit(u64),
    Computed(u64),
}

use Answer::{Computed, Hit};

/// A cached function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Function {
    /// With tags and a prefix.
    User,
    /// With a tag that only its result tells.
    Book,
}

static USER: Site = Site::new("tests::user");
static BOOK: Site = Site::new("tests::book").open_tags();

impl Function {
    fn find(self, mode: Mode, cache: &Cache) -> Found<u64> {
        match self {
            Self::User => find(
                &USER,
                mode,
                Some(cache),
                &shape(),
                |args| args.arg(&1),
                |names: &mut Names| {
                    names.prefix(|text| text.literal("tenant:7/shop:3"));
                    names.key(|text| text.literal("user:1"));
                    names.tags(["users", "team:2"]);
                },
            ),
            Self::Book => {
                let names = |names: &mut Names| names.key(|text| text.literal("book:1"));
                find(&BOOK, mode, Some(cache), &shape(), |args| args.arg(&1), names)
            }
        }
    }

    fn keep(self, keep: &mut Keep) {
        if matches!(self, Self::Book) {
            keep.tags(["author:9"]);
        }
    }

    async fn run(self, mode: Mode, cache: &Cache, computes: u64) -> Answer {
        let miss = match self.find(mode, cache) {
            Found::Hit(value) => return Hit(value),
            Found::Miss(miss) => miss,
        };
        let ran = AtomicUsize::new(0);
        let body = async {
            ran.fetch_add(1, Ordering::SeqCst);
            computes
        };
        let value = compute(miss, shape(), body, |_, keep| self.keep(keep)).await;
        if ran.into_inner() == 0 { Hit(value) } else { Computed(value) }
    }

    /// Calls it as async code does.
    pub(crate) async fn call(self, cache: &Cache, computes: u64) -> Answer {
        self.run(Mode::Read, cache, computes).await
    }

    /// Computes, whatever is stored.
    pub(crate) async fn refresh(self, cache: &Cache, computes: u64) -> Answer {
        self.run(Mode::Refresh, cache, computes).await
    }

    /// Calls it as a function that is not async.
    pub(crate) fn call_sync(self, cache: &Cache, computes: u64) -> Answer {
        match self.find(Mode::Read, cache) {
            Found::Hit(value) => Hit(value),
            Found::Miss(miss) => {
                let mut ran = false;
                let value = compute_blocking(
                    miss,
                    shape(),
                    || {
                        ran = true;
                        computes
                    },
                    |_, keep| self.keep(keep),
                );
                if ran { Computed(value) } else { Hit(value) }
            }
        }
    }

    /// Its full key.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::User => "tenant:7/shop:3|user:1",
            Self::Book => "book:1",
        }
    }
}

fn shape() -> Shape<Whole<u64>> {
    portable(easycache_core::private::outcome!(u64))
}

/// How many hits were near, and how many far.
pub(crate) fn hits(cache: &Cache) -> (u64, u64) {
    let near = cache.stats().near.unwrap();
    (near.hits, near.far_hits)
}

/// Waits for something that another thread does in its own time.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool + Send + Sync) {
    let so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), so).await.unwrap_or_else(|_| panic!("in time: {what}"));
}
