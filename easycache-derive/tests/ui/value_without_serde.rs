use easycache::ecached;

#[derive(Clone)]
struct User {
    id: u64,
}

#[ecached("user:{id}")]
fn load_user(id: u64) -> User {
    User { id }
}

#[ecached("users:{team}")]
async fn load_users(team: u32) -> Result<Vec<User>, String> {
    Ok(vec![User { id: u64::from(team) }])
}

fn main() {}
