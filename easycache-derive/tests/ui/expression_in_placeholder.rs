use easycache::ecached;

#[ecached("user:{id + 1}")]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
