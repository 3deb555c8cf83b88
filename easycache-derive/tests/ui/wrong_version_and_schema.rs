use easycache::ecached;

#[ecached("user:{id}", version = "2")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", schema = 1)]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
