use easycache::ecached;

#[ecached("user:{id}", cache_none = true)]
fn find_user(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {}
