use std::{error, fmt, sync::Arc};

use easycache::{Cache, Error, ErrorKind, Scope, ecached, ecached_defaults, ecached_property, invalidates, scope};
use easycache_testkit::{FailingBackend, MemoryBackend, Side};

use crate::support::{self, Calls};

const ALIAS: &str = "on-error";

type Backend = Arc<FailingBackend<MemoryBackend>>;

/// A cache whose backend can be switched off, for one test.
fn place() -> (Backend, Cache, Scope) {
    let backend = Arc::new(FailingBackend::new(MemoryBackend::new()));
    let cache = Cache::builder().backend(Arc::clone(&backend)).build().unwrap();
    (backend, cache.clone(), scope(ALIAS, cache))
}

/// An application's own error.
#[derive(Debug)]
enum Failure {
    Cache(ErrorKind),
    Refused,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cache(error.kind())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed")
    }
}

impl error::Error for Failure {}

#[test]
fn compute_runs_the_body_when_the_backend_is_in_trouble_and_is_the_default() {
    static CALLS: Calls = Calls::new();

    #[ecached("on-error-default:{id}", alias = "on-error")]
    fn plain(id: u32) -> u32 {
        id + CALLS.count()
    }
    #[ecached("on-error-compute:{id}", alias = "on-error", on_error = "compute")]
    fn compute(id: u32) -> u32 {
        id + CALLS.count()
    }
    let (backend, _, scope) = place();
    scope.run(|| {
        backend.fail(Side::Before);
        assert_eq!((plain(0), plain(0)), (1, 2));
        assert_eq!((compute(0), compute(0)), (3, 4));
    });
}

#[test]
fn fail_returns_the_error_and_runs_nothing() {
    static CALLS: Calls = Calls::new();

    #[ecached("on-error-sync:{id}", alias = "on-error", on_error = "fail")]
    fn load(id: u32) -> Result<u32, Error> {
        Ok(id + CALLS.count())
    }
    let (backend, _, scope) = place();
    scope.run(|| {
        assert_eq!(load(0).unwrap(), 1);
        backend.fail(Side::Before);
        assert_eq!(load(0).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(load::refresh(0).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(CALLS.so_far(), 1, "the body has not run");
        backend.heal();
        assert_eq!(load(0).unwrap(), 1, "from the cache");
    });
}

#[tokio::test]
async fn an_async_function_fails_with_an_error_of_its_own() {
    static CALLS: Calls = Calls::new();
    type Checked<T> = Result<T, Failure>;

    #[ecached("on-error-async:{id}", alias = "on-error", on_error = "fail")]
    async fn load(id: u32) -> Checked<u32> {
        CALLS.count();
        if id == 0 { Err(Failure::Refused) } else { Ok(id) }
    }
    let (backend, _, scope) = place();
    scope
        .run_async(async {
            backend.fail(Side::Before);
            assert!(matches!(load(1).await, Err(Failure::Cache(ErrorKind::Unavailable))));
            assert_eq!(CALLS.so_far(), 0);
            backend.heal();
            assert!(matches!(load(0).await, Err(Failure::Refused)), "its own errors pass through");
            assert_eq!(load(1).await.unwrap(), 1);
        })
        .await;
}

#[test]
fn a_question_mark_takes_the_error_on() {
    #[ecached(alias = "on-error", on_error = "fail")]
    fn load(id: u32) -> Result<u32, Box<dyn error::Error + Send + Sync>> {
        Ok(id)
    }
    let (backend, _, scope) = place();
    scope.run(|| {
        backend.fail(Side::Before);
        let error = load(1).unwrap_err().downcast::<Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
    });
}

struct Shop {
    id: u32,
}

#[ecached_defaults(prefix = "on-error-shop:{self.id}", alias = "on-error", on_error = "fail")]
impl Shop {
    #[ecached_property("count")]
    fn count(&self) -> Result<u32, Failure> {
        Ok(self.id)
    }

    #[ecached("name", on_error = "compute")]
    fn name(&self) -> String {
        format!("shop {}", self.id)
    }

    /// Not one of those that a default of that name is for.
    #[invalidates(prefix = "on-error-shop:{self.id}")]
    fn close(&mut self) {}
}

#[test]
fn a_default_fails_properties_too_and_a_function_overrides_it() {
    let (backend, _, scope) = place();
    scope.run(|| {
        backend.fail(Side::Before);
        let mut shop = Shop { id: 7 };
        assert!(matches!(shop.count(), Err(Failure::Cache(ErrorKind::Unavailable))));
        assert_eq!(shop.name(), "shop 7");
        shop.close();
    });
}

#[test]
fn in_process_there_is_nothing_to_fail() {
    #[ecached("on-error-here:{id}", cache = cache, on_error = "fail")]
    fn load(cache: &Cache, id: u32) -> Result<u32, Error> {
        Ok(id)
    }
    let cache = support::cache();
    assert_eq!(load(&cache, 1).unwrap(), 1);
    assert_eq!(load(&cache, 1).unwrap(), 1);
    assert_eq!(cache.stats().hits, 1);
}

#[test]
fn a_local_function_on_a_backend_fails_too() {
    #[ecached("on-error-local", alias = "on-error", local, on_error = "fail")]
    fn load() -> Result<u32, Error> {
        Ok(1)
    }
    let (_backend, _, scope) = place();
    let error = scope.run(load).unwrap_err();
    assert!(error.to_string().contains("the function says `local`"), "{error}");
}

#[ecached("on-error-page:{page}", alias = "on-error")]
fn page(page: u32) -> u32 {
    static CALLS: Calls = Calls::new();
    page + CALLS.count()
}

#[test]
fn a_mutator_succeeds_though_its_invalidation_has_to_be_repeated() {
    #[invalidates(key = "on-error-page:{page}", alias = "on-error", on_error = "compute")]
    fn change(page: u32) -> Result<u32, String> {
        Ok(page)
    }
    let (backend, cache, scope) = place();
    scope.run(|| {
        let first = page(100);
        backend.fail(Side::Before);
        assert_eq!(change(100), Ok(100));
        backend.heal();
        assert_ne!(page(100), first, "this process knows of it");
        while cache.stats().unconfirmed > 0 {
            std::thread::yield_now();
        }
    });
}

#[test]
fn a_mutator_that_fails_says_that_others_have_not_heard_of_the_change() {
    static CALLS: Calls = Calls::new();

    #[invalidates(key = "on-error-page:{page}", alias = "on-error", on_error = "fail")]
    fn change(page: u32) -> Result<u32, Failure> {
        CALLS.count();
        if page == 0 { Err(Failure::Refused) } else { Ok(page) }
    }
    let (backend, _, scope) = place();
    scope.run(|| {
        let first = page(200);
        assert_eq!(change(200).unwrap(), 200);
        let second = page(200);
        assert_ne!(second, first);
        backend.fail(Side::Before);
        assert!(matches!(change(200), Err(Failure::Cache(ErrorKind::Unavailable))));
        assert_eq!(CALLS.so_far(), 2, "the change itself was made");
        assert_ne!(page(200), second, "this process knows of it");
        assert!(matches!(change(0), Err(Failure::Refused)), "nothing was changed, and nothing invalidated");
    });
}

#[tokio::test]
async fn an_async_mutator_fails_with_what_it_borrows_in_its_result() {
    struct Named(String);

    impl Named {
        #[invalidates(key = "on-error-page:{page}", alias = "on-error", on_error = "fail")]
        async fn rename(&mut self, page: u32) -> Result<&str, Failure> {
            self.0 = format!("page {page}");
            Ok(&self.0)
        }
    }
    let (backend, _, scope) = place();
    scope
        .run_async(async {
            let mut named = Named(String::new());
            assert_eq!(named.rename(1).await.unwrap(), "page 1");
            backend.fail(Side::Before);
            assert!(matches!(named.rename(2).await, Err(Failure::Cache(_))));
            assert_eq!(named.0, "page 2");
        })
        .await;
}
