//! Which errors are kept says nothing without how long.

use easycache::ecached;

#[ecached("user:{id}", cache_err_if = |error| !error.is_empty())]
fn load(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[ecached("users:{id}", cache_err = "2s", cache_err_if = |value| !value.is_empty())]
fn asks_for_the_value(id: u64) -> Result<u64, String> {
    Ok(id)
}

#[ecached("teams:{id}", cache_err = 2)]
fn not_text(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
