//! A cache on a backend writes errors like values.

use easycache::ecached;

#[derive(Clone, Debug)]
struct Failure;

#[ecached("user:{id}", cache_err = "2s")]
fn load(id: u64) -> Result<u64, Failure> {
    Ok(id)
}

fn main() {}
