use easycache::CachedObject;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("shop:{self.id}", prefix = "tenant:{tenant}", tags = ["team:{naem}"])]
struct Shop {
    id: u64,
    tenant: u32,
    name: String,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("goods:{id}")]
struct Goods {
    #[cached_object(id)]
    shop: u64,
    #[cached_object(id)]
    id: u64,
}

fn main() {}
