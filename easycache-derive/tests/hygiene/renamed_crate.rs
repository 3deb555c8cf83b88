#![deny(warnings)]
#![expect(unreachable_pub, reason = "what users write is seen elsewhere, too")]

mod deep {
    pub use easycache as cache;
}

use deep::cache::{CacheKey, CachedObject, cache_key, ecached, ecached_defaults, ecached_property, invalidates};

#[ecached("user:{id}", tags = ["users"], crate = crate::renamed_crate::deep::cache)]
fn load_user(id: u64) -> u64 {
    id
}

#[derive(CacheKey)]
#[cache_key(crate = deep::cache)]
struct Shop {
    id: u32,
}

#[derive(Clone, CachedObject)]
#[cached_object(local, crate = deep::cache)]
struct Owner {
    id: u32,
}

#[ecached_defaults(crate = deep::cache)]
impl Shop {
    #[ecached]
    fn goods(&self) -> u32 {
        self.id
    }

    #[ecached_property("name:{self.id}")]
    fn name(&self) -> u32 {
        self.id
    }

    #[invalidates(tags = "users")]
    fn close(&mut self) {
        self.id = 0;
    }
}

#[test]
fn under_another_name_it_compiles() {
    load_user(1);
    drop(load_user::invalidate_by_tags());
    let mut shop = Shop { id: 1 };
    shop.goods();
    shop.name();
    shop.close();
    Owner::blocking().cache_set(&Owner { id: 1 }).unwrap();
    drop(cache_key!("user:{}", 1, crate = deep::cache));
}
