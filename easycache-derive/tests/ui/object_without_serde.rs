use easycache::CachedObject;

#[derive(Clone, CachedObject)]
#[cached_object("shop:{id}")]
struct Shop {
    id: u64,
}

fn main() {}
