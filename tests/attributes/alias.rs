use easycache::{Cache, cache, ecached, invalidates, register, scope};

use crate::support::{self, Calls};

static CALLS: Calls = Calls::new();

#[ecached("alias:{id}", alias = "alias-other")]
fn aliased(id: u32) -> u32 {
    id + CALLS.count() * 100
}

#[test]
fn an_alias_names_a_registered_cache() {
    let own = support::cache();
    scope("alias-other", own.clone()).run(|| {
        let first = aliased(1);
        assert_eq!(aliased(1), first);
        easycache::blocking::invalidate_key("alias:1").unwrap();
        assert_eq!(aliased(1), first, "that was the default cache");
        own.blocking().invalidate_key("alias:1").unwrap();
        assert_ne!(aliased(1), first);
    });
}

#[test]
fn companions_and_mutators_go_to_the_cache_of_that_alias() {
    #[invalidates(key = "alias:2", alias = "alias-other")]
    fn change() {}

    scope("alias-other", support::cache()).run(|| {
        let first = aliased(2);
        aliased::invalidate_by_key(2).unwrap();
        let second = aliased(2);
        assert_ne!(second, first);
        change();
        assert_ne!(aliased(2), second);
    });
}

#[test]
fn a_function_moves_to_the_cache_that_is_registered_last() {
    #[ecached("alias-moved:{id}", alias = "alias-moved")]
    fn moved(id: u32) -> u32 {
        id + CALLS.count() * 100
    }
    let (old, new) = (support::cache(), support::cache());
    register("alias-moved", old.clone());
    let first = moved(1);
    let before = register("alias-moved", new.clone()).unwrap();
    assert_eq!(before.blocking().get("alias-moved:1").unwrap(), Some(first), "the old cache has it still");
    assert_ne!(moved(1), first);
    assert_eq!(new.blocking().get::<u32>("alias-moved:1").unwrap(), Some(moved(1)));
    assert_eq!(cache("alias-moved").unwrap().stats(), new.stats(), "it is found again");
}

#[test]
#[should_panic(
    expected = "`attributes::alias::lost` is cached in \"alias-nobody\", but no cache is registered under that name"
)]
fn an_unknown_alias_panics_at_the_first_use_and_names_function_and_alias() {
    #[ecached(alias = "alias-nobody")]
    fn lost() -> u32 {
        1
    }
    lost();
}

struct Shop {
    id: u32,
    cache: Cache,
}

impl Shop {
    #[ecached("alias-goods:{self.id}", cache = &self.cache)]
    fn goods(&self) -> u32 {
        CALLS.count()
    }
}

#[test]
fn an_expression_gives_each_its_own_cache() {
    let (one, two) = (Shop { id: 1, cache: support::cache() }, Shop { id: 1, cache: support::cache() });
    let first = one.goods();
    assert_ne!(two.goods(), first, "another cache, though the key is the same");
    assert_eq!(one.goods(), first);
    one.goods_invalidate_by_key().unwrap();
    assert_ne!(one.goods(), first);
    assert_eq!(one.cache.stats().entries, 1);
}
