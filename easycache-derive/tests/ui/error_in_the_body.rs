use easycache::{ecached, invalidates};

#[ecached("user:{id}")]
fn load_user(id: u64) -> u64 {
    id.to_string()
}

#[ecached("team:{id}")]
async fn load_team(id: u64) -> Result<u64, String> {
    Ok(idd)
}

#[invalidates(key = "team:{id}")]
async fn remove_team(id: u64) -> Result<u64, String> {
    id
}

fn main() {}
