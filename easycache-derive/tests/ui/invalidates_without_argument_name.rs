use easycache::invalidates;

#[invalidates("user:{id}")]
fn remove_user(id: u64) -> u64 {
    id
}

fn main() {}
