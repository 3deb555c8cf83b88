//! `cache_err` is about errors.

use easycache::ecached;

#[ecached("user:{id}", cache_err = "2s")]
fn load(id: u64) -> u64 {
    id
}

fn main() {}
