use easycache::{ecached, invalidates};

#[ecached("user:{id}", each = id)]
fn each(id: u64) -> u64 {
    id
}

#[invalidates(tags = "users", expire)]
fn outdate_users() {}

fn main() {}
