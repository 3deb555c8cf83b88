use easycache::CacheKey;

#[derive(CacheKey)]
struct Shop {
    id: u32,
    #[cache_key(ignore)]
    pool: u64,
}

#[derive(CacheKey)]
#[cache_key(skip)]
struct Market {
    id: u32,
}

fn main() {}
