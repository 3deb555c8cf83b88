//! What is kept is given out again and again.

use easycache::ecached;

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Failure;

#[ecached("user:{id}", cache_err = "2s")]
fn load(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
