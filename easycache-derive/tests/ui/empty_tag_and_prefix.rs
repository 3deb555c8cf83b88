use easycache::ecached;

#[ecached("user:{id}", prefix = "", tags = ["users", ""])]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
