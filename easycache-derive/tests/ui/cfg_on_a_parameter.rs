use easycache::ecached;

#[ecached("user:{id}")]
fn load_user(id: u64, #[cfg(unix)] tenant: u32) -> u64 {
    id
}

fn main() {}
