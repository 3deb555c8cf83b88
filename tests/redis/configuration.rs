//! Caches from variables of the environment, in processes that have them, and from files.

use easycache::{CachesConfig, ErrorKind, Policy, Result, aliases, ecached};
use easycache_testkit::{Sibling, server::RedisServer};
use serde::Deserialize;

use crate::support::patient;

/// What a process is told to do first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Init {
    Now,
    Lazy,
    Blocking,
}

impl Init {
    const ALL: [Self; 3] = [Self::Now, Self::Lazy, Self::Blocking];

    fn run(self) -> Result<Vec<String>> {
        match self {
            Self::Now => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(easycache::init_from_env())
            }
            Self::Lazy => easycache::init_from_env_lazy(),
            Self::Blocking => easycache::blocking::init_from_env(),
        }
    }

    fn ordered() -> Self {
        let orders = Sibling::orders();
        Self::ALL.into_iter().find(|init| format!("{init:?}") == orders).unwrap()
    }
}

#[ecached("page:{number}", ttl = "1h")]
fn page(number: u32) -> String {
    format!("page {number}")
}

#[ecached("session:{user}", alias = "user-sessions")]
fn session(user: &str) -> String {
    format!("session of {user}")
}

/// Its URL has the password of the server.
fn url(server: &RedisServer, options: &str) -> String {
    format!("{}&{options}", patient(server))
}

/// Not a test: a process that has caches from its environment.
#[test]
#[ignore = "this is a process of other tests"]
fn child() {
    assert_eq!(aliases(), [""; 0], "nothing is read by itself");
    assert_eq!(Init::ordered().run().unwrap(), ["default", "user-sessions"]);
    assert_eq!(aliases(), ["default", "user-sessions"]);
    assert_eq!((page(1), session("Ann")), ("page 1".to_owned(), "session of Ann".to_owned()));
}

/// Not a test: a process that cannot have them.
#[test]
#[ignore = "this is a process of other tests"]
fn child_that_fails() {
    let error = Init::ordered().run().unwrap_err();
    assert_eq!(aliases(), [""; 0], "all or nothing");
    eprintln!("{:?}: {error}; {error:?}", error.kind());
}

#[test]
fn a_process_has_its_caches_from_its_environment() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    for init in Init::ALL {
        let variables = [
            ("EASYCACHE_URL", &*url(&server, &format!("namespace={init:?}&near=10"))),
            ("EASYCACHE_URL_USER__SESSIONS", &*url(&server, &format!("namespace={init:?}-sessions"))),
        ];
        Sibling::start_with("configuration::child", &format!("{init:?}"), variables).join();
        // The same variables, here.
        let caches = CachesConfig::default().with_vars(variables).unwrap().connect_blocking().unwrap();
        for (alias, key) in [("default", "page:1"), ("user-sessions", "session:Ann")] {
            let value = caches.get(alias).unwrap().blocking().get::<String>(key).unwrap();
            assert!(value.is_some(), "{key} by {init:?}");
        }
        assert!(!format!("{caches:?}").contains("s3cret"));
    }
}

#[test]
fn a_process_without_variables_has_its_caches_within() {
    let sibling = Sibling::start("configuration::child_without", "");
    sibling.join();
}

/// Not a test: a process whose environment says nothing.
#[test]
#[ignore = "this is a process of other tests"]
fn child_without() {
    for init in Init::ALL {
        assert_eq!(init.run().unwrap(), [""; 0]);
    }
    assert_eq!(page(1), "page 1");
    assert_eq!(easycache::stats().entries, 1);
}

#[test]
fn if_one_server_does_not_let_us_in_nothing_is_registered_and_the_variable_is_named() {
    let Some(server) = RedisServer::builder().password("s3cret").start() else { return };
    let refused = patient(&server).replace("s3cret", "wr0ng");
    let gone = "redis://:wr0ng@127.0.0.1:1?connect_timeout=20s";
    for (init, other, kind) in [
        (Init::Now, &*refused, ErrorKind::Refused),
        (Init::Blocking, &refused, ErrorKind::Refused),
        (Init::Now, gone, ErrorKind::Unavailable),
        (Init::Blocking, gone, ErrorKind::Unavailable),
        (Init::Lazy, "redis://:wr0ng@127.0.0.1/x", ErrorKind::InvalidConfig),
    ] {
        let variables = [("EASYCACHE_URL", &*url(&server, "")), ("EASYCACHE_URL_WEEKLY_OFFERS", other)];
        let said = Sibling::start_with("configuration::child_that_fails", &format!("{init:?}"), variables).join();
        assert!(said.contains(&format!("{kind:?}: EASYCACHE_URL_WEEKLY_OFFERS: ")), "{said}");
        assert!(!said.contains("wr0ng") && !said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn a_table_of_a_file_is_a_url_with_a_login_and_options() {
    #[derive(Deserialize)]
    struct Settings {
        caches: CachesConfig,
    }
    let Some(server) = RedisServer::builder().password("a/b?c#d@e").start() else { return };
    let file = format!(
        "[caches.default]\nurl = \"redis://{}/3?connect_timeout=20s\"\npassword = \"a/b?c#d@e\"\nnamespace = \"shop\"\n\
         default_ttl = 60\njitter = 0\ndeadline = \"20s\"\nepoch = true",
        server.address()
    );
    let settings: Settings = toml::from_str(&file).unwrap();
    let cache = settings.caches.connect().await.unwrap().get("default").unwrap().clone();
    cache.set("key", 1, Policy::new()).await.unwrap();
    assert_eq!((cache.namespace(), cache.get::<i32>("key").await.unwrap()), ("shop", Some(1)));
    let encoded = format!("redis://:a%2Fb%3Fc%23d%40e@{}/3?connect_timeout=20s&deadline=20s", server.address());
    let same = easycache::connect(&format!("{encoded}&namespace=shop&epoch=on")).await.unwrap();
    assert_eq!(same.get::<i32>("key").await.unwrap(), Some(1));
}
