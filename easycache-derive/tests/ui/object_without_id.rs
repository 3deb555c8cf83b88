use easycache::CachedObject;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("shop:{number}")]
struct Shop {
    number: u64,
}

#[derive(Clone, Serialize, Deserialize, CachedObject)]
struct Pair(u64, u64);

#[derive(Clone, Serialize, Deserialize, CachedObject)]
enum Kind {
    Small,
}

fn main() {}
