//! What is told of what happens: counts for [`Stats`](crate::Stats), events and spans for `tracing`, figures for `metrics`.
//! The one place that does.

mod advice;
mod figures;
mod recent;

use tracing::{Level, Span};

use crate::{
    cache::{Call, Core},
    clock::Moment,
    remote::Place,
    stats::{Reason, Refusal},
};

use self::figures::Figures;
pub use self::recent::{Recent, RecentName};
pub(crate) use self::{
    advice::{Advice, Said},
    figures::Hits,
    recent::History,
};

/// Who looks something up, or stores it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Who<'a> {
    /// None: the plain API.
    pub(crate) of: Option<Of>,
    pub(crate) key: &'a str,
}

/// A function, and the name of the cache that it asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Of {
    pub(crate) function: &'static str,
    pub(crate) alias: &'static str,
}

impl Call {
    pub(crate) fn who(&self) -> Who<'_> {
        Who { of: self.rules.of, key: self.identity.key() }
    }
}

impl<'a> Who<'a> {
    /// Somebody with nothing but a key.
    pub(crate) const fn of_key(key: &'a str) -> Self {
        Self { of: None, key }
    }

    fn function(&self) -> &'static str {
        self.of.map_or("", |of| of.function)
    }
}

impl Core {
    /// A stored value was served. Those found by raw arguments are counted, and no more is told of them.
    pub(crate) fn hit(&self, who: Who<'_>, place: Place) {
        self.counters.hit();
        match place {
            Place::Far if self.near_tier().is_some() => self.counters.far_hits.add(1),
            Place::Request => self.counters.remembered.add(1),
            Place::Near | Place::Far => {}
        }
        tracing::trace!(target: "easycache", cache = self.name(who), function = who.function(), key = who.key, "hit");
        self.figures(who).hit();
    }

    /// There was nothing to serve.
    pub(crate) fn missed(&self, who: Who<'_>, reason: Reason) {
        self.counters.miss(reason);
        if tracing::enabled!(target: "easycache", Level::DEBUG) {
            self.tell_miss(who, reason);
        }
        self.figures(who).miss(reason);
    }

    #[cold]
    fn tell_miss(&self, who: Who<'_>, reason: Reason) {
        // A backend does not tell what has moved; here it can be looked up, if it was not stored anew meanwhile.
        let moved = self.tier.name_moved(who.key);
        tracing::debug!(
            target: "easycache",
            cache = self.name(who),
            function = who.function(),
            key = who.key,
            reason = reason.name(),
            moved = moved.as_deref(),
            "miss",
        );
    }

    /// Somebody else's computation has answered.
    pub(crate) fn joined(&self, who: Who<'_>) {
        self.counters.coalesced.add(1);
        tracing::debug!(target: "easycache", cache = self.name(who), function = who.function(), key = who.key, "shared");
        self.figures(who).shared();
    }

    /// A value was stored, or not.
    pub(crate) fn stored(&self, who: Who<'_>, refusal: Option<Refusal>) {
        let (cache, function, key) = (self.name(who), who.function(), who.key);
        match refusal {
            None => {
                self.counters.stored.add(1);
                tracing::debug!(target: "easycache", cache, function, key, "stored");
            }
            Some(refusal) => {
                self.counters.refuse(refusal);
                tracing::debug!(target: "easycache", cache, function, key, reason = refusal.name(), "not stored");
            }
        }
        self.figures(who).stored(refusal);
    }

    /// The body begins to run; the span that it runs in.
    pub(crate) fn computing(&self, who: Who<'_>) -> (Span, Computing) {
        self.counters.computed.add(1);
        let (cache, function, key) = (self.name(who), who.function(), who.key);
        let span = tracing::debug_span!(target: "easycache", "compute", cache, function, key);
        (span, Computing { since: Figures::ARE_KEPT.then(|| self.now()) })
    }

    /// The body has run.
    pub(crate) fn computed(&self, who: Who<'_>, Computing { since }: Computing) {
        if let Some(since) = since {
            self.figures(who).computed(self.now().since(since));
        }
    }

    /// An audited hit is, or is not, what the function computes now.
    pub(crate) fn audited(&self, who: Who<'_>, agrees: bool) {
        self.counters.audits.add(1);
        if !agrees {
            self.counters.disagreements.add(1);
            tracing::error!(
                target: "easycache",
                cache = self.name(who),
                function = who.function(),
                key = who.key,
                "a hit differs from what the function computes now, and nothing that it depends on was invalidated: something changes that no tag, prefix or argument tells, or is not invalidated when it changes",
            );
        }
        self.figures(who).audited(agrees);
    }

    /// What this cache goes by.
    fn name(&self, who: Who<'_>) -> &str {
        match who.of {
            Some(of) => of.alias,
            None if self.namespace.is_empty() => "default",
            None => &self.namespace,
        }
    }

    fn figures<'a>(&'a self, who: Who<'_>) -> Figures<'a> {
        // The name outlives the call: it is the function's, or the cache's own.
        let cache = who.of.map_or(if self.namespace.is_empty() { "default" } else { &self.namespace }, |of| of.alias);
        Figures::of(cache, who.function())
    }
}

/// A computation under way.
#[derive(Debug)]
pub(crate) struct Computing {
    since: Option<Moment>,
}
