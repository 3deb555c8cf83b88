use easycache::ecached;

#[ecached("user:{id}", "10m")]
fn load_user(id: u64) -> u64 {
    id
}

fn main() {
    load_user(1);
}
