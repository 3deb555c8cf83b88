#![deny(warnings)]
#![expect(dead_code, non_camel_case_types, reason = "the names are there to be in the way")]

use easycache::{CacheKey, CachedObject, ecached, ecached_defaults, invalidates};

mod std {}
mod core {}
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct String;
struct Vec;
struct Box;
struct Clone;
struct Send;
struct u64;
struct bool;
struct str;
type Result<T> = ::std::result::Result<T, ::std::fmt::Error>;

#[ecached("load:{id}", prefix = "p:{id}", tags = ["t:{id}"], ttl = "1m", cache_if = |value| *value > 0)]
async fn load(id: u32) -> Result<u32> {
    Result::Ok(id)
}

#[ecached(cache_none = false, ttl = |id| *id)]
fn find(id: u32) -> ::std::option::Option<u32> {
    if id > 0 { ::std::option::Option::Some(id) } else { ::std::option::Option::None }
}

#[derive(CacheKey)]
struct Shop {
    id: u32,
}

#[derive(CachedObject)]
#[cached_object(on_error = "fail", cache_none = "5s", stale_if_error = "1m", local)]
struct Owner {
    id: u32,
}

impl ::std::clone::Clone for Owner {
    fn clone(&self) -> Self {
        Self { id: self.id }
    }
}

#[ecached_defaults(ttl = 60)]
impl Shop {
    #[ecached]
    fn all(&self) -> u32 {
        self.id
    }

    #[invalidates(key = "shop:{self.id}")]
    async fn change(&mut self) -> Result<()> {
        self.id += 1;
        Result::Ok(())
    }
}

#[::core::prelude::v1::test]
fn where_names_are_shadowed_it_compiles() {
    drop(load(1));
    drop(load::invalidate_by_key(1));
    find(2);
    let mut shop = Shop { id: 3 };
    shop.all();
    drop(shop.change());
    Owner::blocking().cache_set(&Owner { id: 1 }).unwrap();
}
