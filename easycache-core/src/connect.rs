//! Caches by URL: which schemes there are, and what of a URL is about the cache itself; caches by name, from files and from
//! variables of the environment.

mod caches;
mod env;
mod given;
mod options;
mod scheme;
mod table;
mod url;

use std::sync::Arc;

use crate::{
    backend::Backend,
    cache::{Cache, CacheBuilder},
    error::Result,
    flight::{Caller, block_on},
    remote,
};

pub use self::{
    caches::{Caches, CachesConfig},
    scheme::{Connecting, Scheme, register_scheme},
};
use self::{
    options::{CacheOptions, Place},
    scheme::{Kind, find},
    url::Url,
};

/// The schemes that `connect` knows besides `memory` and those that were [registered](register_scheme): how a crate that
/// has backends built in tells of them.
#[derive(Clone, Copy, Debug)]
pub struct Schemes(&'static [Scheme]);

impl Schemes {
    /// These.
    #[must_use]
    pub const fn new(schemes: &'static [Scheme]) -> Self {
        Self(schemes)
    }

    /// The cache that a URL names, its backend connected and looked at.
    pub async fn connect(&self, url: &str) -> Result<Cache> {
        self.plan(&Url::read(url)?)?.open(When::Now(Caller::Async)).await
    }

    /// The same for callers that are not async.
    pub fn connect_blocking(&self, url: &str) -> Result<Cache> {
        block_on(self.plan(&Url::read(url)?)?.open(When::Now(Caller::Sync)))
    }

    /// The cache that a URL names; its backend connects when it is first used.
    pub fn connect_lazy(&self, url: &str) -> Result<Cache> {
        block_on(self.plan(&Url::read(url)?)?.open(When::Used))
    }

    /// All the caches that a configuration names, their backends connected and looked at, one after the other. What is wrong
    /// with the configuration is said before anything is connected.
    pub async fn connect_all(&self, config: &CachesConfig) -> Result<Caches> {
        config.open(self, When::Now(Caller::Async)).await
    }

    /// The same for callers that are not async.
    pub fn connect_all_blocking(&self, config: &CachesConfig) -> Result<Caches> {
        block_on(config.open(self, When::Now(Caller::Sync)))
    }

    /// All the caches that a configuration names; their backends connect when they are first used.
    pub fn connect_all_lazy(&self, config: &CachesConfig) -> Result<Caches> {
        block_on(config.open(self, When::Used))
    }

    /// Everything that can be said without a server.
    fn plan(&self, url: &Url<'_>) -> Result<Plan> {
        let scheme = match find(url.scheme, self.0)? {
            Kind::Memory => {
                let (options, rest) = CacheOptions::split(url, Place::Memory)?;
                url.nothing_but_options(&rest)?;
                return Ok(Plan::Memory(options.builder()));
            }
            Kind::Backend(scheme) => scheme,
        };
        let (options, rest) = CacheOptions::split(url, Place::Backend { scheme })?;
        Ok(Plan::Backend(BackendPlan { scheme, url: url.with(&rest), options }))
    }
}

/// When a backend is connected to.
#[derive(Clone, Copy, Debug)]
enum When {
    Now(Caller),
    Used,
}

/// What a URL asks for.
enum Plan {
    Memory(CacheBuilder),
    Backend(BackendPlan),
}

struct BackendPlan {
    scheme: Scheme,
    /// What is left for the backend.
    url: String,
    options: CacheOptions,
}

impl Plan {
    async fn open(self, when: When) -> Result<Cache> {
        match self {
            Self::Memory(builder) => builder.build(),
            Self::Backend(plan) => {
                let backend = plan.backend(when).await?;
                plan.options.builder().shared_backend(backend).build()
            }
        }
    }
}

impl BackendPlan {
    async fn backend(&self, when: When) -> Result<Arc<dyn Backend>> {
        match when {
            When::Now(caller) => remote::run(caller, self.scheme.connect_to(self.url.clone())).await?,
            When::Used => self.scheme.open(&self.url),
        }
    }
}

// Two attributes: clippy knows tests by the plain one.
#[cfg(not(shuttle))]
#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        error::{Error, ErrorKind},
        policy::Policy,
        store::{MemoryStore, Stamped},
    };

    fn memory() -> Arc<dyn Backend> {
        Arc::new(Stamped::new(MemoryStore::new()))
    }

    /// Says what it was asked for.
    fn echo(url: &str) -> Result<Arc<dyn Backend>> {
        Err(Error::new(ErrorKind::Unavailable, format!("asked for {url}")))
    }

    static SCHEMES: Schemes = Schemes::new(&[
        Scheme::new("shelf", |_| Ok(memory())),
        Scheme::new("echo", echo).connect(|url| {
            Box::pin(async move {
                // What needs a runtime has one, whoever asks.
                tokio::time::sleep(Duration::ZERO).await;
                echo(&format!("{url} at once"))
            })
        }),
        Scheme::missing("paper", "enable the feature `paper`"),
    ]);

    fn complaint(url: &str) -> String {
        SCHEMES.connect_lazy(url).unwrap_err().to_string()
    }

    #[test]
    fn a_cache_in_this_process_is_a_scheme_too() {
        let cache = SCHEMES.connect_lazy("memory://?max_entries=2&namespace=shop").unwrap();
        assert_eq!(cache.namespace(), "shop");
        for key in ["a", "b", "c"] {
            cache.blocking().set(key, 1, Policy::new()).unwrap();
        }
        assert_eq!(cache.stats().entries, 2);
        assert!(complaint("memory://localhost").contains("has no host"));
        assert!(complaint("memory://?max_entries=0").contains("at least 1"));
    }

    #[test]
    fn a_cache_on_a_backend_is_connected_from_wherever() {
        let caches = [
            SCHEMES.connect_lazy("shelf://?namespace=shop").unwrap(),
            SCHEMES.connect_blocking("shelf://?namespace=shop").unwrap(),
            pollster::block_on(SCHEMES.connect("shelf://?namespace=shop")).unwrap(),
        ];
        for cache in caches {
            cache.blocking().set("key", 1, Policy::new()).unwrap();
            assert_eq!(cache.blocking().get::<i32>("key").unwrap(), Some(1));
            assert_eq!((cache.namespace(), cache.stats().entries), ("shop", 0), "it is kept in the backend");
        }
    }

    #[test]
    fn connecting_has_a_runtime_whoever_asks() {
        let lazy = SCHEMES.connect_lazy("echo://h?a=1&namespace=x").unwrap_err();
        assert_eq!(lazy.to_string(), "asked for echo://h?a=1");
        let asked = "asked for echo://h?a=1 at once";
        let url = "echo://h?namespace=x&a=1";
        assert_eq!(SCHEMES.connect_blocking(url).unwrap_err().to_string(), asked);
        assert_eq!(pollster::block_on(SCHEMES.connect(url)).unwrap_err().to_string(), asked);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(runtime.block_on(SCHEMES.connect(url)).unwrap_err().to_string(), asked);
        let inside = runtime.block_on(async { SCHEMES.connect_blocking(url) });
        assert_eq!(inside.unwrap_err().to_string(), asked, "also where a thread must not start another runtime");
    }

    #[test]
    fn schemes_that_are_not_there_are_told_with_what_there_is() {
        assert!(complaint("localhost:6379").contains("begin with one, like redis://127.0.0.1:6379 or memory://"));
        let unknown = complaint("shlef://host");
        assert!(unknown.starts_with("\"shlef\" is not a scheme that is known: there are memory, "), "{unknown}");
        assert!(unknown.contains("shelf, echo") && !unknown.contains("paper"), "{unknown}");
        assert_eq!(complaint("paper://host"), "paper:// is not built in: enable the feature `paper`");
    }

    #[test]
    fn a_scheme_can_be_added_and_exchanged() {
        assert!(complaint("added://").contains("is not a scheme"));
        assert!(register_scheme(Scheme::new("added", |_| Ok(memory()))).is_none());
        SCHEMES.connect_lazy("added://").unwrap();
        let before = register_scheme(Scheme::missing("added", "it is gone"));
        assert_eq!(before.map(|scheme| scheme.name()), Some("added"));
        assert_eq!(complaint("added://"), "added:// is not built in: it is gone");
    }

    #[test]
    fn passwords_are_not_printed() {
        for url in [
            "s3cret",
            "me:s3cret@host",
            "me:s3cret://host",
            "nobody://me:s3cret@host",
            "shelf://me:s3cret#@host",
            "shelf://me:a?s3cret@host",
            "shelf://me:s3cret@host?jitter=2",
            "memory://me:s3cret@host",
            "paper://me:s3cret@host",
        ] {
            assert!(!complaint(url).contains("s3cret"), "{url}: {}", complaint(url));
        }
    }
}
