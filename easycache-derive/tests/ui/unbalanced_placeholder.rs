use easycache::ecached;

#[ecached("user:{id")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:id}")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
