use easycache::ecached;

#[ecached("user:{id}", cache_if = true, ttl_from = "10m", tags_from = ["users"])]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
