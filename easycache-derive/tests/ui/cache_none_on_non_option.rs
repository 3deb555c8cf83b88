use easycache::ecached;

#[ecached("user:{id}", cache_none = "5s")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", cache_none = false)]
async fn load_team(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
