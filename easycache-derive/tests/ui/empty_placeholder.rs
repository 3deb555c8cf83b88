use easycache::ecached;

#[ecached("user:{}")]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
