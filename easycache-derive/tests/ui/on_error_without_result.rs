use easycache::ecached;

#[ecached("user:{id}", on_error = "fail")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", on_error = "fail")]
async fn load_team(id: u64) -> Option<String> {
    Some(id.to_string())
}

fn main() {}
