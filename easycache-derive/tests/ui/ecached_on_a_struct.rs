use easycache::{ecached, ecached_property, invalidates};

#[ecached("user:{id}")]
struct User {
    id: u64,
}

#[ecached_property("team:{self.id}")]
enum Team {
    Red,
}

#[invalidates(tags = "users")]
impl User {
    fn id(&self) -> u64 {
        self.id
    }
}

#[ecached(ttl = "10m")]
mod users {}

fn main() {}
