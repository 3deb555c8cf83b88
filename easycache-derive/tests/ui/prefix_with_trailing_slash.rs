use easycache::ecached;

#[ecached("user:{id}", prefix = "tenant:{tenant}/")]
fn load_user(tenant: u32, id: u64) -> u64 {
    id + u64::from(tenant)
}

fn main() {}
