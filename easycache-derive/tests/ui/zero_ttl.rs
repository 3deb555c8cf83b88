use easycache::ecached;

#[ecached("user:{id}", ttl = 0)]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", ttl = "0s")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
