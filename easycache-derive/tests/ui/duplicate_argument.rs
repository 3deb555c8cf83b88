use easycache::ecached;

#[ecached("user:{id}", ttl = "10m", ttl = "5m")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", key = "group:{id}")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {
    load_user(1);
    load_team(1);
}
