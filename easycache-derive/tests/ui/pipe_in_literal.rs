use easycache::ecached;

#[ecached("tenant:{tenant}|user:{id}")]
fn load_user(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

#[ecached("team:{id}", tags = ["a|b"])]
fn load_team(id: u64) -> u64 {
    id
}

fn main() {}
