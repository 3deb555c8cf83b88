use easycache::CachedObject;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("shop/{id}/", timeout = "2s", tll = "1h", ttl = |id| *id, tags = |id| [id], cache_if = |id| *id > 1)]
struct Shop {
    id: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object([id], alias = "a", cache = &self.cache)]
struct Goods {
    #[cached_object(key)]
    id: u64,
}

fn main() {}
