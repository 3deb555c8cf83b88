use easycache::ecached_defaults;

#[ecached_defaults(ttl = "1h")]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
