use easycache::ecached;

#[ecached("user:{id}", on_error = "fail")]
fn load_user(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
