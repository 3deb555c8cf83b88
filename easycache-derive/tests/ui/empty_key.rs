use easycache::ecached;

#[ecached("")]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
