use easycache::{ecached, invalidates};

#[ecached("user:{id}", stale_while_revalidate = "1m")]
fn stale_while_revalidate(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", stale_if_error = "1h")]
fn stale_if_error(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", early_refresh = 0.8)]
fn early_refresh(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", timeout = "2s")]
fn timeout(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", refresh = "inline")]
fn refresh(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", inherit)]
fn inherit(id: u64) -> u64 {
    id
}

#[ecached("user:{id}", cache_err = "5s")]
fn cache_err(id: u64) -> u64 {
    id
}

#[invalidates(tags = "users", expire)]
fn outdate_users() {}

fn main() {}
