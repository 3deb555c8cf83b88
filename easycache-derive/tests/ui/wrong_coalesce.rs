use easycache::ecached;

#[ecached("user:{id}", coalesce = "on")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", coalesce = false)]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
