use easycache::invalidates;

#[invalidates(key = "user:{id}", on_error = "fail")]
fn remove_user(id: u64) {
    drop(id);
}

#[invalidates(key = "team:{id}", on_error = "fail")]
async fn remove_team(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
