use easycache::ecached;

struct User {
    id: u64,
}

#[ecached("user:{user}")]
fn load_user(user: User) -> u64 {
    user.id
}

#[ecached("names:{names}", tags = ["first:{first}"])]
fn load_names(names: Vec<String>, first: Option<u32>) -> usize {
    names.len() + first.iter().count()
}

fn main() {}
