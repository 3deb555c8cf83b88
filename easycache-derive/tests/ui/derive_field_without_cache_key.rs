use easycache::CacheKey;

struct Pool;

#[derive(CacheKey)]
struct Shop {
    id: u32,
    pool: Pool,
}

fn main() {}
