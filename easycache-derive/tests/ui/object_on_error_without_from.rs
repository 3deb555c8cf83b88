use easycache::CachedObject;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CachedObject)]
#[cached_object("shop:{id}", on_error = "fail")]
struct Shop {
    id: u64,
}

fn main() {
    let _ = Shop::blocking().find_or_load(1, |id| Ok::<_, std::io::Error>(Some(Shop { id })));
}
