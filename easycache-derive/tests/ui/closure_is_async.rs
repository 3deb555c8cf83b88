use easycache::ecached;

#[ecached("user:{id}", tags = async |id| [format!("user:{id}")])]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {}
