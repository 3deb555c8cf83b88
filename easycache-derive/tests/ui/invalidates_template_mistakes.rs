use easycache::invalidates;

#[invalidates(key = "a|b|user:{id}", prefix = "tenant:{tenant}/", tags = ["team:{team}"])]
fn remove_user(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

fn main() {}
