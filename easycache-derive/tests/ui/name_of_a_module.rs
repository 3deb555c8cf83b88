use easycache::ecached;

mod user {
    pub fn name() -> String {
        String::new()
    }
}

#[ecached("user:{id}")]
fn user(id: u64) -> u64 {
    id
}

fn main() {
    user(1);
}
