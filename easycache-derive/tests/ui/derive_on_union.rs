use easycache::CacheKey;

#[derive(CacheKey)]
union Number {
    whole: u64,
    real: f64,
}

fn main() {}
