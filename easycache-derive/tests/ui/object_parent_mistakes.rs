use easycache::CachedObject;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("shop:{id}")]
struct Shop {
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop_id)]
struct Unmarked {
    shop_id: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop)]
struct Whose {
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", prefix = "shop:{shop_id}", parent = Shop, parent_id = shop_id)]
struct Twice {
    #[cached_object(id)]
    shop_id: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop_id)]
struct OfAnotherType {
    #[cached_object(id)]
    shop_id: u32,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop_id, alias = "goods")]
struct Elsewhere {
    #[cached_object(id)]
    shop_id: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}", parent = Shop, parent_id = shop_id, cache = easycache::Cache::default())]
struct InAnother {
    #[cached_object(id)]
    shop_id: u64,
    #[cached_object(id)]
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("comment:{id}", parent = P, parent_id = of)]
struct Comment<P: CachedObject<Id = u64>> {
    #[cached_object(id)]
    of: u64,
    #[cached_object(id)]
    id: u64,
    on: P,
}

fn main() {}
