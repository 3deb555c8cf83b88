//! What is known of a cached function before it is called.

use std::{
    collections::HashMap,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    cache::{Cache, Verb},
    error::Error,
    local::Schema,
    observe::{Hits, Of},
    policy::{Coalesce, Grace, OnError, Rules},
    registry::{self, AliasId},
    sync::unpoisoned,
};

use super::{
    Outcome,
    keep::{Keep, Kept},
};

/// A cached function: its name, and the arguments of its attribute that are the same for every call.
#[derive(Debug)]
pub struct Site {
    function: &'static str,
    alias: &'static str,
    above: Option<fn() -> &'static Self>,
    template: Option<&'static str>,
    shared: bool,
    automatic: bool,
    rules: Rules,
    known: OnceLock<Known>,
    complained: AtomicBool,
    hits: Hits,
}

/// What is known of a function since it was first called.
#[derive(Debug)]
struct Known {
    number: u32,
    alias: AliasId,
}

impl Site {
    /// A function by its full path.
    #[must_use]
    pub const fn new(function: &'static str) -> Self {
        Self {
            function,
            alias: registry::DEFAULT,
            above: None,
            template: None,
            shared: false,
            automatic: false,
            rules: Rules {
                jitter: None,
                coalesce: Coalesce::Process,
                on_error: OnError::Compute,
                open_tags: false,
                grace: Grace::NONE,
                inherit: false,
                of: None,
                value_of: None,
                schema: Schema { name: None, version: 0, function: 0 },
            },
            known: OnceLock::new(),
            complained: AtomicBool::new(false),
            hits: Hits::new(),
        }
    }

    /// Uses the cache registered under that name.
    #[must_use]
    pub const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = alias;
        self
    }

    /// Uses the cache of that one, whichever it is: what belongs to an object is where the object is.
    #[must_use]
    pub const fn below(mut self, above: fn() -> &'static Self) -> Self {
        self.above = Some(above);
        self
    }

    /// The template of its keys, with the placeholders emptied.
    #[must_use]
    pub const fn template(mut self, shape: &'static str) -> Self {
        self.template = Some(shape);
        self
    }

    /// Its keys are made of its path: nobody else is meant to have them.
    #[must_use]
    pub const fn automatic(mut self) -> Self {
        self.automatic = true;
        self
    }

    /// Other functions are meant to use the same template.
    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    /// The version of what the value means.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.rules.schema.version = version;
        self
    }

    /// A name for what the value means.
    #[must_use]
    pub const fn schema(mut self, name: &'static str) -> Self {
        self.rules.schema.name = Some(name);
        self
    }

    /// Varies the time to live by that fraction; its range was checked when it was compiled.
    #[must_use]
    pub const fn jitter(mut self, fraction: f64) -> Self {
        self.rules.jitter = Some(fraction);
        self
    }

    /// Who shares a computation.
    #[must_use]
    pub const fn coalesce(mut self, coalesce: Coalesce) -> Self {
        self.rules.coalesce = coalesce;
        self
    }

    /// What a call does when the backend is in trouble.
    #[must_use]
    pub const fn on_error(mut self, on_error: OnError) -> Self {
        self.rules.on_error = on_error;
        self
    }

    /// Serves an expired value that much longer while one caller computes.
    #[must_use]
    pub const fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.rules.grace.revalidate = window;
        self
    }

    /// Serves an expired value that much longer in the place of an error.
    #[must_use]
    pub const fn stale_if_error(mut self, window: Duration) -> Self {
        self.rules.grace.on_error = window;
        self
    }

    /// Refreshes a value before it expires; the range was checked when it was compiled.
    #[must_use]
    pub const fn early_refresh(mut self, eagerness: f64) -> Self {
        self.rules.grace.early = eagerness;
        self
    }

    /// Gives up waiting after that long.
    #[must_use]
    pub const fn timeout(mut self, hard: Duration) -> Self {
        self.rules.grace.hard = hard;
        self
    }

    /// Serves an expired value after that long.
    #[must_use]
    pub const fn soft_timeout(mut self, soft: Duration) -> Self {
        self.rules.grace.soft = soft;
        self
    }

    /// Who refreshes does so while its caller waits.
    #[must_use]
    pub const fn inline(mut self) -> Self {
        self.rules.grace.inline = true;
        self
    }

    /// The result may add tags.
    #[must_use]
    pub const fn open_tags(mut self) -> Self {
        self.rules.open_tags = true;
        self
    }

    /// What the cached functions depend on that are called inside, the result depends on.
    #[must_use]
    pub const fn inherit(mut self) -> Self {
        self.rules.inherit = true;
        self.rules.open_tags = true;
        self
    }

    /// The name of its cache.
    fn cache_name(&'static self) -> &'static str {
        self.above.map_or(self.alias, |above| above().cache_name())
    }

    fn of(&'static self) -> Of {
        Of { function: self.function, alias: self.cache_name() }
    }

    /// Counts a hit by raw arguments for the figures, if they are kept.
    #[inline]
    pub(super) fn count_hit(&'static self) {
        self.hits.count(|| self.cache_name(), self.function);
    }

    pub(super) fn rules<O: Outcome>(&'static self) -> Rules {
        let mut rules = Rules { of: Some(self.of()), value_of: O::VALUE_OF, ..self.rules };
        if self.automatic {
            rules.schema.function = self.number();
        }
        rules
    }

    /// Calls `f` with the cache of this call: the one given, or else the one registered.
    #[inline]
    pub(super) fn with_cache<R>(&'static self, given: Option<&Cache>, f: impl Fn(&Cache) -> R) -> R {
        match given {
            Some(cache) => f(cache),
            None => registry::with(self.known().alias, self.function, f),
        }
    }

    /// Tells this function from all others of the process; never 0.
    #[inline]
    pub(super) fn number(&'static self) -> u32 {
        self.known().number
    }

    #[inline]
    fn known(&'static self) -> &'static Known {
        match self.known.get() {
            Some(known) => known,
            None => self.first_use(),
        }
    }

    #[cold]
    fn first_use(&'static self) -> &'static Known {
        static NUMBERS: AtomicU32 = AtomicU32::new(1);
        let mut namesake = None;
        let known = self.known.get_or_init(|| {
            namesake = self.find_namesake();
            Known { number: NUMBERS.fetch_add(1, Ordering::Relaxed), alias: registry::intern(self.cache_name()) }
        });
        // Not before all locks are free: what takes the log may call cached functions.
        if let Some(other) = namesake {
            tracing::warn!(
                template = self.template,
                function = self.function,
                other = other.function,
                "two functions fill one key template: give one of them another key, or say `shared` on both if they are meant to share their entries",
            );
        }
        known
    }

    /// Two functions that fill one template are meant to share their entries, or are a mistake: finds the other one.
    fn find_namesake(&'static self) -> Option<&'static Self> {
        static TEMPLATES: Mutex<Option<HashMap<(&str, &str), &Site>>> = Mutex::new(None);
        let template = self.template.filter(|_| !self.shared)?;
        let mut templates = unpoisoned(TEMPLATES.lock());
        let first = templates.get_or_insert_default().entry((self.alias, template)).or_insert(self);
        (!std::ptr::eq(*first, self)).then_some(*first)
    }

    /// What a result says about being stored. One that says so badly is not stored: for how long, nobody knows.
    pub(super) fn ask(&'static self, ask: impl FnOnce(&mut Keep)) -> Kept {
        let mut kept = Keep::ask(ask);
        if let Some(Err(error)) = &kept.ttl {
            self.complain(error);
            kept.declined = true;
        }
        kept
    }

    /// A mutation has succeeded, and what it changes is not known to be invalidated, or expired.
    pub(super) fn complain_of_backend(&self, verb: Verb, error: &Error) {
        let what = match verb {
            Verb::Invalidate => "invalidation",
            Verb::Expire => "expiry",
        };
        tracing::error!(function = self.function, %error, "the {what} after a mutation has failed");
    }

    /// Names that cannot be used keep a call from being cached, not from being answered: says so once.
    pub(super) fn complain(&'static self, error: &Error) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            tracing::error!(function = self.function, %error, "computed without caching");
        }
    }
}
