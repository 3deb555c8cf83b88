use easycache::ecached;

#[ecached("user:{id}")]
extern "C" fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
