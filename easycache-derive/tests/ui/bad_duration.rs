use easycache::ecached;

#[ecached("user:{id}", ttl = "10 bananas")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", ttl = "600")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
