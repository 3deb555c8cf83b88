use easycache::invalidates;

#[invalidates(key = "user:{id}", ttl = "10m", tag = "users")]
fn remove_user(id: u64) -> u64 {
    id
}

fn main() {}
