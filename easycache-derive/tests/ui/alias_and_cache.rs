use easycache::{Cache, ecached};

#[ecached("user:{id}", alias = "main", cache = cache)]
fn load_user(cache: &Cache, id: u64) -> u64 {
    id
}

fn main() {}
