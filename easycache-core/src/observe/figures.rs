//! Figures for the crate `metrics`, with the feature of that name; without it there is nothing here.

#[cfg(not(feature = "metrics"))]
pub(crate) use self::none::{Figures, Hits};
#[cfg(feature = "metrics")]
pub(crate) use self::some::{Figures, Hits};

#[cfg(feature = "metrics")]
mod some {
    use std::{marker::PhantomData, sync::OnceLock, time::Duration};

    use metrics::{Counter, counter, histogram};

    use crate::stats::{Reason, Refusal};

    /// The figures of one function in one cache.
    #[derive(Debug)]
    pub(crate) struct Figures<'a> {
        cache: String,
        function: &'static str,
        of: PhantomData<&'a ()>,
    }

    impl<'a> Figures<'a> {
        pub(crate) const ARE_KEPT: bool = true;

        pub(crate) fn of(cache: &'a str, function: &'static str) -> Self {
            Self { cache: cache.to_owned(), function, of: PhantomData }
        }

        pub(crate) fn hit(self) {
            counter!("easycache.hits", "cache" => self.cache, "function" => self.function).increment(1);
        }

        pub(crate) fn miss(self, reason: Reason) {
            let Self { cache, function, .. } = self;
            let reason = reason.name();
            counter!("easycache.misses", "cache" => cache, "function" => function, "reason" => reason).increment(1);
        }

        pub(crate) fn shared(self) {
            counter!("easycache.shared", "cache" => self.cache, "function" => self.function).increment(1);
        }

        pub(crate) fn stored(self, refusal: Option<Refusal>) {
            let Self { cache, function, .. } = self;
            match refusal {
                None => counter!("easycache.stores", "cache" => cache, "function" => function).increment(1),
                Some(refusal) => {
                    let reason = refusal.name();
                    counter!("easycache.refusals", "cache" => cache, "function" => function, "reason" => reason)
                        .increment(1);
                }
            }
        }

        pub(crate) fn computed(self, took: Duration) {
            histogram!("easycache.computation.duration", "cache" => self.cache, "function" => self.function)
                .record(took.as_secs_f64());
        }

        pub(crate) fn audited(self, agrees: bool) {
            let Self { cache, function, .. } = self;
            let result = if agrees { "agrees" } else { "differs" };
            counter!("easycache.audits", "cache" => cache, "function" => function, "result" => result).increment(1);
        }
    }

    /// The hits of one function that are found by its raw arguments.
    #[derive(Debug)]
    pub(crate) struct Hits(OnceLock<Counter>);

    impl Hits {
        pub(crate) const fn new() -> Self {
            Self(OnceLock::new())
        }

        #[inline]
        pub(crate) fn count(&self, cache: impl FnOnce() -> &'static str, function: &'static str) {
            let make = || counter!("easycache.hits", "cache" => cache(), "function" => function);
            self.0.get_or_init(make).increment(1);
        }
    }
}

#[cfg(not(feature = "metrics"))]
mod none {
    #![expect(clippy::unused_self, reason = "they have the methods of those that are kept")]

    use std::{marker::PhantomData, time::Duration};

    use crate::stats::{Reason, Refusal};

    /// Nothing.
    #[derive(Debug)]
    pub(crate) struct Figures<'a>(PhantomData<&'a ()>);

    impl<'a> Figures<'a> {
        pub(crate) const ARE_KEPT: bool = false;

        pub(crate) fn of(_: &'a str, _: &'static str) -> Self {
            Self(PhantomData)
        }

        pub(crate) fn hit(self) {}

        pub(crate) fn miss(self, _: Reason) {}

        pub(crate) fn shared(self) {}

        pub(crate) fn stored(self, _: Option<Refusal>) {}

        pub(crate) fn computed(self, _: Duration) {}

        pub(crate) fn audited(self, _: bool) {}
    }

    /// Nothing.
    #[derive(Debug)]
    pub(crate) struct Hits;

    impl Hits {
        pub(crate) const fn new() -> Self {
            Self
        }

        #[inline]
        pub(crate) fn count(&self, _: impl FnOnce() -> &'static str, _: &'static str) {}
    }
}
