use easycache::{ecached, invalidates};

#[ecached("user:{id}", on_error = "ignore")]
fn load_user(id: u64) -> u64 {
    id
}

#[ecached("team:{id}", on_error = true)]
fn load_team(id: u64) -> u64 {
    id
}

#[invalidates(key = "user:{id}", on_error = "log")]
fn remove_user(id: u64) {
    drop(id);
}

fn main() {}
