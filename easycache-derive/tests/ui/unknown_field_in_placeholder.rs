use easycache::ecached;

struct User {
    name: String,
}

#[ecached("user:{user.nmae}")]
fn load_user(user: User) -> usize {
    user.name.len()
}

fn main() {}
