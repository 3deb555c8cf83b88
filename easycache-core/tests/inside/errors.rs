//! Errors that are kept, on caches of each kind.

use easycache_core::{
    Cache, Policy,
    private::{Fallible, Found, Keep, Mode, Names, Shape, Site, compute, find, outcome, portable_with_errors},
};
use serde::{Deserialize, Serialize};

use crate::pairs;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failure(u32);

/// As it may be in the next version of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Other(u32);

static SITE: Site = Site::new("tests::failing");

/// Calls a function that keeps the errors which are not zero.
async fn call<E>(cache: &Cache, returns: Result<u32, E>) -> Result<u32, E>
where
    E: Clone + Send + Sync + Serialize + serde::de::DeserializeOwned + PartialEq<E> + Numbered + 'static,
{
    let names = |names: &mut Names| {
        names.key(|text| text.literal("key"));
        names.tags(["tag"]);
    };
    let fallible: Fallible<u32, E> = outcome!(Result<u32, E>);
    let shape: Shape<_> = portable_with_errors(fallible);
    match find(&SITE, Mode::Read, Some(cache), &shape, |_| {}, names) {
        Found::Hit(hit) => hit,
        Found::Miss(miss) => {
            let keep = |stored: &Result<u32, E>, keep: &mut Keep| {
                if let Err(error) = stored {
                    keep.error(5_u64, error.number() != 0);
                }
            };
            compute(miss, shape, async move { returns }, keep).await
        }
    }
}

trait Numbered {
    fn number(&self) -> u32;
}

impl Numbered for Failure {
    fn number(&self) -> u32 {
        self.0
    }
}

impl Numbered for Other {
    fn number(&self) -> u32 {
        self.0
    }
}

#[tokio::test]
async fn an_error_is_served_and_invalidated_like_a_value_in_every_process() {
    for (kind, [one, other]) in pairs() {
        assert_eq!(call(&one, Err(Failure(1))).await, Err(Failure(1)));
        assert_eq!(call(&other, Ok(2)).await, Err(Failure(1)), "{kind}");
        assert_eq!(one.get::<u32>("key").await.unwrap(), None, "{kind}: it is no value");
        other.invalidate_tags(["tag"]).await.unwrap();
        assert_eq!(call::<Failure>(&one, Ok(2)).await, Ok(2), "{kind}");
        assert_eq!(call(&other, Err(Failure(3))).await, Ok(2), "{kind}");
        assert_eq!(other.get::<u32>("key").await.unwrap(), Some(2), "{kind}: a value is what it ever is");
    }
}

#[tokio::test]
async fn an_error_that_is_not_to_be_kept_is_its_callers_alone() {
    for (kind, [one, other]) in pairs() {
        assert_eq!(call(&one, Err(Failure(0))).await, Err(Failure(0)), "{kind}");
        assert_eq!(call::<Failure>(&other, Ok(1)).await, Ok(1), "{kind}");
    }
}

#[tokio::test]
async fn an_error_of_another_type_is_a_miss() {
    for (kind, [one, other]) in pairs() {
        assert_eq!(call(&one, Err(Failure(1))).await, Err(Failure(1)), "{kind}");
        assert_eq!(call(&other, Err(Other(2))).await, Err(Other(2)), "{kind}");
        assert_eq!(other.get_with::<u32>("key", Policy::new().tags(["tag"])).await.unwrap(), None, "{kind}");
    }
}
