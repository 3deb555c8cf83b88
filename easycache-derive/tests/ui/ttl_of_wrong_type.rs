use easycache::ecached;

const LIFE: [u8; 2] = [1, 2];

#[ecached("user:{id}", ttl = LIFE)]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", ttl = 1.5)]
fn load_team(id: u64) -> u64 {
    id
}

#[ecached("shop:{id}", ttl = |id| Some(id))]
fn load_shop(id: u64) -> u64 {
    id
}

fn main() {}
