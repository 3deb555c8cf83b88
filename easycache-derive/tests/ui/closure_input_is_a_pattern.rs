use easycache::ecached;

#[ecached(|(tenant, id)| format!("user:{tenant}:{id}"))]
fn load_user(who: (u32, u64)) -> u64 {
    who.1
}

fn main() {}
