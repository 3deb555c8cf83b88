use easycache::ecached;

#[ecached("user:{tenant}:{id}")]
fn load_user((tenant, id): (u32, u64)) -> u64 {
    id + u64::from(tenant)
}

fn main() {
    load_user((1, 2));
}
