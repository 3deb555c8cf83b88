//! How a value is kept: for the plain API what the arguments of the attribute are for functions.

mod grace;

use std::time::Duration;

pub(crate) use self::grace::Grace;
use crate::{
    error::{Error, ErrorKind, Result},
    local::{Schema, ValueOf},
    observe::Of,
    ttl::IntoTtl,
};

/// How long a value is kept, and what it depends on.
///
/// ```
/// use easycache_core::Policy;
///
/// let policy = Policy::ttl("10m").tags(["users", "team:2"]).prefix("tenant:1");
/// ```
///
/// Mistakes (text that is no duration, a jitter above 1) are reported by the first call that gets the policy.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    ttl: Option<Duration>,
    tags: Vec<Box<str>>,
    prefix: Option<Box<str>>,
    jitter: Option<f64>,
    coalesce: Coalesce,
    on_error: OnError,
    grace: Grace,
    schema: Schema,
    inherit: bool,
    mistake: Option<Error>,
}

impl Policy {
    /// No tags, no prefix, and the default time to live of the cache.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the value that long: a `Duration`, seconds, or text such as `"10m"`. Zero: does not keep it.
    #[must_use]
    pub fn ttl(ttl: impl IntoTtl) -> Self {
        match ttl.into_ttl() {
            Ok(ttl) => Self { ttl: Some(ttl), ..Self::default() },
            Err(mistake) => Self { mistake: Some(mistake), ..Self::default() },
        }
    }

    /// The value is gone when one of these tags is invalidated.
    #[must_use]
    pub fn tags<I>(mut self, tags: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.tags.extend(tags.into_iter().map(|tag| tag.as_ref().into()));
        self
    }

    /// The value is gone when this prefix, or one of its levels (`"tenant:7"` of `"tenant:7/shop:3"`), is invalidated.
    /// The full key becomes `prefix|key`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        self.prefix = Some(prefix.as_ref().into());
        self
    }

    /// Varies the time to live of each stored value at random by up to this fraction (0.0 to 1.0), both ways, so that
    /// what was stored together does not expire together.
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        match check_jitter(fraction) {
            Ok(fraction) => self.jitter = Some(fraction),
            Err(mistake) => self.mistake = self.mistake.or(Some(mistake)),
        }
        self
    }

    /// Who shares a computation with whom. Default: the callers of this process.
    #[must_use]
    pub fn coalesce(mut self, coalesce: Coalesce) -> Self {
        self.coalesce = coalesce;
        self
    }

    /// What a call does when the backend is in trouble. Default: it computes.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Whether the value depends on what the cached functions depend on that are called to compute it: it is gone when one
    /// of *their* tags or prefixes is invalidated, whether they computed or hit. Default: no.
    ///
    /// Just what is called inside of the computation counts, not in a task or thread that it starts; and of a function in
    /// between that does not inherit itself, just its own tags and prefixes. Invalidating one of them by key invalidates
    /// that entry alone.
    ///
    /// What they depend on has to be known to the same [`Cache`](crate::Cache). Where one of them is cached in another, or was
    /// computed because its backend is in trouble, the value is computed and not stored; see
    /// [`Refused::inherited`](crate::Refused::inherited).
    ///
    /// ```
    /// use easycache_core::{Cache, Policy};
    ///
    /// # pollster::block_on(async {
    /// let cache = Cache::builder().build()?;
    /// let price = || cache.get_or_compute("price:1", Policy::new().tags(["prices"]), || async { 40 });
    /// let total = async || price().await.unwrap() + 2;
    /// cache.get_or_compute("total", Policy::new().inherit(true), total).await?;
    ///
    /// cache.invalidate_tags(["prices"]).await?;
    /// assert_eq!(cache.get::<i32>("total").await?, None);
    /// # Ok::<_, easycache_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn inherit(mut self, yes: bool) -> Self {
        self.inherit = yes;
        self
    }

    /// The version of what the value means: values stored under another version are misses.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.schema.version = version;
        self
    }

    /// A name for what the value means, in the place of the name of its type: values stored under another name are
    /// misses.
    #[must_use]
    pub fn schema(mut self, name: &'static str) -> Self {
        self.schema.name = Some(name);
        self
    }

    /// Serves an expired value for that much longer, at once, while one caller computes the next: a `Duration`, seconds, or
    /// text. One that was [invalidated](crate::Cache::invalidate) is never served, one that was
    /// [expired](crate::Cache::expire) is.
    ///
    /// [`Cache::get_or_refresh`](crate::Cache::get_or_refresh) computes in the background. With
    /// [`get_or_compute`](crate::Cache::get_or_compute), whose computation may borrow, it is one of the callers that
    /// computes and waits for it; all others are served the expired value meanwhile.
    ///
    /// It has an effect in process and on backends that are [soft](crate::Caps::soft).
    #[must_use]
    pub fn stale_while_revalidate(mut self, window: impl IntoTtl) -> Self {
        self.grace.revalidate = self.span(window);
        self
    }

    /// Serves an expired value in the place of an error of the computation, for that much longer: a `Duration`, seconds, or
    /// text. One that was [invalidated](crate::Cache::invalidate) is never served. The error is logged.
    ///
    /// It has an effect in process and on backends that are [soft](crate::Caps::soft).
    #[must_use]
    pub fn stale_if_error(mut self, window: impl IntoTtl) -> Self {
        self.grace.on_error = self.span(window);
        self
    }

    /// Refreshes a value before it expires, so that nobody has to wait for it: one caller does, surely in the last tenth of
    /// the time to live, and before that the more likely the longer the computation takes (`XFetch`). 1.0 is usual; the
    /// greater the `eagerness`, the earlier.
    ///
    /// memcached counts whole seconds: there the last of them belongs to the last tenth, however short the life, and a value
    /// that lives for a second or less is not refreshed before it expires.
    ///
    /// [`Cache::get_or_refresh`](crate::Cache::get_or_refresh) computes in the background; with
    /// [`get_or_compute`](crate::Cache::get_or_compute) that one caller waits.
    #[must_use]
    pub fn early_refresh(mut self, eagerness: f64) -> Self {
        match grace::check_eagerness(eagerness) {
            Ok(eagerness) => self.grace.early = eagerness,
            Err(mistake) => self.mistake = self.mistake.or(Some(mistake)),
        }
        self
    }

    /// Gives up waiting after that long: the call is answered with an expired value, if there is one that
    /// [may be served](Self::stale_if_error), else with an error of kind [`TimedOut`](ErrorKind::TimedOut). The time of the
    /// whole call counts. A backend that has to be asked for the expired value is given a tenth of that time more.
    ///
    /// With [`Cache::get_or_refresh`](crate::Cache::get_or_refresh) the computation goes on in the background, and is stored
    /// if nothing that it depends on was invalidated; with [`get_or_compute`](crate::Cache::get_or_compute) it is dropped.
    /// Of many keys, which one caller asks for together, an expired value is needed for each that is missing.
    ///
    /// A caller that is not async can give up with [`get_or_refresh`](crate::blocking::Blocking::get_or_refresh) alone: what
    /// is not there in process is then looked for and computed on a thread of its own, inside of the scopes of its caller.
    /// Of such threads there are 512 at most; behind that, a caller does it itself and waits for as long as it takes.
    #[must_use]
    pub fn timeout(mut self, hard: impl IntoTtl) -> Self {
        self.grace.hard = self.span(hard);
        self
    }

    /// After that long the call is answered with an expired value, if there is one that
    /// [may be served](Self::stale_if_error); otherwise it goes on waiting. The computation goes on in the background, which
    /// takes [`Cache::get_or_refresh`](crate::Cache::get_or_refresh).
    #[must_use]
    pub fn soft_timeout(mut self, soft: impl IntoTtl) -> Self {
        self.grace.soft = self.span(soft);
        self
    }

    fn span(&mut self, span: impl IntoTtl) -> Duration {
        span.into_ttl().unwrap_or_else(|mistake| {
            self.mistake.get_or_insert(mistake);
            Duration::ZERO
        })
    }

    pub(crate) fn check(self) -> Result<Checked> {
        match self.mistake {
            Some(mistake) => Err(mistake),
            None => Ok(Checked {
                ttl: self.ttl,
                tags: self.tags,
                prefix: self.prefix,
                rules: Rules {
                    jitter: self.jitter,
                    coalesce: self.coalesce,
                    on_error: self.on_error,
                    open_tags: self.inherit,
                    grace: self.grace,
                    inherit: self.inherit,
                    of: None,
                    value_of: None,
                    schema: self.schema,
                },
            }),
        }
    }
}

/// A policy without mistakes, in its parts.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) ttl: Option<Duration>,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) prefix: Option<Box<str>>,
    pub(crate) rules: Rules,
}

/// The part of a policy that is the same for every call of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// None: as the cache has it.
    pub(crate) jitter: Option<f64>,
    pub(crate) coalesce: Coalesce,
    pub(crate) on_error: OnError,
    /// Whether the result may add tags, or else what it depends on.
    pub(crate) open_tags: bool,
    /// What may be done with values that are not fresh.
    pub(crate) grace: Grace,
    /// Whether it depends on what the cached functions depend on that are called to compute it.
    pub(crate) inherit: bool,
    /// Whose it is. None: the plain API's.
    pub(crate) of: Option<Of>,
    /// Where what is stored is more than the value: what of it is the value.
    pub(crate) value_of: Option<ValueOf>,
    pub(crate) schema: Schema,
}

/// Who shares a computation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coalesce {
    /// Callers in this process: one computes, the others wait for it.
    #[default]
    Process,
    /// Callers in all processes: who finds that another process computes waits until the value is there. Where a cache
    /// is in process, or its backend has no leases, it is the same as [`Process`](Self::Process).
    Cluster,
    /// Nobody: every caller computes for itself.
    Off,
}

/// What a call does when the backend of its cache cannot be reached, is too slow, or refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnError {
    /// It computes, and stores nothing. The caller sees no error; the log and [`Stats`](crate::Stats) do.
    #[default]
    Compute,
    /// It returns the error, and computes nothing.
    Fail,
}

pub(crate) fn check_jitter(fraction: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&fraction) {
        return Ok(fraction);
    }
    let message =
        format!("a jitter of {fraction} is out of range: give a fraction from 0.0 to 1.0, such as 0.1 for ±10 %");
    Err(Error::new(ErrorKind::InvalidConfig, message))
}
