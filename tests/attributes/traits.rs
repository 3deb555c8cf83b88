use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use easycache::{CacheKey, ecached, ecached_defaults, invalidates};

use crate::support::Calls;

static CALLS: Calls = Calls::new();

#[async_trait]
trait Load {
    async fn get(&self, id: &str) -> Result<usize, std::num::ParseIntError>;
    async fn other(&self, id: u32) -> u32;
    async fn change(&mut self, id: u32) -> Result<u32, String>;
}

#[derive(CacheKey)]
struct Repository {
    id: u32,
}

#[ecached_defaults(ttl = "1h")]
#[async_trait]
impl Load for Repository {
    #[ecached("traits-get:{self.id}:{id}")]
    async fn get(&self, id: &str) -> Result<usize, std::num::ParseIntError> {
        let number: usize = id.parse()?;
        Ok(number + CALLS.count() as usize)
    }

    #[ecached]
    async fn other(&self, id: u32) -> u32 {
        id + self.id + CALLS.count() * 100
    }

    #[invalidates(key = "traits-get:{self.id}:{id}")]
    async fn change(&mut self, id: u32) -> Result<u32, String> {
        if id == 0 { Err(self.id.to_string()) } else { Ok(id) }
    }
}

struct Reversed;

#[async_trait]
#[ecached_defaults(ttl = "1h")]
impl Load for Reversed {
    #[ecached("traits-reversed:{id}")]
    async fn get(&self, id: &str) -> Result<usize, std::num::ParseIntError> {
        id.parse()
    }

    #[ecached("traits-reversed-other:{id}", companions = false)]
    async fn other(&self, id: u32) -> u32 {
        id
    }

    async fn change(&mut self, id: u32) -> Result<u32, String> {
        Ok(id)
    }
}

#[tokio::test]
async fn async_trait_methods_are_cached_in_either_order() {
    let mut repository = Repository { id: 1 };
    let first = repository.get("1").await.unwrap();
    assert_eq!(repository.get("1").await.unwrap(), first);
    repository.get("x").await.unwrap_err();
    assert_eq!(repository.other(1).await, repository.other(1).await);
    repository.change(0).await.unwrap_err();
    assert_eq!(repository.get("1").await.unwrap(), first);
    repository.change(1).await.unwrap();
    assert_ne!(repository.get("1").await.unwrap(), first);
    assert_eq!((Reversed.get("4").await, Reversed.other(4).await), (Ok(4), 4));
    assert_eq!(Reversed.change(4).await, Ok(4));
}

#[tokio::test]
async fn a_function_that_returns_a_boxed_future_is_async() {
    #[ecached("traits-boxed:{id}")]
    fn boxed(id: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { id + CALLS.count() * 100 })
    }
    let first = boxed(1).await;
    assert_eq!(boxed(1).await, first);
    boxed::invalidate_by_key(1).await.unwrap();
    assert_ne!(boxed(1).await, first);
    boxed::refresh(1).await;
}

trait Provided {
    fn number(&self) -> u32;

    #[ecached("traits-provided:{self.number()}")]
    fn provided(&self) -> u32 {
        self.number() + CALLS.count() * 100
    }
}

impl Provided for Repository {
    fn number(&self) -> u32 {
        self.id
    }
}

#[test]
fn a_provided_method_has_provided_companions() {
    let repository = Repository { id: 70 };
    let first = repository.provided();
    assert_eq!(repository.provided(), first);
    repository.provided_invalidate_by_key().unwrap();
    assert_ne!(repository.provided(), first);
}

trait Plain {
    async fn plain(&self, id: u32) -> u32;
}

impl Plain for Repository {
    #[ecached("traits-plain:{self.id}:{id}", companions = false)]
    async fn plain(&self, id: u32) -> u32 {
        id
    }
}

#[tokio::test]
async fn a_plain_async_trait_method_is_cached() {
    assert_eq!(Repository { id: 1 }.plain(3).await, 3);
}

trait First {
    fn name(&self) -> String;
}

trait Second {
    fn name(&self) -> String;
}

impl First for Repository {
    #[ecached(companions = false)]
    fn name(&self) -> String {
        "first".to_owned()
    }
}

impl Second for Repository {
    #[ecached(companions = false)]
    fn name(&self) -> String {
        "second".to_owned()
    }
}

#[test]
fn methods_of_one_name_from_two_traits_do_not_answer_for_each_other() {
    let repository = Repository { id: 77 };
    for _ in 0..2 {
        assert_eq!(First::name(&repository), "first");
        assert_eq!(Second::name(&repository), "second");
    }
}
