use easycache::ecached;

#[ecached("user:{id}", ttl = -5)]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
