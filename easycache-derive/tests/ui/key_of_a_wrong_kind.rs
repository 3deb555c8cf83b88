use easycache::ecached;

#[ecached(5)]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached(format!("team:{id}"))]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
