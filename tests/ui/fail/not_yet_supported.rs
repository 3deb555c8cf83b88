use easycache::{ecached, invalidates};

#[ecached("user:{id}", each = id)]
fn each(id: u64) -> u64 {
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
