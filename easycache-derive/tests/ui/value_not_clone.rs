use easycache::ecached;

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    id: u64,
}

#[ecached("user:{id}")]
fn load_user(id: u64) -> User {
    User { id }
}

#[ecached("later:{id}")]
async fn load_user_later(id: u64) -> Result<User, String> {
    Ok(User { id })
}

fn main() {
    load_user(1);
}
