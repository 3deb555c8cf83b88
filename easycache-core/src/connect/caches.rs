//! Several caches, by name.

use std::{
    collections::{BTreeMap, btree_map},
    env,
    ffi::OsString,
    fmt,
};

use serde::{Deserialize, Deserializer};

use super::{When, given::Given, table::CacheConfig};
use crate::{
    cache::Cache,
    connect::{Schemes, env as variables},
    error::Result,
    registry::{DEFAULT, register},
};

/// Which caches there are to be, by name: from a file, from variables of the environment, or both. They are connected to by
/// [`Schemes::connect_all`].
#[derive(Clone, Default)]
pub struct CachesConfig {
    caches: BTreeMap<String, Named>,
}

/// What is said of a cache, and where.
#[derive(Clone)]
struct Named {
    /// What errors begin with.
    origin: String,
    config: CacheConfig,
}

impl CachesConfig {
    /// With those that variables of the environment name, in the place of those that are there by the same name.
    pub fn with_env(self) -> Result<Self> {
        self.with_vars(env::vars_os())
    }

    /// The same with these variables.
    pub fn with_vars<N: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        for variables::Variable { name, alias, url } in variables::read(variables)? {
            self.caches.insert(alias, Named { origin: name, config: CacheConfig::Url(url) });
        }
        Ok(self)
    }

    /// Everything that is wrong is found before anything is connected.
    pub(super) async fn open(&self, schemes: &Schemes, when: When) -> Result<Caches> {
        let plan =
            |named: &Named| named.config.read(|url| schemes.plan(url)).map_err(|error| error.about(&named.origin));
        let plans = self.caches.values().map(plan).collect::<Result<Vec<_>>>()?;
        let mut caches = BTreeMap::new();
        for ((alias, named), plan) in self.caches.iter().zip(plans) {
            let cache = plan.open(when).await.map_err(|error| error.about(&named.origin))?;
            caches.insert(alias.clone(), cache);
        }
        Ok(Caches { caches })
    }
}

impl<'de> Deserialize<'de> for CachesConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(Given::deserialize(deserializer)?))
    }
}

impl From<Given> for CachesConfig {
    fn from(given: Given) -> Self {
        let mut config = Self::default();
        let Given::Table(table) = given else {
            if !matches!(given, Given::Nothing) {
                let wrong = "caches are given by name, in a table: write default = \"redis://127.0.0.1:6379\"";
                config.add(DEFAULT.to_owned(), CacheConfig::Wrong(wrong.into()));
            }
            return config;
        };
        for (alias, given) in table {
            config.add(alias, given.into());
        }
        config
    }
}

impl CachesConfig {
    /// One of a file.
    fn add(&mut self, alias: String, config: CacheConfig) {
        let wrong = match alias.as_str() {
            "" => Some("its name is empty: the one that functions use which name none is default"),
            "url" => Some("names of caches stand here: write default = { url = \"redis://127.0.0.1:6379\" }"),
            _ if self.caches.contains_key(&alias) => Some("it is there twice: keep one"),
            _ => None,
        };
        let config = wrong.map_or(config, |wrong| CacheConfig::Wrong(wrong.into()));
        let origin = format!("the cache {alias:?}");
        self.caches.insert(alias, Named { origin, config });
    }
}

impl fmt::Debug for CachesConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let caches = self.caches.iter().map(|(alias, named)| (alias, &named.config));
        f.debug_map().entries(caches).finish()
    }
}

/// Caches by name, connected and not registered yet.
#[derive(Clone, Debug, Default)]
#[must_use = "functions use them when they are registered"]
pub struct Caches {
    caches: BTreeMap<String, Cache>,
}

impl Caches {
    /// [Registers](register()) all of them. Returns their names, sorted.
    #[expect(clippy::must_use_candidate, reason = "it has done what it is called for")]
    pub fn register(self) -> Vec<String> {
        let register = |(alias, cache): (String, _)| {
            register(alias.clone(), cache);
            alias
        };
        self.caches.into_iter().map(register).collect()
    }

    /// The one of that name.
    #[must_use]
    pub fn get(&self, alias: &str) -> Option<&Cache> {
        self.caches.get(alias)
    }
}

/// In the order of their names.
impl IntoIterator for Caches {
    type Item = (String, Cache);
    type IntoIter = btree_map::IntoIter<String, Cache>;

    fn into_iter(self) -> Self::IntoIter {
        self.caches.into_iter()
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;
    use crate::{
        backend::Backend,
        connect::Scheme,
        error::{Error, ErrorKind},
        registry::{aliases, cache},
        store::{MemoryStore, Stamped},
    };

    static OPENED: AtomicU32 = AtomicU32::new(0);

    fn shelf() -> Arc<dyn Backend> {
        Arc::new(Stamped::new(MemoryStore::new()))
    }

    static SCHEMES: Schemes = Schemes::new(&[
        Scheme::new("shelf", |_| Ok(shelf())).options(&["epoch"]),
        Scheme::new("counted", |_| {
            OPENED.fetch_add(1, Ordering::SeqCst);
            Ok(shelf())
        }),
        Scheme::new("down", |_| Err(Error::new(ErrorKind::Unavailable, "nobody listens there"))),
    ]);

    fn of<const N: usize>(variables: [(&str, &str); N]) -> Result<CachesConfig> {
        CachesConfig::default().with_vars(variables)
    }

    /// However they are connected, the same is said.
    fn complaint(config: &CachesConfig) -> String {
        let all = [
            SCHEMES.connect_all_lazy(config),
            SCHEMES.connect_all_blocking(config),
            pollster::block_on(SCHEMES.connect_all(config)),
        ];
        let [lazy, blocking, now] = all.map(|caches| caches.expect_err("something is wrong").to_string());
        assert_eq!((&lazy, &blocking), (&now, &now));
        now
    }

    fn table(fields: &[(&str, &str)]) -> Given {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), Given::Text((*value).to_owned()));
        Given::Table(fields.iter().map(text).collect())
    }

    #[test]
    fn every_variable_is_a_cache_of_its_own_and_is_registered_under_its_name() {
        let config = of([
            ("EASYCACHE_URL_CAVES_ONE", "shelf://?namespace=one"),
            ("EASYCACHE_URL_CAVES__TWO", "memory://?namespace=two"),
        ])
        .unwrap();
        let caches = SCHEMES.connect_all_blocking(&config).unwrap();
        assert_eq!(caches.get("caves_one").unwrap().namespace(), "one");
        assert!(cache("caves_one").is_none(), "it is connected, and no more");
        assert_eq!(caches.register(), ["caves-two", "caves_one"]);
        assert_eq!(cache("caves-two").unwrap().namespace(), "two");
        let nothing = SCHEMES.connect_all_blocking(&of([]).unwrap()).unwrap();
        assert_eq!(nothing.register(), [""; 0]);
    }

    #[test]
    fn if_one_is_wrong_nothing_is_connected_and_the_error_names_it() {
        let config = of([
            ("EASYCACHE_URL", "counted://"),
            ("EASYCACHE_URL_ALL_OR_NOTHING", "memory://"),
            ("EASYCACHE_URL_WRONG", "shelf://me:s3cret@host?ttl=5m"),
        ]);
        let config = config.unwrap();
        assert_eq!(
            complaint(&config),
            "EASYCACHE_URL_WRONG: there is no option \"ttl\" for shelf:// (did you mean default_ttl?): there are \
             namespace, default_ttl, jitter, coalesce_wait, deadline, codec, compression, near, freshness, epoch"
        );
        assert_eq!(OPENED.load(Ordering::SeqCst), 0);
        assert!(!aliases().contains(&"all_or_nothing".to_owned()));
        let config = config.with_vars([("EASYCACHE_URL_WRONG", "down://")]).unwrap();
        assert_eq!(complaint(&config), "EASYCACHE_URL_WRONG: nobody listens there");
        assert_eq!(SCHEMES.connect_all_lazy(&config).unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(!aliases().contains(&"all_or_nothing".to_owned()));
    }

    #[test]
    fn a_variable_takes_the_place_of_all_that_a_file_says_of_a_cache() {
        let one = table(&[("url", "shelf://"), ("namespace", "one")]);
        let two = table(&[("url", "shelf://"), ("namespace", "two"), ("near", "9")]);
        let file = CachesConfig::from(Given::Table(vec![("one".to_owned(), one), ("two".to_owned(), two)]));
        let config = file.with_vars([("EASYCACHE_URL_TWO", "memory://"), ("EASYCACHE_URL_THREE", "shelf://")]).unwrap();
        let caches = SCHEMES.connect_all_lazy(&config).unwrap();
        let names = caches.into_iter().map(|(alias, cache)| (alias, cache.namespace().to_owned())).collect::<Vec<_>>();
        let expected = [("one", "one"), ("three", ""), ("two", "")];
        assert_eq!(names, expected.map(|(alias, namespace)| (alias.to_owned(), namespace.to_owned())));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_the_name_of_the_cache() {
        let text = |text: &str| Given::Text(text.to_owned());
        for (alias, given, words) in [
            (
                "one",
                table(&[("url", "shelf://me:s3cret@h"), ("nspace", "x")]),
                "the cache \"one\": there is no option \"nspace\" for shelf://: there are url, user, password, namespace, ",
            ),
            (
                "one",
                table(&[("url", "shelf://h"), ("username", "s3cret")]),
                "the cache \"one\": there is no option \"username\" for shelf:// (did you mean user?): there are ",
            ),
            ("one", text("memory://h"), "the cache \"one\": memory:// is in this process, and has no host, "),
            (
                "one",
                table(&[("url", "memory://"), ("password", "s3cret")]),
                "the cache \"one\": memory:// is in this process, and has no host, user or password: write memory://?max",
            ),
            (
                "one",
                table(&[("url", "shelf://?near=1"), ("near", "2")]),
                "the cache \"one\": the option near is given twice: keep one",
            ),
            ("", text("memory://"), "the cache \"\": its name is empty: "),
            (
                "url",
                text("shelf://:s3cret@h"),
                "the cache \"url\": names of caches stand here: write default = { url = ",
            ),
        ] {
            let config = CachesConfig::from(Given::Table(vec![(alias.to_owned(), given)]));
            let complaint = complaint(&config);
            assert!(complaint.starts_with(words) && !complaint.contains("s3cret"), "{complaint}");
            assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
        }
        let twice = vec![("one".to_owned(), text("memory://")), ("one".to_owned(), text("memory://"))];
        assert_eq!(complaint(&Given::Table(twice).into()), "the cache \"one\": it is there twice: keep one");
        let url = complaint(&text("redis://:s3cret@h").into());
        assert!(url.starts_with("the cache \"default\": caches are given by name, in a table: "), "{url}");
        assert_eq!(SCHEMES.connect_all_lazy(&Given::Nothing.into()).unwrap().into_iter().count(), 0);
    }
}
