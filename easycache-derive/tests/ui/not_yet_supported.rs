use easycache::invalidates;

#[invalidates(tags = "users", expire)]
fn outdate_users() {}

fn main() {}
