use easycache::ecached;

struct User {
    id: u64,
}

#[ecached("user:{id}", local)]
fn load_user(id: u64) -> User {
    User { id }
}

#[ecached("name:{id}", local)]
fn load_name(id: u64) -> std::rc::Rc<str> {
    id.to_string().into()
}

fn main() {}
