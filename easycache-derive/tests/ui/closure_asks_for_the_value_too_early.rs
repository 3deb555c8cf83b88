use easycache::ecached;

#[ecached("user:{id}", tags = |value| [format!("user:{value}")])]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
