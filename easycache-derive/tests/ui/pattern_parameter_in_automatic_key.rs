use easycache::ecached;

#[ecached(ttl = "10m")]
fn load_user((tenant, id): (u32, u64)) -> u64 {
    id + u64::from(tenant)
}

fn main() {}
