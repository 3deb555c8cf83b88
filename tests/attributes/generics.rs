use std::fmt::{Debug, Display};

use easycache::{CacheKey, ecached};

#[test]
fn type_and_const_parameters_can_be_mentioned() {
    #[ecached("generics-named:{T}:{N}:{x}")]
    fn load<T: Default + Debug, const N: usize>(x: u32) -> String {
        format!("{:?}{N}{x}", T::default())
    }
    assert_eq!(load::<u32, 4>(1), "041");
    assert_eq!(load::<bool, 4>(1), "false41");
    assert_eq!(load::<bool, 5>(1), "false51");
    load::invalidate_by_key::<bool, 5>(1).unwrap();
    assert_eq!(load::entry::<u32, 4>(1).key(), "generics-named:u32:4:1");
}

#[test]
fn type_parameters_are_part_of_an_automatic_key() {
    #[ecached]
    fn load<T: Default + Debug>(_x: u32) -> String {
        format!("{:?}", T::default())
    }
    assert_eq!(load::<u32>(1), "0");
    assert_eq!(load::<bool>(1), "false");
}

#[tokio::test]
async fn an_invalidator_has_only_the_generics_it_needs() {
    #[ecached("generics-few:{id}", tags = ["generics-few:{name}"])]
    async fn load<'a, T, U>(id: T, name: &'a str, extra: U) -> String
    where
        T: Display + Clone + Send,
        U: Debug + Send,
    {
        format!("{id}{name}{extra:?}")
    }
    assert_eq!(load(1, "x", Some(1)).await, "1xSome(1)");
    load::invalidate_by_key(1).await.unwrap();
    load::invalidate_by_tags("x").await.unwrap();
    assert_eq!(load::refresh(1, "x", ()).await, "1x()");
}

#[tokio::test]
async fn impl_trait_arguments_work() {
    #[ecached("generics-impl:{x}")]
    async fn load(x: impl Display + Send, y: impl Into<String> + Send) -> String {
        format!("{x}{}", y.into())
    }
    #[ecached]
    fn automatic(x: impl CacheKey + Debug) -> String {
        format!("{x:?}")
    }
    assert_eq!(load(1, "a").await, "1a");
    assert_eq!(load("1", "b").await, "1a", "one template, one key");
    load::invalidate_by_key(1).await.unwrap();
    assert_eq!(automatic(1_u8), "1");
    assert_eq!(automatic("1"), "\"1\"");
}

struct Repository<T>(T);

impl<T: Display + CacheKey> Repository<T> {
    #[ecached("generics-repository:{self.0}:{id}")]
    fn find(&self, id: u32) -> u32 {
        id
    }
}

#[test]
fn methods_of_generic_types_work() {
    let repository = Repository("a");
    assert_eq!(repository.find(1), 1);
    repository.find_invalidate_by_key(1).unwrap();
    assert_eq!(repository.find_entry(1).key(), "generics-repository:a:1");
}
