use easycache::ecached;

#[ecached("user:{id}")]
unsafe fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
