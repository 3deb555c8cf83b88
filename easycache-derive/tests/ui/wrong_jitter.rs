use easycache::ecached;

#[ecached("user:{id}", ttl = "10m", jitter = 10)]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", ttl = "10m", jitter = "10%")]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
